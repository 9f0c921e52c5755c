"""A pull request that attacks with everything Git and Markdown have: nothing runs, nothing is followed, all is told."""

import json
import re
import subprocess

import pytest

from infra.review import answering
from infra.review.comment import LARGEST, Answer, comment
from infra.review.pull_request import PullRequest

SANTE = "inventories/ml-bko/tenants/sante.yaml"
TENANTS = "inventories/ml-bko/tenants"
SETTINGS = ("filter.trap.smudge", "filter.trap.clean", "filter.trap.process", "diff.trap.textconv", "diff.trap.command",
            "diff.external", "merge.trap.driver")  # fmt: skip
PROGRAMS = ("infra/__main__.py", "infra/intake/checking.py", "sitecustomize.py", "conftest.py", "typer.py", "json.py")
_OWN = "on: pull_request\njobs: {{x: {{runs-on: [self-hosted, joliba-up, ml-bko], steps: [{{run: {trap}}}]}}}}\n"
WORKFLOWS = {
    ".github/workflows/request.yml": _OWN,
    ".github/workflows/own.yml": _OWN,
    ".forgejo/workflows/request.yml": _OWN,
    ".gitlab-ci.yml": "x: {{tags: [joliba-up, ml-bko], script: [{trap}]}}\n",
}
ODD_PATHS = (
    f"{TENANTS}/a\nb.yaml".encode(),
    f"{TENANTS}/$(id);`id`.yaml".encode(),
    f"{TENANTS}/\x1b[2Jx.yaml".encode(),
    f"{TENANTS}/\u202elmay.yaml".encode(),
    f"{TENANTS}/s\u0430nte.yaml".encode(),
    f"{TENANTS}/\xff.yaml".encode("latin-1"),
    f"{TENANTS}/@dg [x](https:/evil.example).yaml".encode(),
    f"{TENANTS}/<!-- joliba -->.yaml".encode(),
    f"{TENANTS}/-rf.yaml".encode(),
    b"```\n@dg\n```",
    b"::set-output name=trusted::true",
    b"trusted=true\n",
)
MENTIONS = (
    "@dg @gouvernement/plateforme [lien](https://evil.example) ![image](https://evil.example/x.png) "
    "<img src=x onerror=alert(1)> <!-- joliba --> </details> https://evil.example www.evil.example "
    "#1 !2 GH-3 ~label :tada: {{ 7 * 7 }} {% raw %} ${HOME} $(id) `id` ``` ~~~~ /merge a@b.example"
)


def verdict(folder):
    return json.loads((folder / "verdict.json").read_text())


def outside_code(comment: str) -> str:
    """What a forge would interpret: the comment less its blocks and spans of code (CommonMark 0.31)."""
    text = re.sub(r"^(`{3,})text\n.*?^\1`*$", "", comment, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`)(?:(?!\1(?!`)).|(?<=`)(?=`))*?(?<!`)\1(?!`)", "", text)


def assert_inert(comment: str) -> None:
    prose = outside_code(comment)
    assert comment.startswith("<!-- joliba -->\n")
    assert len(comment.encode()) <= LARGEST
    for sign in ("@", "](", "![", "://", "www.", "{{", "{%", "$(", "${", "`", "evil", "/merge", ":tada:", "~"):
        assert sign not in prose, sign
    assert prose.count("<") == prose.count("<!-- joliba -->") == 1
    assert not re.search(r"(?<!#)#(?!#? )", prose)
    assert not [each for each in comment if each != "\n" and (not each.isprintable())]


@pytest.fixture
def traps(repository, tmp_path, monkeypatch):
    """A program that leaves a trace if anything of the head is run, and secrets that must not leave the job."""
    trace, trap = tmp_path / "trace", tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{trace}'\ncat\n")
    trap.chmod(0o755)
    monkeypatch.setenv("OS_PASSWORD", "secret-of-the-cloud")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "secret-of-the-state")

    def set_up() -> None:
        repository.git("checkout", "--quiet", "--force", "main")
        repository.git("clean", "--quiet", "-dff")
        for setting in SETTINGS:
            repository.git("config", setting, str(trap))
        trace.unlink(missing_ok=True)

    return trace, trap, set_up


