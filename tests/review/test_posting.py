"""The comment on a forge: found again by marker and author, updated, and the token never shown or sent elsewhere."""

import base64
import json
import os
import shlex
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from infra.environment import CHECKOUT
from infra.toolchain import virtualenv

HEAD = "7" * 40
TEXT = "<!-- joliba -->\n\n## Joliba : La demande est refusée\n"
PATHS = {
    "github": ("/repos/etat/demandes/issues/7/comments", "/repos/etat/demandes/issues/comments/{}", "PATCH"),
    "forgejo": ("/repos/etat/demandes/issues/7/comments", "/repos/etat/demandes/issues/comments/{}", "PATCH"),
    "gitlab": (
        "/projects/etat%2Fdemandes/merge_requests/7/notes",
        "/projects/etat%2Fdemandes/merge_requests/7/notes/{}",
        "PUT",
    ),
}
AUTHORS = {"github": "github-actions[bot]", "forgejo": "forgejo-actions", "gitlab": "project_1_bot"}


class Handler(BaseHTTPRequestHandler):
    """A forge's comments over HTTP, as far as the API of each of the three is used."""

    def answer(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        path, _, query = self.path.partition("?")
        self.server.calls.append((self.command, path, dict(self.headers)))
        if self.fails(path):
            return
        asked = dict(part.split("=") for part in query.split("&") if part)
        found = self.read(path, asked) if self.command == "GET" else self.written(path, body)
        if not self.fails("lost"):  # what is lost is the answer alone
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"" if self.command == "DELETE" else json.dumps(found).encode())

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815  the library's names

    def fails(self, path) -> bool:
        """Whether a failure of this call is due, which is then the answer, once."""
        due = [each for each in self.server.failures if each[0] == self.command and path.endswith(each[1])][:1]
        for each in due:
            self.server.failures.remove(each)
            self.send_response(each[2])
            for header in each[3].items():
                self.send_header(*header)
            self.end_headers()
        return bool(due)

    def read(self, path, asked):
        if path == "/user":
            return {"username": AUTHORS["gitlab"]}
        if path.endswith(("/pulls/7", "/merge_requests/7")):
            return {"sha": HEAD, "head": {"sha": HEAD}}
        if path.endswith("/merge_requests"):
            assert (asked["state"], asked["target_branch"]) == ("opened", "main")
            return REQUESTS if asked["page"] == "1" else []
        if path.endswith(("/8/notes", "/9/notes")):
            return []
        size, page = int(asked.get("limit") or asked["per_page"]), int(asked["page"])
        return self.server.comments[(page - 1) * size : page * size]

    def written(self, path, body):
        comments = self.server.comments
        if self.command == "POST":
            author = AUTHORS["gitlab" if path.endswith("/notes") else "github"]
            comments.append(written(len(comments) + 1, body["body"], author))
            return comments[-1]
        (place,) = [place for place, each in enumerate(comments) if path.endswith(f"/{each['id']}")]
        there = comments.pop(place)
        if body:
            comments.insert(place, there | body)
        return there

    def log_message(self, *_):
        pass


@pytest.fixture
def forge():
    """Its address, its comments, the calls that it got, and the failures that are due (call, end of its path, ...)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.comments, server.calls, server.failures = [], [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", server.comments, server.calls, server.failures
    server.shutdown()
    server.server_close()


def request(number, head, source):
    return {"id": 900 + number, "iid": number, "sha": head, "source_project_id": source, "target_project_id": 1}


REQUESTS = [request(6, "6" * 40, 1), request(7, "7" * 40, 2), request(8, "8" * 40, 3), request(9, None, 4)]


def written(number, body, author):
    who = {"id": -2 if author in AUTHORS.values() else 42, "login": author, "username": author}
    return {"id": number, "body": body, "user": who, "author": who}


def command(kind) -> str:
    """The line that the workflow's own job runs, in a checkout of the main branch."""
    if kind == "gitlab":
        (line,) = yaml.safe_load((CHECKOUT / ".gitlab-ci.yml").read_text())["comment"]["script"]
        return line.removeprefix("HEAD=$head ").partition(' "../')[0]
    workflow = yaml.safe_load((CHECKOUT / f".{kind}/workflows/request.yml").read_text())
    return workflow["jobs"]["comment"]["steps"][-1]["run"]


