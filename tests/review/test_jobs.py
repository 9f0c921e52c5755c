"""The workflows' own scripts, as they stand in the files, against a forge that is a folder with a bare repository."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.environment import CHECKOUT
from infra.toolchain import virtualenv

SANTE = "inventories/ml-bko/tenants/sante.yaml"
MIRROR = "https://mirror.invalid"  # nothing is asked of it: setup finds everything in the user's cache


def index() -> str:
    """The index that this machine's cache was filled from, by which uv finds what it has: pip's own, if none is set."""
    if chosen := os.environ.get("PIP_INDEX_URL"):
        return chosen
    ask = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    for words in (["-m", "pip", "config", "get", "global.index-url"], ["-c", ask]):
        done = subprocess.run([virtualenv.PYTHON, *words], capture_output=True, text=True, check=False)
        if told := done.stdout.strip():
            return told
    pytest.fail("this Python has no pip")


WORKFLOWS = (".github/workflows/request.yml", ".forgejo/workflows/request.yml")


def load(file: str) -> dict:
    return yaml.load((CHECKOUT / file).read_text(), Loader=yaml.BaseLoader)  # noqa: S506


def steps(file: str, job: str) -> list[str]:
    return [step["run"] for step in load(file)["jobs"][job]["steps"] if "run" in step]


def gitlab(job: str) -> str:
    """What GitLab's shell executor runs for a job: one script."""
    found = load(".gitlab-ci.yml")
    return "\n".join([*found["default"]["before_script"], *found[job]["script"]])


@pytest.fixture
def forge(tmp_path):
    """A bare repository of the project as it is here, with an honest request of number 7; and its clone."""
    clone = tmp_path / "clone"
    clone.mkdir()
    listing = ["git", "-C", CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, clone / name)
    who = {f"GIT_{role}_{what}": "x@x.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", clone, *arguments], env=os.environ | who, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main", ".")
    git("add", "--all")
    git("commit", "--quiet", "-m", "Base")
    text = (clone / SANTE).read_text()
    (clone / SANTE).write_text(text.replace("hosts: 100", "hosts: 101"))
    git("checkout", "--quiet", "-b", "request")
    git("commit", "--quiet", "--all", "-m", "Request")
    (tmp_path / "etat").mkdir()
    git("clone", "--quiet", "--bare", str(clone), str(tmp_path / "etat" / "demandes.git"))
    for name in ("pull", "merge-requests"):
        git("push", "--quiet", str(tmp_path / "etat" / "demandes.git"), f"request:refs/{name}/7/head")
    return tmp_path, git


PIPELINE = "12"


def job(folder: Path, script: str, inside: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "JOLIBA_CACHE") if name in os.environ}
    given = {
        "SERVER": f"file://{folder}", "REPOSITORY": "etat/demandes", "TOKEN": "s3cret",
        "FETCH": load(WORKFLOWS[0])["env"]["FETCH"],
        "CI_SERVER_URL": f"file://{folder}", "CI_PROJECT_PATH": "etat/demandes", "CI_JOB_TOKEN": "s3cret",
        "CI_DEFAULT_BRANCH": "main", "CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
        "CI_PIPELINE_ID": PIPELINE, "CI_JOB_STAGE": "check",
        "GITHUB_OUTPUT": str(folder / "outputs"), "PIP_INDEX_URL": index(), "GOPROXY": MIRROR, "JOLIBA_LANG": "fr",
    }  # fmt: skip
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=workspace / inside, env=kept | given | variables, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def _answer(folder: Path, pipeline: str = "") -> dict:
    return json.loads((folder / "workspace" / "answer" / pipeline / "verdict.json").read_text())


def test_forgejos_scripts_are_githubs():
    """So what the one is seen to do, the other does; only where a comment goes differs."""
    github, forgejo = (load(file) for file in WORKFLOWS)

    assert github["env"]["FETCH"] == forgejo["env"]["FETCH"]
    for name in forgejo["jobs"].keys() - {"comment", "comment-preview"}:
        assert steps(WORKFLOWS[0], name) == steps(WORKFLOWS[1], name)