def _hostile(repository, trap, tmp_path) -> str:
    program = f"import os\nos.system({str(trap)!r})\n"
    for name in PROGRAMS:
        repository.file(name, program)
    (repository.root / "scripts").mkdir(exist_ok=True)
    repository.file("scripts/setup", f"#!/bin/sh\n{trap}\n").chmod(0o755)
    for name, steps in WORKFLOWS.items():
        repository.file(name, steps.format(trap=trap))
    repository.file("Pulumi.yaml", f"name: x\nruntime: {{name: python, options: {{virtualenv: {tmp_path}}}}}\n")
    for name in ("inventories/ml-bko/site.yaml", "inventories/countries/ml.yaml", "inventories/mali/tenants/faux.yaml"):
        repository.file(name, "schema: 1\n")
    repository.file("schemas/tenant.schema.json", "{}")
    repository.file(f"{TENANTS}/enorme.yaml", "#" * 300_000)
    repository.change(SANTE, "reason: Ouverture", f"reason: {json.dumps(MENTIONS)} # ")
    repository.change(SANTE, "image: debian-12", "image: '<b>@dg</b> [x](https://evil.example)'")
    secret = tmp_path / "secret"
    secret.write_text("tenant: secret-of-the-host\n")
    (repository.root / TENANTS / "lien.yaml").symlink_to(secret)
    (repository.root / TENANTS / "education.yaml").unlink()
    (repository.root / TENANTS / "education.yaml").symlink_to("/etc/passwd")
    commit, empty = repository.commit(), repository.blob(b"schema: 1\n")
    attributes = repository.blob(b"* filter=trap diff=trap merge=trap text working-tree-encoding=UTF-16\n")
    module = f'[submodule "x"]\n\tpath = {TENANTS}/mines.yaml\n\turl = ext::{trap}\n\tignore = all\n'
    return repository.tree(
        ("160000", f"{TENANTS}/mines.yaml".encode(), commit),
        ("100644", b".gitmodules", repository.blob(module.encode())),
        ("100644", b".gitattributes", attributes),
        *(("100644", path, empty) for path in ODD_PATHS),
    )


def test_nothing_of_a_hostile_pull_request_is_executed_or_followed(repository, review, traps, tmp_path):
    trace, trap, set_up = traps
    head = _hostile(repository, trap, tmp_path)
    set_up()

    done, folder = review("--trusted", "--stack-preview", head=head)

    assert done.returncode == 1, done.stderr
    assert not trace.exists(), trace.read_text()
    answer = verdict(folder)
    assert (answer["trusted"], answer["ok"]) == (False, False)
    refused = {"scripts/setup", *WORKFLOWS, "Pulumi.yaml", ".gitattributes", ".gitmodules",
               "schemas/tenant.schema.json", "inventories/ml-bko/site.yaml", "inventories/countries/ml.yaml",
               "inventories/mali/tenants/faux.yaml", *PROGRAMS,
               *(f"{TENANTS}/{name}.yaml" for name in ("enorme", "lien", "education", "mines")),
               *(path.decode(errors="backslashreplace") for path in ODD_PATHS)}  # fmt: skip
    assert set(answer["refused_paths"]) == refused
    everything = "".join(path.read_text() for path in folder.rglob("*") if path.is_file()) + done.stdout + done.stderr
    assert "secret-of" not in everything
    assert "root:x:0" not in everything
    assert "\x1b" not in done.stdout + done.stderr
    assert_inert((folder / "comment.md").read_text())
    subprocess.run(["git", "-C", repository.root, "checkout", "--force", head], capture_output=True, check=False)
    assert trace.exists(), "the trap itself: whoever checks the head out runs it"


@pytest.mark.parametrize("path", WORKFLOWS)
def test_a_request_that_brings_its_own_workflow_is_told_that_nothing_of_it_was_run(repository, review, traps, path):
    trace, trap, set_up = traps
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.file(path, WORKFLOWS[path].format(trap=trap))
    repository.commit()
    set_up()

    done, folder = review("--trusted", "--stack-preview")

    assert done.returncode == 1
    assert verdict(folder) == {"trusted": False, "ok": False, "stacks": ["ml-bko.sante"], "refused_paths": [path]}
    assert "Nothing of it was run or read" in (folder / "comment.md").read_text()
    assert not trace.exists()


