"""The inventories of a commit: real repositories, ordinary and hostile."""

import subprocess
import sys

import pytest
from review.difference.conftest import SANTE, commit, git

from infra.errors import JolibaError
from infra.intake.reading import LARGEST_FILE, read
from infra.review import revision as module
from infra.review.revision import commit_of, revision


def tree(root, *lines: str) -> str:
    """A commit whose inventories/ml-bko/tenants tree is written by hand."""

    def made(content: str) -> str:
        done = subprocess.run(
            ["git", "mktree", "-z", "--missing"], cwd=root, input=content, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    inner = made("".join(f"{line}\0" for line in lines))
    for name in ("tenants", "ml-bko", "inventories"):
        inner = made(f"040000 tree {inner}\t{name}\0")
    return git(root, "commit-tree", inner, "-m", "by hand")


def blob(root, content: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=root, input=content, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def test_the_files_are_as_they_were_committed(project, change):
    before = (project / SANTE).read_bytes()
    change(SANTE, ("count: 2", "count: 3"))

    with revision(project, "HEAD") as folder:
        assert (folder / SANTE).read_bytes() == before
        assert not (folder / "Pulumi.yaml").exists()
    assert not folder.exists()


def test_a_project_below_the_top_of_the_repository_is_found(tmp_path, project):
    top = tmp_path / "top"
    top.mkdir()
    (project / ".git").rename(top / "kept")
    project.rename(top / "très profond")
    git(top, "init", "-q")
    commit(top)

    with revision(top / "très profond", "HEAD") as folder:
        assert (folder / SANTE).is_file()


def test_worktrees_and_detached_heads_are_repositories_too(tmp_path, project):
    git(project, "worktree", "add", "-q", "--detach", str(tmp_path / "other"))

    with revision(tmp_path / "other", "main") as folder:
        assert (folder / SANTE).is_file()


def test_a_git_hooks_variables_do_not_lead_to_another_repository(tmp_path, project, monkeypatch):
    git(tmp_path, "init", "-q", "empty")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "empty" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    with revision(project, "HEAD") as folder:
        assert (folder / SANTE).is_file()


def test_a_commit_without_inventories_is_empty(project):
    git(project, "rm", "-rq", "--cached", "inventories")
    git(project, "commit", "-q", "-m", "none")

    with revision(project, "HEAD") as folder:
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["main", "HEAD", "HEAD~0", "refs/heads/main", "v1", "étiquette", "a;id", "$(id)"])
def test_whatever_git_calls_a_commit_is_one(project, name):
    head = git(project, "rev-parse", "HEAD")
    if name not in ("main", "HEAD", "HEAD~0", "refs/heads/main"):
        git(project, "tag", "-a", "-m", "x", name)

    assert commit_of(project, name) == head


@pytest.mark.parametrize(
    "ref",
    [
        "", "-h", "--help", "--output=/tmp/x", "--end-of-options", "HEAD;id", "$(id)", "`id`", "main --all", "..", "@{",
        "HEAD\nmain",
        "HEAD\0", "\x1b[2J", "m\u202eain", "\uff4dain", "x" * 300, "HEAD:inventories", "HEAD^{tree}", "\udcff",
        "deadbeef" * 5, "HEAD^{/nothing like it}", "main..HEAD",
        "^HEAD", ":/nothing like it",
    ],
)  # fmt: skip
def test_hostile_and_unknown_refs_are_refused_in_one_safe_line(project, ref, tmp_path):
    entries = set(tmp_path.iterdir())

    with pytest.raises(JolibaError) as error, revision(project, ref):
        pass

    assert type(error.value) is JolibaError
    assert str(error.value).isprintable()
    assert set(tmp_path.iterdir()) == entries


def test_a_shallow_clone_says_how_to_fetch_what_it_lacks(tmp_path, project):
    first = git(project, "rev-parse", "HEAD")
    commit(project)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "shallow")

    with revision(tmp_path / "shallow", "HEAD") as folder:
        assert (folder / SANTE).is_file()
    with pytest.raises(JolibaError, match="git fetch --unshallow"):
        commit_of(tmp_path / "shallow", first)


