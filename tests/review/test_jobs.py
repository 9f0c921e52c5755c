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


def steps(file: str, job: str) -> list[str]:
    found = yaml.load((CHECKOUT / file).read_text(), Loader=yaml.BaseLoader)["jobs"][job]["steps"]  # noqa: S506
    return [step["run"] for step in found if "run" in step]


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
    git("push", "--quiet", str(tmp_path / "etat" / "demandes.git"), "request:refs/pull/7/head")
    return tmp_path, git


def job(folder: Path, script: str, inside: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "JOLIBA_CACHE") if name in os.environ}
    given = {
        "SERVER": f"file://{folder}", "REPOSITORY": "etat/demandes", "TOKEN": "s3cret", "NUMBER": "7",
        "GITHUB_OUTPUT": str(folder / "outputs"), "PIP_INDEX_URL": index(), "GOPROXY": MIRROR, "JOLIBA_LANG": "fr",
    }  # fmt: skip
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=workspace / inside, env=kept | given | variables, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "name"),
    [(".github/workflows/answer.yml", "review"),
     (".forgejo/workflows/request.yml", "check")],
)  # fmt: skip
def test_the_jobs_scripts_answer_an_honest_request(forge, file, name):
    folder, git = forge
    fetch, check = steps(file, name)

    fetched = job(folder, fetch, HEAD=git("rev-parse", "request"))
    assert fetched.returncode == 0, fetched.stderr
    done = job(folder, check, "base", TRUSTED="true")

    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads((folder / "workspace" / "answer" / "verdict.json").read_text())
    assert verdict == {"trusted": True, "ok": True, "stacks": ["ml-bko.sante"], "refused_paths": []}
    assert "La demande passe les contrôles" in (folder / "workspace" / "answer" / "comment.md").read_text()
    assert "hosts: 101" not in (folder / "workspace" / "base" / SANTE).read_text()
    assert "s3cret" not in "".join(
        path.read_text(errors="replace") for path in (folder / "workspace/base/.git").glob("*") if path.is_file()
    )
    if name == "review":
        assert "number=7\n" in (folder / "outputs").read_text()


def test_a_request_that_moved_on_is_left_to_its_own_run(forge):
    folder, git = forge
    fetch, _ = steps(".github/workflows/request.yml", "check")

    assert job(folder, fetch, HEAD=git("rev-parse", "main")).returncode != 0


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
