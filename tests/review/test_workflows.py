"""What must stay true of the ready workflows, whoever changes them: read as data, since no forge runs here."""

import itertools
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.environment import CHECKOUT
from infra.intake.inventory import sites

GITHUB = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
FORGEJO = sorted((CHECKOUT / ".forgejo" / "workflows").glob("*.yml"))
ACTIONS = [*GITHUB, *FORGEJO]
GITLAB = CHECKOUT / ".gitlab-ci.yml"
PINNED = {
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02",  # v4.6.2
    "actions/upload-artifact@a8a3f3ad30e3422c9c7b888a15615d19a852ae32",  # v3.1.3, the last that Forgejo and Gitea take
}
NO_SECRETS = {"check", "review", "changed"}
SHELL_SAFE = {"GITHUB_OUTPUT"}


def load(path: Path) -> dict:
    """A workflow; ``on`` stays a word (YAML 1.1 takes it for a truth value)."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  texts only


def _jobs():
    for path in ACTIONS:
        for name, job in load(path)["jobs"].items():
            yield pytest.param(path, name, job, id=f"{path.parent.parent.name}/{path.stem}/{name}")


def gitlab_jobs() -> dict[str, dict]:
    words = {"workflow", "stages", "variables", "default", "include"}
    return {name: job for name, job in load(GITLAB).items() if name not in words}


def secrets_of(job: dict) -> set[str]:
    return set(re.findall(r"secrets\.(\w+)", json.dumps(job)))


def _scripts():
    for path in ACTIONS:
        for name, job in load(path)["jobs"].items():
            for number, step in enumerate(job["steps"]):
                if "run" in step:
                    yield pytest.param(step["run"], id=f"{path.parent.parent.name}/{path.stem}/{name}/{number}")
    found = load(GITLAB)
    start = found["default"]["before_script"]
    for name, job in gitlab_jobs().items():
        if "script" in job:
            yield pytest.param("\n".join([*start, *job["script"]]), id=f"gitlab/{name}")


JOBS, SCRIPTS = list(_jobs()), list(_scripts())


def test_there_is_a_workflow_for_every_forge():
    assert [path.name for path in GITHUB] == ["answer.yml", "request.yml"]
    assert [path.name for path in FORGEJO] == ["request.yml"]
    assert {"check", "comment", "preview", "up-ml-bko"} <= gitlab_jobs().keys()


@pytest.mark.parametrize("path", ACTIONS, ids=str)
def test_no_workflow_runs_with_the_bases_rights_on_a_pull_requests_event(path):
    triggers = load(path)["on"]

    assert triggers.keys() <= {"pull_request", "push", "workflow_run"}
    assert "pull_request_target" not in path.read_text(encoding="utf-8")
    for branches in (trigger["branches"] for trigger in triggers.values() if "branches" in trigger):
        assert branches == ["main"]


@pytest.mark.parametrize("path", ACTIONS, ids=str)
def test_nothing_is_permitted_that_a_job_does_not_ask_for(path):
    assert load(path)["permissions"] in ({}, "{}")


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_a_job_may_read_and_only_one_that_comments_may_write(path, name, job):
    comments = any("infra.review.posting" in step.get("run", "") for step in job["steps"])

    assert job["permissions"] == {"contents": "read"} | ({"pull-requests": "write"} if comments else {})


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_a_job_that_may_write_has_nothing_of_the_pull_request(path, name, job):
    if "pull-requests" not in job["permissions"]:
        return
    text = json.dumps(job["steps"])

    assert "refs/pull" not in text
    assert "joliba/head" not in text
    assert not secrets_of(job)


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_the_head_is_never_checked_out(path, name, job):
    runs = "\n".join(step.get("run", "") for step in job["steps"])

    assert all("checkout" not in step.get("uses", "") for step in job["steps"])
    assert re.findall(
        r"git (?:checkout|switch|restore|reset|worktree|merge|pull|clone|submodule|read-tree).*", runs
    ) in (
        ["git checkout --quiet --detach refs/joliba/base"],
        ['git checkout --quiet --detach "$AFTER"'],
    )
    if '"$AFTER"' in runs:
        assert "pull_request" not in runs
        assert any(step.get("env", {}).get("AFTER") == "${{ github.sha }}" for step in job["steps"])
        assert "event_name == 'push'" in json.dumps(job) or job.get("needs") == "changed"


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_secrets_are_of_jobs_that_run_no_strangers_request(path, name, job):
    if name in NO_SECRETS or not secrets_of(job):
        assert not secrets_of(job)
        return
    assert name in ("preview", "up")
    if name == "preview":
        assert re.search(r"needs\.\w+\.outputs\.trusted == 'true' &&\s", job["if"] + " ")
        assert re.search(r"head_?repo\w*\.full_name == github\.repository", job["if"].replace("head.repo", "head_repo"))
        assert all("READER" in name or name.endswith("_PASSPHRASE") for name in secrets_of(job))
    else:
        assert job["concurrency"] == {"group": "up-${{ matrix.site }}", "cancel-in-progress": "false"}
        assert "push" in job.get("if", "") or job["needs"] == "changed"
    if path in GITHUB:
        assert job["environment"] == ("preview" if name == "preview" else "up-${{ matrix.site }}")
    # whatever fetches or sets up does so before any secret is there
    assert [bool(secrets_of(step)) for step in job["steps"]] == [False, True]


def test_on_github_what_a_request_can_change_has_no_secret_and_no_right_to_write():
    """A `pull_request` run takes the workflow from the request; `workflow_run` and `push` take the main branch's."""
    found = load(CHECKOUT / ".github/workflows/request.yml")

    for job in found["jobs"].values():
        assert "pull-requests" not in job["permissions"]
        if secrets_of(job):
            assert job["environment"] == "up-${{ matrix.site }}"
            assert job["needs"] == "changed"
    assert found["jobs"]["changed"]["if"] == "github.event_name == 'push'"
    assert load(CHECKOUT / ".github/workflows/answer.yml")["on"].keys() == {"workflow_run"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_expression_reaches_a_shell(script):
    assert "${{" not in script
    assert "eval" not in script


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_expressions_take_nothing_that_a_stranger_words(path, name, job):
    accepted = re.compile(
        r"github\.(token|server_url|repository|api_url|sha|event\.before|event_name)"
        r"|github\.event\.pull_request\.(number|head\.sha)"
        r"|github\.event\.workflow_run\.head_sha"
        r"|github\.event\.(pull_request\.head\.repo|workflow_run\.head_repository)\.full_name == github\.repository"
        r"|(steps|needs)\.\w+\.outputs\.\w+|fromJSON\(needs\.changed\.outputs\.sites\)|matrix\.site"
        r"|secrets\.JOLIBA_\w+|vars\.JOLIBA_\w+"
    )

    for expression in re.findall(r"\$\{\{ *(.*?) *\}\}", json.dumps(job)):
        assert accepted.fullmatch(expression), expression


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_passes_shellcheck(script):
    done = subprocess.run(
        ["shellcheck", "--shell=bash", "-"], input=script, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_jobs_own_script_passes_shellcheck_and_says_its_use():
    assert subprocess.run(["shellcheck", CHECKOUT / "scripts/forge"], check=False).returncode == 0
    done = subprocess.run([CHECKOUT / "scripts/forge"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "scripts/forge prepare" in done.stderr


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_a_job_ends_and_runs_on_the_sites_own_machines(path, name, job):
    assert 0 < int(job["timeout-minutes"]) <= 240
    labels = job["runs-on"]
    assert labels[0] == "self-hosted"
    # what sees secrets shares no machine, and so no cache, with what judges strangers' requests
    assert labels[1] == {"preview": "joliba-preview", "up": "joliba-up"}.get(name, "joliba-check")
    assert "cache" not in json.dumps(job["steps"])


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_other_peoples_actions_are_the_one_that_keeps_files_pinned(path, name, job):
    used = [step for step in job["steps"] if "uses" in step]

    assert {step["uses"] for step in used} <= PINNED
    assert not used or name == "check"
    assert not any(secrets_of(step) or "env" in step for step in used)


@pytest.mark.parametrize("path", [*ACTIONS, GITLAB], ids=str)
def test_nothing_is_fetched_but_from_the_forge_and_the_mirror(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"https?://", text)
    assert not re.search(r"\b(curl|wget|pip3? install|apt|npm|docker|image:)\b", text)
    variables = load(path).get("env") or load(path)["variables"]
    assert "JOLIBA_PIP_INDEX_URL" in variables["PIP_INDEX_URL"]
    assert "JOLIBA_GOPROXY" in variables["GOPROXY"]
    assert variables["JOLIBA_TOOLCHAIN"] == "build"  # the vendor's site is not asked


def test_without_a_mirror_nothing_is_set_up():
    done = subprocess.run(
        [CHECKOUT / "scripts/forge", "prepare"], env={"PATH": "/usr/bin:/bin", "PIP_INDEX_URL": "", "GOPROXY": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert "JOLIBA_PIP_INDEX_URL" in done.stderr


def test_every_site_is_built_on_every_forge():
    names = sites(CHECKOUT)

    assert load(FORGEJO[0])["jobs"]["up"]["strategy"]["matrix"]["site"] == names
    found = gitlab_jobs()
    assert sorted(name.removeprefix("up-") for name in found if name.startswith("up-")) == names
    for name in names:
        assert found[f"up-{name}"]["variables"] == {"SITE": name}
        assert found[f"up-{name}"]["rules"][0]["changes"] == [
            f"inventories/{name}/tenants/*.yaml",
            f"inventories/{name}/addresses.yaml",
        ]


def test_the_fetching_is_the_same_in_every_job():
    """One block of shell that cannot live in the repository, since it fetches it: repeated, and so compared."""
    blocks = set()
    for path, job in itertools.chain.from_iterable(
        ((path, job) for job in load(path)["jobs"].values()) for path in ACTIONS
    ):
        run = job["steps"][0]["run"]
        blocks.add(run[: run.index("export GIT_CONFIG_KEY_0")])
        assert "--no-recurse-submodules" in run
        assert "--depth" not in run  # the merge base must be reached
        assert ("refs/pull" in run) == ("HEAD" in job["steps"][0]["env"]), path

    assert len(blocks) == 1


def test_gitlab_gives_secrets_to_protected_environments_and_no_fork():
    request = '$CI_PIPELINE_SOURCE == "merge_request_event"'
    for name, job in gitlab_jobs().items():
        secret = re.findall(r"\$JOLIBA_(?!PIP|GOPROXY)\w+", json.dumps(job))
        if name == "check":
            assert not secret
            assert "environment" not in job
        elif name.startswith("up-"):
            assert job["extends"] == ".up"
            assert job["rules"][0]["if"] == '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'
        elif name == ".up":
            assert job["resource_group"] == "up-$SITE"
            assert job["environment"] == {"name": "up-$SITE"}
        else:
            assert job["environment"]["name"] in ("comment", "preview")
            assert [rule["if"] for rule in job["rules"]] == [
                f"{request} && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"
            ]
        if "environment" in job and job["environment"]["name"] == "comment":
            assert secret == ["$JOLIBA_COMMENT_TOKEN"]
    assert gitlab_jobs()["preview"]["script"][0] == "grep -qx trusted=true ../answer/outputs || exit 0"


def test_gitlab_checks_out_the_default_branch_and_nothing_else():
    (script,) = load(GITLAB)["default"]["before_script"]

    assert load(GITLAB)["variables"]["GIT_STRATEGY"] == "none"
    assert re.findall(r"git checkout.*", script) == [
        "git checkout --quiet --detach refs/joliba/base",
        'git checkout --quiet --detach "$CI_COMMIT_SHA"',
    ]
    assert "cache" not in load(GITLAB)
    assert all("cache" not in job and "before_script" not in job for job in gitlab_jobs().values())