@pytest.mark.parametrize("path", [b"../outside.yaml", b"inventories/ml-bko/tenants/../site.yaml",
                                  b".git/hooks/post-checkout", b"/etc/joliba.yaml",
                                  b"inventories/ml-bko/tenants//x.yaml"])  # fmt: skip
def test_a_path_that_git_itself_would_not_write_is_only_listed(repository, review, tmp_path, path):
    """Made object by object: `git update-index` refuses such names, `git mktree` does not."""
    blob = repository.blob(b"schema: 1\n")
    tree = repository.git(
        "mktree", "-z", given=f"100644 blob {blob}\t".encode() + path.replace(b"/", b"\xe2\x88\x95") + b"\0"
    )
    raw = subprocess.run(
        ["git", "-C", repository.root, "cat-file", "tree", tree], capture_output=True, check=True
    ).stdout.replace(path.replace(b"/", b"\xe2\x88\x95"), path)  # fmt: skip
    hostile = repository.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=raw)
    head = repository.git("commit-tree", hostile, "-p", "main", "-m", "x")

    done, folder = review("--trusted", head=head)

    assert done.returncode == 1
    assert verdict(folder)["trusted"] is False
    assert path.decode() in verdict(folder)["refused_paths"]
    assert not (tmp_path / "outside.yaml").exists()


def test_what_a_wrong_request_says_appears_in_code_only(repository, review):
    for field in ("ministry", "reason", "tenant"):
        text = (repository.root / SANTE).read_text()
        repository.file(
            SANTE,
            re.sub(rf"^{field}: .*$", lambda _, f=field: f"{f}: {json.dumps(MENTIONS)}", text, flags=re.MULTILINE),
        )
    repository.change(SANTE, "image: debian-12", f"image: {json.dumps(MENTIONS[:200])}")
    repository.change(SANTE, "dmz:     {", f"{json.dumps(MENTIONS[:60])}: {{hosts: 1}}\n  dmz: {{")
    repository.commit()

    done, folder = review("--trusted")

    comment = (folder / "comment.md").read_text()
    assert done.returncode == 1
    assert "evil.example" in comment
    assert_inert(comment)


def test_the_proof_of_inertness_fails_on_what_is_not_inert():
    for text in ("@dg", "[x](y)", "<b>", "`a` ``b` @dg", "www.x", "#1", "```text\n```\n@dg\n```", "a `` ` @dg"):
        with pytest.raises(AssertionError):
            assert_inert(f"<!-- joliba -->\n\n{text}\n")


def test_a_thousand_files_and_findings_keep_the_comment_within_its_bound(repository, review):
    for number in range(300):
        repository.file(f"scripts/{'long' * 40}-{number}", "x")
        repository.file(
            f"{TENANTS}/faux-{number}.yaml", "schema: 1\n" + "".join(f"{'@' * 60}{key}: 1\n" for key in range(20))
        )
    repository.commit()

    done, folder = review("--trusted")

    comment = (folder / "comment.md").read_text()
    assert done.returncode == 1
    assert "are in the archive of this run" in comment
    assert 10_000 < len(comment.encode()) <= LARGEST
    assert comment.rstrip().endswith(".") or comment.rstrip().endswith("`")
    assert_inert(comment)


NOTHING = PullRequest(base="b" * 40, head="h", taken=(), removed=(), refused=(), stacks=())


@pytest.mark.parametrize("line", ["x" * 5000, "\u200b" * 5000, "@dg ``` " * 700])
def test_a_check_that_fails_with_many_words_is_told_by_its_last_ones(line):
    failure = "\n".join([line] * 20) + " at the end"

    told = comment(Answer(request=NOTHING, trusted=True, ok=False, failure=failure), "en")

    assert "The check itself failed" in told
    assert "at the end" in told
    assert_inert(told)


def test_a_comment_that_is_too_large_all_the_same_keeps_its_title(monkeypatch):
    monkeypatch.setattr("infra.review.comment.LARGEST", 100)

    told = comment(Answer(request=NOTHING, trusted=True, ok=False, failure="@dg"), "en")

    assert told == "<!-- joliba -->\n\n## Joliba: The request is refused\n"


def _in_time(repository, tmp_path, *, preview: bool = False) -> str:
    """The comment of a review in this process, so that its patience can be chosen."""
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    head = repository.commit()
    repository.git("checkout", "--quiet", "main")
    asked = answering.Asked(
        repository=repository.root, base="main", head=head, lang="en", trusted=True, preview=preview
    )
    answering.review(asked, tmp_path / "answer")
    return (tmp_path / "answer" / "comment.md").read_text()