def post(kind, api, *arguments, **variables):
    given = {
        "PATH": f"{Path(virtualenv.PYTHON).parent}:{os.environ['PATH']}", "FORGE_API": api, "NUMBER": "7",
        "HEAD": HEAD, "REPOSITORY": "etat/demandes", "TOKEN": "s3cret",
        "COMMENT": base64.b64encode(TEXT.encode()).decode(),
    } | variables  # fmt: skip
    return subprocess.run(
        [*shlex.split(command(kind)), *arguments], cwd=CHECKOUT, env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", PATHS)
def test_the_comment_is_written_once_and_then_updated(forge, kind):
    api, comments, calls, _ = forge
    author = AUTHORS[kind]
    comments += [written(number, "Bonjour", "dg") for number in range(1, 120)]

    assert post(kind, api).stdout == "comment written\n"
    comments[-1] = written(120, comments[-1]["body"], author)
    newer = base64.b64encode((TEXT + "Plus récent\n").encode()).decode()
    assert post(kind, api, COMMENT=newer).stdout == "comment updated\n"

    assert [each["body"] for each in comments if each["body"] != "Bonjour"] == [TEXT + "Plus récent\n"]
    plural, single, verb = PATHS[kind]
    assert {(method, path) for method, path, _ in calls if method != "GET"} == {
        ("POST", plural),
        (verb, single.format(120)),
    }


@pytest.mark.parametrize("kind", PATHS)
def test_a_strangers_comment_with_the_marker_is_left_alone(forge, kind):
    api, comments, *_ = forge
    comments += [written(1, f"{TEXT}written by a stranger", "mallory"), written(2, "no marker", AUTHORS[kind])]

    assert post(kind, api).stdout == "comment written\n"
    assert [each["body"] for each in comments] == [f"{TEXT}written by a stranger", "no marker", TEXT]


@pytest.mark.parametrize("name", ["forgejo-actions", "gitea-actions"])
def test_forgejos_automaton_is_known_by_its_number_which_no_person_has(forge, name):
    """Each of Forgejo and Gitea reserves its own automaton's name: on the other anybody may register it."""
    api, comments, *_ = forge
    stranger = {"id": 42, "login": name}
    comments += [written(1, f"{TEXT}written by a stranger", name) | {"user": stranger}]

    assert post("forgejo", api).stdout == "comment written\n"
    comments[-1] = written(2, TEXT, "forgejo-actions") | {"user": stranger | {"id": -2}}
    assert post("forgejo", api).stdout == "comment updated\n"
    assert comments[0]["body"] == f"{TEXT}written by a stranger"


def test_the_comment_of_the_author_that_is_named_is_updated(forge):
    api, comments, *_ = forge
    comments += [written(1, TEXT, "forgejo-actions"), written(2, TEXT, "joliba")]

    assert post("forgejo", api, AUTHOR="joliba", RUN="https://forge.example/12").stdout == "comment updated\n"
    assert ["/12" in each["body"] for each in comments] == [False, True]


def test_a_redirect_is_not_followed_with_the_token(forge):
    api, _, calls, failures = forge
    failures.append(("GET", "", 302, {"Location": f"{api}/elsewhere"}))

    done = post("github", api)

    assert done.returncode == 3
    assert "/elsewhere" not in [path for _, path, _ in calls]
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"FORGE_API": "http://forge.example"}, "not https"),
        ({"NUMBER": "7/../8"}, "no number"),
        ({"HEAD": "main"}, "no commit"),
        ({"TOKEN": ""}, "TOKEN"),
    ],
)
def test_what_is_missing_or_unsafe_is_told_before_anything_is_sent(forge, variables, told):
    api, _, calls, _ = forge

    done = post("github", **({"api": api} | {"FORGE_API": api} | variables))

    assert done.returncode == 3
    assert told in done.stderr
    assert calls == []
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("comment", ["", base64.b64encode(b"@all no marker").decode(), "%%%"])
def test_only_an_answer_of_ours_is_posted(forge, comment):
    api, _, calls, _ = forge

    assert post("github", api, COMMENT=comment).returncode == 2
    assert calls == []


@pytest.mark.parametrize("kind", PATHS)
def test_the_comment_says_which_run_keeps_the_sheets(forge, kind):
    api, comments, *_ = forge

    assert post(kind, api, RUN="https://forge.example/etat/demandes/actions/runs/12").returncode == 0
    assert comments[-1]["body"] == f"{TEXT}\nhttps://forge.example/etat/demandes/actions/runs/12\n"


@pytest.mark.parametrize("kind", PATHS)
def test_an_answer_to_a_commit_that_is_no_longer_the_requests_is_not_written(forge, kind):
    api, comments, calls, _ = forge
    comments += [written(1, f"{TEXT}of the newer commit", AUTHORS[kind])]

    done = post(kind, api, HEAD="6" * 40)

    assert (done.returncode, done.stdout.split(":")[0]) == (0, "comment not written")
    assert HEAD in done.stdout
    assert {method for method, *_ in calls} == {"GET"}


