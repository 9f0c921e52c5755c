"""The comment on a forge: found again by marker and author, updated, and the token never shown or sent elsewhere."""

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.environment import CHECKOUT

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


@pytest.fixture
def forge():
    """A forge's comments over HTTP, as far as the API of each of the three is used."""
    comments: list[dict] = []
    calls: list[tuple[str, str, dict]] = []
    redirect: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            path, _, query = self.path.partition("?")
            calls.append((self.command, path, dict(self.headers)))
            status, found = 200, None
            if redirect:
                self.send_response(302)
                self.send_header("Location", redirect[0])
                self.end_headers()
                return
            if path == "/user":
                found = {"username": AUTHORS["gitlab"]}
            elif self.command == "GET":
                asked = dict(part.split("=") for part in query.split("&"))
                size, page = int(asked.get("limit") or asked["per_page"]), int(asked["page"])
                found = comments[(page - 1) * size : page * size]
            elif self.command == "POST":
                comments.append(written(len(comments) + 1, body["body"], AUTHORS["github"]))
                found = comments[-1]
            else:
                (there,) = [each for each in comments if path.endswith(f"/{each['id']}")]
                there["body"] = body["body"]
                found = there
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815  the library's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", comments, calls, redirect
    server.shutdown()
    server.server_close()


def written(number, body, author):
    return {"id": number, "body": body, "user": {"login": author}, "author": {"username": author}}


def post(kind, api, **variables):
    given = {
        "PATH": os.environ["PATH"], "FORGE_API": api, "REPOSITORY": "etat/demandes", "NUMBER": "7", "TOKEN": "s3cret",
        "COMMENT": base64.b64encode(TEXT.encode()).decode(), "PYTHONPATH": str(CHECKOUT),
    } | variables  # fmt: skip
    return subprocess.run(
        [sys.executable, "-P", "-m", "infra.review.posting", kind],
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", PATHS)
def test_the_comment_is_written_once_and_then_updated(forge, kind):
    api, comments, calls, _ = forge
    author = AUTHORS[kind]
    comments += [written(number, "Bonjour", "dg") for number in range(1, 120)]

    assert post(kind, api).stdout == "comment written\n"
    comments[-1]["user"]["login"] = comments[-1]["author"]["username"] = author
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


def test_a_redirect_is_not_followed_with_the_token(forge):
    api, _, calls, redirect = forge
    redirect.append(f"{api}/elsewhere")

    done = post("github", api)

    assert done.returncode == 3
    assert "/elsewhere" not in [path for _, path, _ in calls]
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"FORGE_API": "http://forge.example"}, "not https"),
        ({"NUMBER": "7/../8"}, "no number"),
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