def test_the_jobs_scripts_answer_an_honest_request(forge):
    folder, git = forge
    fetch, check = steps(WORKFLOWS[0], "check")

    fetched = job(folder, fetch, NUMBER="7", HEAD=git("rev-parse", "request"))
    assert fetched.returncode == 0, fetched.stderr
    done = job(folder, check, "base", TRUSTED="true")

    assert done.returncode == 0, done.stdout + done.stderr
    assert _answer(folder) == {"trusted": True, "ok": True, "stacks": ["ml-bko.sante"], "refused_paths": []}
    assert "La demande passe les contrôles" in (folder / "workspace" / "answer" / "comment.md").read_text()
    assert "hosts: 101" not in (folder / "workspace" / "base" / SANTE).read_text()
    assert "s3cret" not in "".join(
        path.read_text(errors="replace") for path in (folder / "workspace/base/.git").glob("*") if path.is_file()
    )


def test_gitlabs_job_answers_an_honest_request(forge):
    folder, git = forge

    done = job(folder, gitlab("check"), CI_MERGE_REQUEST_IID="7", CI_COMMIT_SHA=git("rev-parse", "request"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert _answer(folder, PIPELINE) == {"trusted": True, "ok": True, "stacks": ["ml-bko.sante"], "refused_paths": []}
    assert "hosts: 101" not in (folder / "workspace" / "base" / SANTE).read_text()


def test_gitlabs_schedule_answers_forks_without_trusting_them(forge):
    folder, git = forge
    git("push", "--quiet", str(folder / "etat" / "demandes.git"), "main:refs/merge-requests/8/head")
    (folder / "workspace").mkdir()
    request, main = git("rev-parse", "request"), git("rev-parse", "main")
    (folder / "workspace/unanswered").write_text(f"8 {request}\n9 {main}\n7 {request}\n")  # 8 moved on, 9 is gone

    done = job(folder, gitlab("check-forks"), CI_COMMIT_SHA=main)

    assert done.returncode == 0, done.stdout + done.stderr
    answers = folder / "workspace" / "answers" / PIPELINE
    (answer,) = answers.iterdir()
    assert answer.name == f"7-{request}"
    assert json.loads((answer / "verdict.json").read_text())["trusted"] is False
    assert "copie (fork)" in (answer / "comment.md").read_text()


def left_behind(folder: Path, *pipelines: str) -> None:
    """What jobs of these pipelines left in the folder of a runner of GitLab's, which stays."""
    for pipeline in pipelines:
        for left in (f"answer/{pipeline}", f"answers/{pipeline}/7-{'7' * 40}"):
            (folder / "workspace" / left).mkdir(parents=True)
            (folder / "workspace" / left / "comment.md").write_text("<!-- joliba -->\nAccepted\n")


def test_gitlabs_check_that_fails_hands_on_no_earlier_answer(forge):
    folder, git = forge
    left_behind(folder, "11", PIPELINE)  # of another request, and of this job's last try

    request = {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": git("rev-parse", "request")}
    done = job(folder, gitlab("check"), **request, PIP_INDEX_URL="")

    assert "JOLIBA_PIP_INDEX_URL" in done.stderr
    assert [*(folder / "workspace/answer").iterdir()] == []


@pytest.mark.parametrize(("name", "code"), [("comment", 2), ("comment-preview", 2), ("comment-forks", 0)])
def test_gitlab_posts_this_pipelines_answers_alone(forge, name, code):
    folder, git = forge
    given = {"CI_COMMIT_SHA": git("rev-parse", "main"), "CI_JOB_STAGE": "comment", "TOKEN": ""}
    if name != "comment-forks":
        given |= {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": git("rev-parse", "request")}
    left_behind(folder, "11")

    done = job(folder, gitlab(name), **given)
    assert (done.returncode, done.stdout) == (code, "")
    assert "not set" not in done.stderr
    assert [*folder.glob("workspace/answer*/*")] == []
    left_behind(folder, PIPELINE)  # this pipeline's, which is downloaded before the script begins
    assert "not set: FORGE_API, TOKEN" in job(folder, gitlab(name), **given).stderr  # it would be posted


@pytest.mark.parametrize("script", [steps(WORKFLOWS[0], "preview")[0], gitlab("preview")], ids=["actions", "gitlab"])
def test_a_request_that_moved_on_since_it_was_approved_is_not_previewed(forge, script):
    folder, git = forge
    moved = {"NUMBER": "7", "HEAD": git("rev-parse", "main")}
    moved |= {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": moved["HEAD"]}

    done = job(folder, script, CLOUDS="clouds: {}", **moved)

    assert done.returncode != 0
    assert not (folder / "workspace" / "base" / ".joliba").exists()
    assert done.stderr == ""  # it is the comparison that failed


def test_gitlab_compares_the_requests_own_commit_where_it_runs_on_the_merged_result(forge):
    folder, git = forge
    (start,) = load(".gitlab-ci.yml")["default"]["before_script"]
    merged = {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": "0" * 40}

    assert job(folder, start, **merged, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=git("rev-parse", "request")).returncode == 0
    assert job(folder, start, **merged, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=git("rev-parse", "main")).returncode != 0


@pytest.mark.parametrize("script", ["up", "preview"])
def test_setup_sees_no_secret_of_the_job_on_any_forge(tmp_path, script):
    """GitLab gives a job's variables to all of it; the folder's setup here only tells what it sees."""
    secrets = ("CLOUDS", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "JOLIBA_CLOUDS",
               "JOLIBA_PASSPHRASE", "JOLIBA_STATE_KEY_ID", "JOLIBA_STATE_KEY", "CI_JOB_TOKEN", "TOKEN")  # fmt: skip
    (tmp_path / "scripts").mkdir()
    shutil.copy(CHECKOUT / "scripts/forge", tmp_path / "scripts/forge")
    (tmp_path / "scripts/setup").write_text(f"#!/bin/sh\nenv > '{tmp_path}/seen'\n")
    (tmp_path / "scripts/setup").chmod(0o755)
    (prepare,) = [each for each in load(".gitlab-ci.yml")[f".{script}" if script == "up" else script]["script"]
                  if "prepare" in each]  # fmt: skip

    given = {"PATH": os.environ["PATH"], "HOME": "/home/joliba", "PIP_INDEX_URL": MIRROR, "GOPROXY": MIRROR,
             "GOSUMDB": "off", "JOLIBA_TOOLCHAIN": "build", "PIP_CERT": "/etc/ssl/site.pem"}  # fmt: skip
    subprocess.run(["bash", "-c", prepare], cwd=tmp_path, env=given | dict.fromkeys(secrets, "s3cret"), check=True)

    seen = (tmp_path / "seen").read_text()
    assert "s3cret" not in seen
    assert set(given.items()) <= {tuple(line.split("=", 1)) for line in seen.splitlines()}


MAIN = {"GITHUB_REF": "refs/heads/main",
        "GITHUB_WORKFLOW_REF": "etat/demandes/.github/workflows/request.yml@refs/heads/main"}  # fmt: skip
EVIL = "etat/demandes/.github/workflows/evil.yml"


@pytest.mark.parametrize(
    ("accepted", "given", "refused"),
    [
        ("push", {"GITHUB_EVENT_NAME": "push"}, False),
        ("pull_request_target push", {"GITHUB_EVENT_NAME": "pull_request_target"}, False),
        ("push", {"GITHUB_EVENT_NAME": "pull_request_target"}, True),
        # what a fork's changed or added workflow is started as, whatever `runs-on` it names
        ("push", {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}, True),
        ("pull_request_target push", {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}, True),
        ("push", {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/request-7"}, True),
        ("push", {"GITHUB_EVENT_NAME": "push", "GITHUB_WORKFLOW_REF": f"{EVIL}@refs/heads/main"}, True),
        ("push", {"GITHUB_EVENT_NAME": "push",
                  "GITHUB_WORKFLOW_REF": MAIN["GITHUB_WORKFLOW_REF"].replace("etat", "mallory")}, True),
        ("push", {"GITHUB_EVENT_NAME": "workflow_dispatch"}, True),
        ("push", {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": ""}, True),
    ],
)  # fmt: skip
def test_a_runner_takes_the_main_branchs_workflow_for_its_events_only(tmp_path, accepted, given, refused):
    guard = tmp_path / "runner-guard.sh"
    shutil.copy(CHECKOUT / "scripts/runner-guard.sh", guard)
    (tmp_path / "runner-guard.conf").write_text(f"etat/demandes {accepted}\n")

    done = subprocess.run(["bash", "-e", guard], env=MAIN | given, capture_output=True, text=True, check=False)

    assert (done.returncode != 0, "refused" in done.stderr) == (refused, refused)


FAKE = r"""#!/bin/bash
if [ "$1" = changed ]; then
  echo "$*" >> "$LOG"
  printf 'ml-bko.justice\nml-bko.sante\n'
  exit
fi
{
  echo "$*"
  cat "$OS_CLIENT_CONFIG_FILE"
  stat --format %A "$OS_CLIENT_CONFIG_FILE"
  echo "clouds=${CLOUDS:-}"
} >> "$LOG"
exit "${FAIL:-0}"
"""


@pytest.fixture
def builder(tmp_path):
    """``scripts/forge up`` in a repository where `joliba up` only writes down what it was asked."""
    root = tmp_path / "base"
    (root / "scripts").mkdir(parents=True)
    (root / ".joliba/venv/bin").mkdir(parents=True)
    shutil.copy(CHECKOUT / "scripts/forge", root / "scripts/forge")
    fake = root / ".joliba/venv/bin/joliba"
    fake.write_text(FAKE)
    fake.chmod(0o755)

    def git(*arguments):
        command = ["git", "-C", root, "-c", "user.name=x", "-c", "user.email=x@x.example", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "--quiet", ".")
    commits = []
    for number in range(3):
        git("commit", "--quiet", "--allow-empty", "-m", str(number))
        commits.append(git("rev-parse", "HEAD"))

    def up(before: str, after: str, **variables):
        git("checkout", "--quiet", "--detach", after)
        (tmp_path / "log").write_text("")
        done = subprocess.run(
            [root / "scripts/forge", "up", "ml-bko"], capture_output=True, text=True, check=False,
            env={"PATH": os.environ["PATH"], "BEFORE": before, "LOG": str(tmp_path / "log"), "CLOUDS": "clouds: {}",
                 "JOLIBA_KEPT": str(tmp_path / "kept"), **variables},
        )  # fmt: skip
        return done.returncode, (tmp_path / "log").read_text()

    return commits, up


def test_after_a_merge_the_changed_stacks_are_built_with_the_environments_credentials(builder):
    (first, second, _), up = builder

    code, log = up(first, second)

    assert code == 0
    assert log.splitlines() == [
        f"changed ml-bko --since {first}",
        "up ml-bko.justice ml-bko.sante --yes",
        "clouds: {}",
        "-rw-------",
        "clouds=",
    ]


def test_what_was_not_built_is_built_with_the_next_merge_and_an_older_one_never_after(builder):
    (first, second, third), up = builder
    assert up(first, second)[0] == 0

    assert up(first, second, FAIL="3")[0] == 3
    assert up(second, third, FAIL="3")[0] == 3
    code, log = up(third, third)
    assert code == 0
    assert f"--since {second}\n" in log  # the merge that failed, though the push begins after it
    assert up(first, second) == (0, "")


def test_without_a_runner_a_timer_builds_what_the_main_branch_has_become(builder, tmp_path):
    (first, second, third), _ = builder
    root, upstream = tmp_path / "base", tmp_path / "upstream.git"
    (root / "scripts/setup").write_text("#!/bin/sh\n")
    (root / "scripts/setup").chmod(0o755)

    def git(*arguments):
        subprocess.run(["git", "-C", root, *arguments], capture_output=True, check=True)

    git("clone", "--bare", str(root), str(upstream))
    git("remote", "add", "origin", str(upstream))
    git("checkout", "--detach", first)

    def follow(to: str, **variables: str):
        git("push", "--force", "origin", f"{to}:refs/heads/main")
        (tmp_path / "log").write_text("")
        done = subprocess.run(
            [root / "scripts/forge", "follow", "ml-bko"], capture_output=True, text=True, check=False,
            env={"PATH": os.environ["PATH"], "LOG": str(tmp_path / "log"), "OS_CLIENT_CONFIG_FILE": "/dev/null",
                 "JOLIBA_KEPT": str(tmp_path / "kept"), "PIP_INDEX_URL": MIRROR, "GOPROXY": MIRROR, **variables},
        )  # fmt: skip
        return done.returncode, (tmp_path / "log").read_text().splitlines()[:1]

    assert follow(first) == (0, [f"changed ml-bko --since {first}"])
    assert follow(second, FAIL="3") == (3, [f"changed ml-bko --since {first}"])
    assert follow(third) == (0, [f"changed ml-bko --since {first}"])
    assert follow(third) == (0, [f"changed ml-bko --since {third}"])