@pytest.mark.parametrize("kind", PATHS)
def test_of_comments_that_two_jobs_wrote_at_once_the_newest_is_updated_and_stays(forge, kind):
    api, comments, *_ = forge
    comments += [written(3, f"{TEXT}3", AUTHORS[kind]), written(1, f"{TEXT}1", AUTHORS[kind]), written(2, TEXT, "dg")]

    assert post(kind, api).stdout == "comment updated\n"
    assert {(each["id"], each["body"]) for each in comments} == {(3, TEXT), (2, TEXT)}


AT_ONCE = {"Retry-After": "0"}


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (("POST", "", 502, AT_ONCE), "written"),
        (("POST", "lost", 502, AT_ONCE), "updated"),  # the comment is there: it is not written twice
        (("GET", "", 429, AT_ONCE), "written"),
        (("GET", "", 403, AT_ONCE), "written"),
        (("GET", "", 503, {}), "written"),
    ],
)
def test_a_forge_that_fails_once_is_asked_again(forge, kind, failure, told):
    api, comments, _, failures = forge
    failures.append(failure)

    assert post(kind, api).stdout == f"comment {told}\n"
    assert [each["body"] for each in comments] == [TEXT]


@pytest.mark.parametrize(
    ("failure", "count", "calls_made"),
    [
        (("GET", "", 502, AT_ONCE), 9, 4),
        (("GET", "", 429, {"Retry-After": "3600"}), 9, 1),  # longer than a job lasts
        (("GET", "", 403, {}), 9, 1),  # it is not about how many there are
    ],
)
def test_a_forge_that_goes_on_failing_is_told(forge, failure, count, calls_made):
    api, _, calls, failures = forge
    failures += [failure] * count

    done = post("github", api)

    assert (done.returncode, len(calls)) == (3, calls_made)
    assert f"the forge answered {failure[2]}" in done.stderr


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("path", ["s", "/7"])  # the comments; the request itself
def test_an_answer_of_another_shape_than_the_forges_documentation_has_is_told(forge, kind, path):
    api, comments, _, failures = forge
    failures.append(("GET", path, 200, {}))

    done = post(kind, api)

    assert (done.returncode, comments) == (3, [])
    assert done.stderr.startswith("posting: the forge's answer is not as its documentation says (")


def test_what_a_job_left_for_the_user_is_not_loaded_beside_the_token(forge, tmp_path):
    """A `.pth` file in the user's packages runs in every Python of that user's, `-P` or not."""
    api, *_ = forge
    trace, user = tmp_path / "trace", {"HOME": str(tmp_path), "PYTHONUSERBASE": str(tmp_path / "base")}
    ask = subprocess.run(
        [virtualenv.PYTHON, "-m", "site", "--user-site"], env=user, capture_output=True, text=True, check=False
    )
    packages = Path(ask.stdout.strip())
    packages.mkdir(parents=True)
    (packages / "trap.pth").write_text(f"import os; os.close(os.open({str(trace)!r}, os.O_CREAT))\n")

    assert post("github", api, **user, PYTHONPATH=str(packages)).stdout == "comment written\n"
    assert not trace.exists()
    subprocess.run([virtualenv.PYTHON, "-P", "-c", ""], env=user, check=True)
    assert trace.exists(), "the trap itself"


def test_forks_whose_last_commit_has_no_answer_yet_are_listed(forge):
    api, comments, *_ = forge
    comments += [written(1, f"{TEXT}`{'7' * 40}`", "mallory")]

    assert post("gitlab", api, "--forks", NUMBER="").stdout == f"7 {'7' * 40}\n8 {'8' * 40}\n"
    earlier = f"{TEXT}`{'6' * 40}`\n\n```text\n{'7' * 40}\n```\n"  # the commit before, whose request named the next
    comments += [written(2, earlier, AUTHORS["gitlab"])]
    assert post("gitlab", api, "--forks", NUMBER="").stdout == f"7 {'7' * 40}\n8 {'8' * 40}\n"
    comments += [written(3, f"{TEXT}`{'7' * 40}`", AUTHORS["gitlab"])]
    assert post("gitlab", api, "--forks", NUMBER="").stdout == f"8 {'8' * 40}\n"


def test_one_forks_notes_hold_up_no_others_answer(forge):
    api, comments, _, failures = forge
    comments += [written(number, "\u0001" * 1_000_000, "mallory") for number in range(17)]  # GitLab's longest notes

    done = post("gitlab", api, "--forks", NUMBER="")
    assert (done.stdout, done.stderr) == (f"7 {'7' * 40}\n8 {'8' * 40}\n", "")
    failures.append(("GET", "/7/notes", 404, {}))
    done = post("gitlab", api, "--forks", NUMBER="")
    assert (done.returncode, done.stdout) == (0, f"8 {'8' * 40}\n")
    assert "/merge_requests/7/notes: the forge answered 404" in done.stderr
