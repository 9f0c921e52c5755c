"""Git objects, read as data: nothing is ever checked out.

What a commit holds can be hostile: filters and merge drivers named in ``.gitattributes``, hooks, submodules, links.
None of them acts on objects that are listed and copied as bytes.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.errors import JolibaError

REGULAR = frozenset({"100644", "100755"})
"""Modes of files that are neither links nor submodules."""
ABSENT = "000000"
"""The mode of what is not there."""
_LONGEST_LIST = 16 * 1024 * 1024  # bytes of a list of changes: some 50,000 paths
_PATIENCE = 120  # seconds that Git may take for one answer
_NO_REF = re.compile(r"-|.*[\0-\x20\x7f]")
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One path that differs between two commits: what was there, and what is."""

    path: bytes
    old_mode: str
    new_mode: str
    old: str
    new: str


class Objects:
    """The objects of one repository."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository

    def commit(self, ref: str) -> str:
        """The full name of a commit.

        Raises:
            JolibaError: there is no such commit.
        """
        if ref and not _NO_REF.match(ref):
            done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            if done.returncode == 0:
                return done.stdout.decode().strip()
        raise JolibaError(f"there is no commit {ref!r} here: fetch it first")

    def merge_bases(self, one: str, other: str) -> list[str]:
        """The latest commits that two histories have in common: several if they have crossed.

        Raises:
            JolibaError: they have none, or it was not fetched.
        """
        done = self._run("merge-base", "--all", one, other)
        if done.returncode:
            raise JolibaError(f"{one[:12]} and {other[:12]} have no commit in common: fetch the whole history of both")
        return done.stdout.decode().split()

    def changes(self, old: str, new: str, *folders: str) -> tuple[list[Change], bool]:
        """What differs between two commits, there or in some folders; and if that is all: a list without end is cut."""
        command = self._command("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff",
                                "--no-textconv", "--ignore-submodules=none", old, new, "--", *folders)  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()) as git:
            output = git.stdout.read(_LONGEST_LIST + 1) if git.stdout else b""
            whole = len(output) <= _LONGEST_LIST
            if not whole:
                git.kill()
        if whole and git.returncode:
            raise JolibaError(f"Git cannot compare {old[:12]} and {new[:12]}")
        parts = output.split(b"\0")
        pairs = list(zip(parts[::2], parts[1::2], strict=False))
        return [_change(head, path) for head, path in (pairs if whole else pairs[:-1])], whole

    def files(self, commit: str, folder: str) -> dict[bytes, str]:
        """The regular files below a folder of a commit, with their objects' names."""
        found = {}
        for entry in self._answer("ls-tree", "-r", "-z", "--full-tree", commit, "--", folder).split(b"\0"):
            head, tab, path = entry.partition(b"\t")
            if tab and head.split()[0].decode() in REGULAR:
                found[path] = head.split()[2].decode()
        return found

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """The sizes in bytes of those of these objects that are files' contents."""
        given = "".join(f"{name}\n" for name in sorted(set(names))).encode()
        lines = [line.split() for line in self._answer("cat-file", "--batch-check", given=given).decode().splitlines()]
        return {line[0]: int(line[2]) for line in lines if line[1] == "blob"}

    def contents(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """What files' contents are, by their objects' names; ask for `sizes` first."""
        given = "".join(f"{name}\n" for name in sorted(set(names))).encode()
        return dict(_blobs(self._answer("cat-file", "--batch", given=given)))

    def lend(self, folder: Path, commit: str) -> None:
        """Make a folder a repository whose only branch is that commit, for what compares the folder with it.

        It borrows these objects, and has neither the configuration, the hooks nor the credentials of this repository.
        """
        own = Path(self._answer("rev-parse", "--path-format=absolute", "--git-common-dir").decode().rstrip("\n"))
        _git_in(folder, "init", "--quiet", "--template=", "--initial-branch=base", ".")
        (folder / ".git" / "objects" / "info" / "alternates").write_text(f"{own / 'objects'}\n", encoding="utf-8")
        if (own / "shallow").is_file():
            (folder / ".git" / "shallow").write_bytes((own / "shallow").read_bytes())
        _git_in(folder, "update-ref", "refs/heads/base", commit)

    def _answer(self, *arguments: str, given: bytes = b"") -> bytes:
        done = self._run(*arguments, given=given)
        if done.returncode:
            raise JolibaError(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()[:400]}")
        return done.stdout

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self._command(*arguments), input=given, env=_environment(), capture_output=True, timeout=_PATIENCE,
            check=False,
        )  # fmt: skip

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-C", str(self.repository), "--no-pager", "--no-optional-locks", *_QUIET, *arguments]


def merged(folder: Path, ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Two changes of one file in one; nothing if they touch the same lines. ``folder`` is for the three files."""
    for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_bytes(content)
    done = subprocess.run(
        ["git", "merge-file", "-p", "-q", "ours", "base", "theirs"],
        cwd=folder, env=_environment() | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}, capture_output=True,
        timeout=_PATIENCE, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else None


def _git_in(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", *arguments], cwd=folder, env=_environment(), capture_output=True, timeout=_PATIENCE, check=True
    )


def _environment() -> dict[str, str]:
    """The environment for Git: the user's, less what a caller said to another Git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_ATTR_NOSYSTEM": "1",
    }


def _change(head: bytes, path: bytes) -> Change:
    old_mode, new_mode, old, new, _ = head.lstrip(b":").decode().split()
    return Change(path=path, old_mode=old_mode, new_mode=new_mode, old=old, new=new)


def _blobs(output: bytes) -> Iterator[tuple[str, bytes]]:
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        words = output[position:end].decode().split()
        position = end + 1
        if words[1] == "missing":
            raise JolibaError(f"the object {words[0]} was not fetched")
        size = int(words[2])
        yield words[0], output[position : position + size]
        position += size + 1
