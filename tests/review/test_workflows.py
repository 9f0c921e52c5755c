"""What must stay true of the ready workflows, whoever changes them: read as data, since no forge runs here."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.environment import CHECKOUT
from infra.intake.inventory import sites
from infra.review.answering import PATIENCE, PREVIEW_PATIENCE

GITHUB = CHECKOUT / ".github" / "workflows" / "request.yml"
FORGEJO = CHECKOUT / ".forgejo" / "workflows" / "request.yml"
ACTIONS = [GITHUB, FORGEJO]
GITLAB = CHECKOUT / ".gitlab-ci.yml"
PINNED = {
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02",  # v4.6.2
    "actions/upload-artifact@a8a3f3ad30e3422c9c7b888a15615d19a852ae32",  # v3.1.3, the last that Forgejo and Gitea take
}
COMMENTS = {"comment", "comment-preview"}
RUNNERS = {"check": "joliba-check", "changed": "joliba-check", "preview": "joliba-preview", "up": "joliba-up",
           "comment": "joliba-comment", "comment-preview": "joliba-comment",
           "forks": "joliba-comment", "check-forks": "joliba-check", "comment-forks": "joliba-comment"}  # fmt: skip
POSTING = "python3 -IS infra/review/posting.py"


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
        yield pytest.param(load(path)["env"]["FETCH"], id=f"{path.parent.parent.name}/fetch")
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
    for path in ACTIONS:
        assert sorted(path.parent.iterdir()) == [path]
    assert {"check", "comment", "preview", "up-ml-bko"} <= gitlab_jobs().keys()


@pytest.mark.parametrize("path", ACTIONS, ids=str)
def test_a_workflow_is_the_main_branchs_and_never_a_pull_requests_own(path):
    """`pull_request` takes the file as the request has it, with whatever runner it names there."""
    assert load(path)["on"] == {"pull_request_target": {"branches": ["main"]}, "push": {"branches": ["main"]}}
    for job in load(path)["jobs"].values():
        if "needs" not in job:
            event = "push" if "AFTER" in job["steps"][0]["env"] else "pull_request_target"
            assert job["if"].startswith(f"github.event_name == '{event}'")


@pytest.mark.parametrize("path", ACTIONS, ids=str)
def test_nothing_is_permitted_that_a_job_does_not_ask_for(path):
    assert load(path)["permissions"] in ({}, "{}")


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_a_job_may_read_and_only_one_that_comments_may_write(path, name, job):
    assert job["permissions"] == {"contents": "read"} | ({"pull-requests": "write"} if name in COMMENTS else {})
    assert any(step.get("run", "").startswith(POSTING) for step in job["steps"]) == (name in COMMENTS)


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_a_job_that_may_write_has_nothing_of_the_pull_request(path, name, job):
    if name not in COMMENTS:
        return
    fetch, post = job["steps"]

    assert fetch["env"].keys() == {"TOKEN"}  # without NUMBER no request is fetched
    assert fetch["run"] == 'bash -c "$FETCH"'
    assert post["env"]["HEAD"] == "${{ github.event.pull_request.head.sha }}"  # compared again before it is written
    # a group keeps one job that waits, the latest: were it the request's, an older commit's could drop a newer one's
    request = "github.event.pull_request"
    group = f"comment-${{{{ {request}.number }}}}-${{{{ {request}.head.sha }}}}"
    assert job["concurrency"] == {"group": group, "cancel-in-progress": "false"}
    assert post["run"] == f"{POSTING} {path.parent.parent.name.removeprefix('.')}"
    assert secrets_of(job) <= {"JOLIBA_COMMENT_TOKEN"}
    # nor does it share a machine with what reads requests: `.pth` files of the user are code too
    assert job["runs-on"][1] == "joliba-comment"
    assert [each for each, other in load(path)["jobs"].items() if other["runs-on"][1] == "joliba-comment"] == [
        "comment",
        "comment-preview",
    ]


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_the_head_is_never_checked_out(path, name, job):
    runs = "\n".join([load(path)["env"]["FETCH"], *(step.get("run", "") for step in job["steps"])])

    assert all("checkout" not in step.get("uses", "") for step in job["steps"])
    assert re.findall(
        r"git (?:checkout|switch|restore|reset|worktree|merge|pull|clone|submodule|read-tree).*", runs
    ) == ['git checkout --quiet --detach "${AFTER:-refs/joliba/base}"']
    for step in job["steps"]:
        given = step.get("env", {})
        assert given.get("AFTER", "${{ github.sha }}") == "${{ github.sha }}"
        if "AFTER" in given:  # for a push this is the main branch's
            assert "event_name == 'push'" in json.dumps(job) or job.get("needs") == "changed"
            assert "pull_request" not in json.dumps(job)


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_secrets_are_of_jobs_that_run_no_strangers_request(path, name, job):
    if name not in ("preview", "up"):
        assert not secrets_of(job) - ({"JOLIBA_COMMENT_TOKEN"} if path == FORGEJO and name in COMMENTS else set())
        return
    if name == "preview":
        assert re.search(r"needs\.check\.outputs\.trusted == 'true' &&\s", job["if"])
        assert job["if"].endswith("github.event.pull_request.head.repo.full_name == github.repository")
        assert all("READER" in name or name.endswith("_PASSPHRASE") for name in secrets_of(job))
    else:
        assert job["concurrency"] == {"group": "up-${{ matrix.site }}", "cancel-in-progress": "false"}
        assert "push" in job.get("if", "") or job["needs"] == "changed"
    if path == GITHUB:
        assert job["environment"] == ("preview" if name == "preview" else "up-${{ matrix.site }}")
    # whatever fetches, sets up or keeps files has no secret
    assert [bool(secrets_of(step)) for step in job["steps"]] == [False, True, False][: len(job["steps"])]
    assert "prepare" in job["steps"][0]["run"]
    assert "prepare" not in job["steps"][1]["run"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_expression_reaches_a_shell(script):
    assert "${{" not in script
    assert "eval" not in script


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_expressions_take_nothing_that_a_stranger_words(path, name, job):
    accepted = re.compile(
        r"github\.(token|server_url|repository|api_url|sha|event\.before|event_name)"
        r"|github\.event\.pull_request\.(number|head\.sha)"
        r"|github\.event\.pull_request\.head\.repo\.full_name == github\.repository"
        r"|(steps|needs)\.\w+\.outputs\.\w+|fromJSON\(needs\.changed\.outputs\.sites\)|matrix\.site"
        r"|secrets\.JOLIBA_\w+|vars\.JOLIBA_\w+|secrets\.JOLIBA_COMMENT_TOKEN \|\| github\.token"
        r"|github\.run_(id|number)|vars\.JOLIBA_LANG \|\| 'fr'"
    )

    for expression in re.findall(r"\$\{\{ *(.*?) *\}\}", json.dumps([job, load(path)["env"]])):
        assert accepted.fullmatch(expression), expression


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_passes_shellcheck(script):
    done = subprocess.run(
        ["shellcheck", "--shell=bash", "-"], input=script, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_jobs_own_script_passes_shellcheck_and_says_its_use():
    scripts = [CHECKOUT / "scripts/forge", CHECKOUT / "scripts/runner-guard.sh"]
    assert subprocess.run(["shellcheck", *scripts], check=False).returncode == 0
    done = subprocess.run([CHECKOUT / "scripts/forge"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "scripts/forge prepare" in done.stderr
    assert "scripts/forge follow SITE" in done.stderr


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_a_job_ends_and_runs_on_the_sites_own_machines(path, name, job):
    assert 0 < int(job["timeout-minutes"]) <= 240
    # what sees secrets shares no machine, and so no cache, with what judges strangers' requests
    assert job["runs-on"] == ["self-hosted", RUNNERS[name], *(["${{ matrix.site }}"] if name == "up" else [])]
    assert "cache" not in json.dumps(job["steps"])


@pytest.mark.parametrize(("path", "name", "job"), JOBS)
def test_other_peoples_actions_are_the_one_that_keeps_files_pinned(path, name, job):
    used = [step for step in job["steps"] if "uses" in step]

    assert {step["uses"] for step in used} <= PINNED
    assert [step["with"] for step in used] == {
        "check": [{"name": "joliba", "path": "answer/"}],
        "preview": [{"name": "joliba-preview", "path": "answer/"}],
    }.get(name, [])  # the sheets that the comment names are kept by the job that made them
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

    assert load(FORGEJO)["jobs"]["up"]["strategy"]["matrix"]["site"] == names
    found = gitlab_jobs()
    assert sorted(name.removeprefix("up-") for name in found if name.startswith("up-")) == names
    for name in names:
        assert found[f"up-{name}"]["variables"] == {"SITE": name}
        assert found[f"up-{name}"]["rules"][0]["changes"] == [
            f"inventories/{name}/tenants/*.yaml",
            f"inventories/{name}/addresses.yaml",
            f"inventories/{name}/site.yaml",  # as `joliba changed`: the foundation is made of it
        ]


def test_every_job_begins_with_the_same_fetching():
    """One block of shell that cannot live in the repository, since it fetches it."""
    (script,) = {load(path)["env"]["FETCH"] for path in ACTIONS}

    assert "--no-recurse-submodules" in script
    assert "--depth" not in script  # the merge base must be reached
    for path in ACTIONS:
        for name, job in load(path)["jobs"].items():
            first = job["steps"][0]
            assert first["run"].startswith('bash -c "$FETCH"')
            assert ("NUMBER" in first["env"]) == ("HEAD" in first["env"]) == (name in ("check", "preview"))


def test_a_job_gives_the_review_more_time_than_it_takes():
    """What is stopped by Joliba is told in the comment; what the forge stops is not."""
    spare = 300  # seconds to fetch and set up
    for path in ACTIONS:
        jobs = load(path)["jobs"]
        assert int(jobs["check"]["timeout-minutes"]) * 60 >= PATIENCE + spare
        assert int(jobs["preview"]["timeout-minutes"]) * 60 >= PATIENCE + PREVIEW_PATIENCE + spare
    assert load(GITLAB)["default"]["timeout"] == "20m"
    assert gitlab_jobs()["preview"]["timeout"] == "1h"


def test_gitlab_gives_secrets_to_protected_environments_and_no_fork():
    request = '$CI_PIPELINE_SOURCE == "merge_request_event"'
    main = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
    ours = f"{request} && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"
    jobs = gitlab_jobs()

    for name, job in jobs.items():
        secret = re.findall(r"\$JOLIBA_(?!PIP|GOPROXY)\w+", json.dumps(job))
        if name in ("check", "check-forks"):
            assert not secret
            assert "environment" not in job
        elif name.startswith("up-"):
            assert job["extends"] == ".up"
            assert job["rules"][0]["if"] == f'$CI_PIPELINE_SOURCE == "push" && {main}'
        elif name == ".up":
            assert job["resource_group"] == "up-$SITE"
            assert job["environment"] == {"name": "up-$SITE"}
        else:
            assert job["environment"]["name"] in ("comment", "preview")
            forks = name in ("forks", "comment-forks")
            condition = f'$CI_PIPELINE_SOURCE == "schedule" && {main}' if forks else ours
            assert [rule["if"] for rule in job["rules"]] == [condition]
        if "environment" in job and job["environment"]["name"] == "comment":
            assert secret == ["$JOLIBA_COMMENT_TOKEN"]
    assert jobs["check"]["rules"] == [{"if": request}]
    assert jobs["check-forks"]["rules"] == jobs["forks"]["rules"]
    assert jobs["preview"]["script"][0] == 'grep -qx trusted=true "../answer/$CI_PIPELINE_ID/outputs" || exit 0'


def test_gitlabs_jobs_with_a_token_run_where_no_request_is_read_and_read_none():
    for name, job in gitlab_jobs().items():
        if name.startswith(("up-", ".up")):
            continue
        assert job["tags"] == [RUNNERS[name]], name
        script = "\n".join(job["script"])
        assert (POSTING in script) == (job["tags"] == ["joliba-comment"])
        assert not (POSTING in script and ("scripts/forge" in script or "fetch" in script))
        assert "python3" not in script.replace(POSTING, "")
        if name.startswith("comment"):
            assert re.search(rf"\bHEAD=\S+ {POSTING}", script)
            assert job["resource_group"] == ("comment-forks" if "forks" in name else "comment-$CI_MERGE_REQUEST_IID")
    assert gitlab_jobs()[".up"]["tags"] == ["joliba-up", "$SITE"]


def test_gitlab_trusts_no_fork():
    for name, job in gitlab_jobs().items():
        assert ("TRUSTED" in json.dumps(job)) == (name in ("check", "preview")), name
    (line,) = [line for line in gitlab_jobs()["check"]["script"] if "TRUSTED" in line]
    assert line.startswith('if [ "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID" = "$CI_MERGE_REQUEST_PROJECT_ID" ]; then')


def test_gitlab_keeps_each_pipelines_answers_apart():
    """The runner's folder stays, and artifacts are there before a job's own lines: nothing can be cleared for them."""
    for name, job in gitlab_jobs().items():
        for place in re.findall(r"\.\./answers?\S*", "\n".join(job.get("script", ()))):
            assert "$CI_PIPELINE_ID" in place or (name, place) == ("preview", "../answer"), (name, place)
        for path in job.get("artifacts", {}).get("paths", ()):
            assert "$" not in path  # which runner knows which variable there is the runner's


def test_gitlab_checks_out_the_default_branch_and_nothing_else():
    (script,) = load(GITLAB)["default"]["before_script"]

    assert load(GITLAB)["variables"]["GIT_STRATEGY"] == "none"
    assert re.findall(r"git checkout.*", script) == [
        "git checkout --quiet --detach refs/joliba/base",
        'git checkout --quiet --detach "$CI_COMMIT_SHA"',
    ]
    assert "git checkout" not in json.dumps([job.get("script") for job in gitlab_jobs().values()])
    assert "cache" not in load(GITLAB)
    assert all("cache" not in job and "before_script" not in job for job in gitlab_jobs().values())