def test_a_request_that_takes_too_long_is_answered_so(repository, tmp_path, monkeypatch):
    monkeypatch.setattr(answering, "PATIENCE", 0)

    comment = _in_time(repository, tmp_path)

    assert "The request is refused" in comment
    assert "The check itself failed" in comment
    assert "Stopped: 0 minutes were not enough." in comment
    assert "ok=false\n" in (tmp_path / "answer" / "outputs").read_text()
    assert not (tmp_path / "answer" / "junit.xml").exists()  # rather than an empty one
    assert_inert(comment)


def test_an_accepted_request_whose_sheets_take_too_long_is_accepted_and_told(repository, tmp_path, monkeypatch):
    monkeypatch.setattr(answering._Review, "_reports", lambda self: setattr(self, "_left", 0.0))

    comment = _in_time(repository, tmp_path)

    assert "The request is accepted by the checks" in comment
    assert "It took too long and was stopped: reports or decision sheets are missing." in comment
    assert "Decision sheets" not in comment


def test_a_preview_that_takes_too_long_leaves_the_answer_without_it(repository, tmp_path, monkeypatch):
    monkeypatch.setattr(answering, "PREVIEW_PATIENCE", 0)

    comment = _in_time(repository, tmp_path, preview=True)

    assert "The request is accepted by the checks" in comment
    assert "What would change in the cloud:" in comment
    assert "Stopped: 0 minutes were not enough." in comment
    assert "`sheets/ml-bko.sante.html`" in comment
    assert "reports or decision sheets are missing" not in comment


def test_another_sites_register_is_judged_beside_a_request(repository, review):
    """An entry that takes another ministry's block, of a tenant that nobody asked for."""
    entry = "    administration: 10.80.0.99\n    transit: 10.80.4.99\n    networks:\n      donnees: 10.80.16.64/27\n"
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.change("inventories/bf-oua/addresses.yaml", "tenants:\n", f"tenants:\n  fantome:\n{entry}")
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 1
    codes = {each["code"] for each in json.loads((folder / "findings.json").read_text())}
    assert codes == {"ADDRESS-OVERLAP", "ADDRESS-ORPHAN", "CHANGE-REGISTER-UNASKED"}


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_head_that_undoes_the_bases_change_through_crossed_histories_is_refused(repository, review, lang):
    """From the head's own older commit its merge leaves out what the base mended: one common commit shows that."""
    repository.change(SANTE, "hosts: 20}", "hosts: 21}")
    first = repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.file("infra/__main__.py", "# mended\n")
    mended = repository.commit()
    repository.git("merge", "--quiet", "--no-ff", "-m", "The first request", first)
    repository.git("checkout", "--quiet", "request")
    repository.git("merge", "--quiet", "--no-ff", "-s", "ours", "-m", "As before", mended)
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()
    assert len(repository.git("merge-base", "--all", "main", "request").split()) == 2

    done, folder = review("--trusted", lang=lang)

    assert done.returncode == 1
    assert verdict(folder) == {"trusted": False, "ok": False, "stacks": [], "refused_paths": []}
    said = "bring it up to date with that branch" if lang == "en" else "mettez-la à jour avec cette branche"
    assert said in (folder / "comment.md").read_text()
    repository.git("merge", "--quiet", "--no-ff", "-m", "What the forge would make", "request")
    assert not (repository.root / "infra/__main__.py").read_text().startswith("# mended")


def test_a_head_without_a_common_commit_is_wrong_use(repository, review):
    tree = repository.git("rev-parse", "HEAD^{tree}")
    head = repository.git("commit-tree", tree, "-m", "x")

    done, _ = review("--trusted", head=head)

    assert done.returncode == 2
    assert "no commit in common" in done.stderr


def test_the_review_leaves_the_checkout_as_it_is(repository, review):
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    before = (repository.git("status", "--porcelain"), (repository.root / ".git" / "config").read_bytes())

    review("--trusted")

    assert (repository.git("status", "--porcelain"), (repository.root / ".git" / "config").read_bytes()) == before
    assert not list((repository.root / ".git" / "objects" / "info").iterdir())