def test_outside_a_repository_there_is_nothing_to_compare_with(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(JolibaError, match="no Git repository"):
        commit_of(tmp_path, "HEAD")


def test_a_machine_without_git_is_told(project, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(JolibaError, match="Git cannot be started"):
        commit_of(project, "HEAD")


def test_links_and_submodules_become_folders_that_reading_refuses(project):
    (project / SANTE).unlink()
    (project / SANTE).symlink_to("/etc/passwd")
    git(project, "add", "-A")
    head = git(project, "rev-parse", "HEAD")
    git(project, "update-index", "--add", "--cacheinfo", f"160000,{head},inventories/ml-bko/tenants/module.yaml")
    git(project, "commit", "-q", "-m", "links")

    with revision(project, "HEAD") as folder:
        for name in ("sante.yaml", "module.yaml"):
            file = folder / "inventories/ml-bko/tenants" / name
            assert not file.is_symlink()
            assert [each.code for each in read(file, folder).findings] == ["FILE-KIND"]


def test_filters_and_hooks_of_the_repository_do_not_run(project, tmp_path):
    (project / ".gitattributes").write_text("*.yaml filter=evil\n")
    commit(project)
    for key in ("filter.evil.smudge", "core.fsmonitor", "core.sshCommand"):
        git(project, "config", key, f"touch {tmp_path}/ran")
    hook = project / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)

    with revision(project, "HEAD") as folder:
        assert (folder / SANTE).is_file()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "name", ["$(id).yaml", "a\nb.yaml", "-h.yaml", "\u202e.yaml", "\x1b[2J.yaml", "a b;c.yaml", "é" * 60]
)
def test_hostile_names_are_only_names(project, name):
    found = tree(project, f"100644 blob {blob(project, b'schema: 1')}\t{name}")

    with revision(project, found) as folder:
        assert [file.name for file in (folder / "inventories/ml-bko/tenants").iterdir()] == [name]


def test_a_tree_that_leads_elsewhere_is_refused(project, tmp_path):
    content = blob(project, b"x")
    inner = b"100644 ..\0" + bytes.fromhex(content)
    done = subprocess.run(
        ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        cwd=project, input=inner, capture_output=True, check=True,
    )  # fmt: skip
    top = subprocess.run(
        ["git", "mktree"], cwd=project, input=b"040000 tree " + done.stdout.strip() + b"\tinventories\n",
        capture_output=True, check=True,
    )  # fmt: skip
    found = git(project, "commit-tree", top.stdout.decode().strip(), "-m", "hostile")

    with pytest.raises(JolibaError, match="leads elsewhere"), revision(project, found):
        pass


def test_names_that_no_file_system_takes_are_refused(project):
    found = tree(project, f"100644 blob {blob(project, b'x')}\t{'x' * 300}.yaml")

    with pytest.raises(JolibaError, match="laid out"), revision(project, found):
        pass


def test_a_file_too_large_is_not_read_and_says_so(project):
    found = tree(project, f"100644 blob {blob(project, b' ' * (LARGEST_FILE + 1))}\tsante.yaml")

    with revision(project, found) as folder:
        file = folder / SANTE
        assert file.stat().st_blocks < 100
        assert [each.code for each in read(file, folder).findings] == ["FILE-SIZE"]


@pytest.mark.parametrize(("limit", "most"), [("MOST_FILES", 5), ("LARGEST_INVENTORIES", 1000)])
def test_inventories_beyond_measure_are_refused(project, monkeypatch, limit, most):
    monkeypatch.setattr(module, limit, most)

    with pytest.raises(JolibaError, match="too large"), revision(project, "HEAD"):
        pass


def test_a_commit_whose_objects_are_lacking_is_told(project):
    found = tree(project, f"100644 blob {'12' * 20}\tsante.yaml")

    with pytest.raises(JolibaError, match="git fetch"), revision(project, found):
        pass


def test_the_room_needs_no_pulumi():
    program = (
        "import sys, pkgutil, importlib, infra.review as room\n"
        "for each in pkgutil.iter_modules(room.__path__): importlib.import_module(f'infra.review.{each.name}')\n"
        "sys.exit(any(name.partition('.')[0] in ('pulumi', 'openstack', 'pulumi_openstack') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
