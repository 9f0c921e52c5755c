"""The inventories as a commit has them, in a folder to read.

Only data comes from the commit: program, schemas and policy are the running installation's. Objects are read, nothing
is checked out: no hook, no filter and no other program of the repository runs, and nothing of a tree becomes a link.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as File

from infra.errors import JolibaError
from infra.intake.findings import printable
from infra.intake.inventory import INVENTORIES
from infra.intake.reading import LARGEST_FILE

MOST_FILES = 100_000
"""Files of one commit's inventories."""
LARGEST_INVENTORIES = 512 * 1024 * 1024
"""Bytes of one commit's inventories; ten thousand tenants have 20 MiB."""
LONGEST_REF = 250
"""Characters of a ref; Git's own names are shorter than a file name."""
_ORDINARY = frozenset({"100644", "100755", "100664"})  # the last one: as very old Gits wrote it
_OF_ANOTHER_REPOSITORY = frozenset(
    {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
    }
)  # fmt: skip
"""What Git tells its hooks; there it would lead away from the project's repository."""


@contextmanager
def revision(root: File, ref: str) -> Iterator[File]:
    """The folder, for the time of the ``with``, that holds ``inventories/`` as it is in the commit that ``ref`` names.

    ``root`` is the project's root, anywhere inside a repository or a worktree of it. A commit without inventories gives
    an empty folder. What the tree has instead of an ordinary file (a link, a submodule) becomes an empty folder of
    that name, and a file that is too large one of zeros, so that reading it says what is wrong with it.

    Raises:
        JolibaError: no Git, no repository, no such commit, or its inventories are damaged or too large.
    """
    commit = commit_of(root, ref)
    entries = list(_entries(root, commit))
    if len(entries) > MOST_FILES or sum(entry.kept for entry in entries) > LARGEST_INVENTORIES:
        raise JolibaError("the inventories of {ref} are too large to be compared", ref=_told(ref))
    contents = _contents(root, entries)
    with tempfile.TemporaryDirectory(prefix="joliba-revision-") as made:
        folder = File(made).resolve()
        try:
            for entry in entries:
                _write(folder, entry, contents)
        except OSError as error:
            told = "the inventories of {ref} cannot be laid out: {reason}"
            raise JolibaError(told, ref=_told(ref), reason=error.strerror) from error
        yield folder


def commit_of(root: File, ref: str) -> str:
    """The full id of the commit that a ref names.

    Raises:
        JolibaError: no Git, no repository, or no such commit; it says what to do.
    """
    if not ref or ref.startswith("-") or len(ref) > LONGEST_REF or not ref.isprintable():
        told = "{ref} is no commit: write a branch, a tag or a commit, for example origin/main"
        raise JolibaError(told, ref=_told(ref))
    if _git(root, "rev-parse", "--is-inside-work-tree").stdout.strip() != b"true":
        raise JolibaError("{root} is in no Git repository: there is nothing to compare with", root=root)
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    commit = found.stdout.decode("ascii", "replace").strip()
    if found.returncode == 0 and commit.isalnum():
        return commit
    if _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
        raise JolibaError(
            "this clone does not have {ref}, and it is shallow: git fetch --unshallow, or fetch that branch "
            "(git fetch origin <branch>)",
            ref=_told(ref),
        )
    raise JolibaError("the repository has no commit {ref}: git fetch, or see git branch --all", ref=_told(ref))


@dataclass(frozen=True)
class _Entry:
    """What a tree holds at a path. ``object_id`` is none, unless it is an ordinary file that may be read."""

    path: bytes
    object_id: bytes | None
    size: int

    @property
    def kept(self) -> int:
        """Bytes that are read of it."""
        return self.size if self.object_id else 0


def _entries(root: File, commit: str) -> Iterator[_Entry]:
    listed = _git(root, "ls-tree", "-r", "-z", "-l", commit, "--", f"{INVENTORIES}/")
    if listed.returncode:
        told = "Git cannot read the commit {commit}: {reason}"
        raise JolibaError(told, commit=commit, reason=_first_line(listed.stderr))
    for line in listed.stdout.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, kind, object_id, size_text = head.decode("ascii").split()
        if any(part in (b"", b".", b"..") for part in path.split(b"/")):
            told = "the commit {commit} has a path that leads elsewhere: {path}"
            raise JolibaError(told, commit=commit, path=_told(os.fsdecode(path)))
        size = int(size_text) if size_text.isdigit() else 0
        ordinary = kind == "blob" and mode in _ORDINARY
        readable = ordinary and size <= LARGEST_FILE
        yield _Entry(path, object_id.encode() if readable else None, size if ordinary else -1)


def _contents(root: File, entries: Sequence[_Entry]) -> Mapping[bytes, bytes]:
    """The bytes of every readable entry, by object: as stored, through no filter."""
    wanted = list(dict.fromkeys(entry.object_id for entry in entries if entry.object_id))
    if not wanted:
        return {}
    stream = _git(root, "cat-file", "--batch", given=b"".join(each + b"\n" for each in wanted)).stdout
    found: dict[bytes, bytes] = {}
    at = 0
    for object_id in wanted:
        end = stream.find(b"\n", at)
        head = stream[at:end].split()
        if end < 0 or len(head) != 3 or head[1] != b"blob":  # noqa: PLR2004  id, kind, size
            told = "this clone lacks a part of the commit ({part}): git fetch"
            raise JolibaError(told, part=object_id.decode())
        start = end + 1
        at = start + int(head[2]) + 1
        found[object_id] = stream[start : at - 1]
    return found


def _write(folder: File, entry: _Entry, contents: Mapping[bytes, bytes]) -> None:
    target = folder / os.fsdecode(entry.path)
    if entry.size < 0:
        target.mkdir(parents=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        if entry.object_id:
            file.write(contents[entry.object_id])
        else:
            file.truncate(LARGEST_FILE + 1)


def _git(root: File, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run Git at the project's root. It asks nobody, fetches nothing, and takes paths as they are."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    own = {
        "GIT_LITERAL_PATHSPECS": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
    }  # fmt: skip
    command = ["git", "-C", str(root), *arguments]
    try:
        if given is None:
            done = subprocess.run(
                command, env={**kept, **own}, stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
        else:
            done = subprocess.run(command, env={**kept, **own}, input=given, capture_output=True, check=False)
    except OSError as error:
        raise JolibaError("Git cannot be started: {reason}", reason=error.strerror) from error
    if b"dubious ownership" in done.stderr:
        raise JolibaError(
            "Git does not trust {root}, which belongs to another user: git config --global --add safe.directory {root}",
            root=root,
        )
    return done


def _first_line(text: bytes) -> str:
    return printable(text.decode("utf-8", "replace").partition("\n")[0])


def _told(ref: str) -> str:
    return repr(printable(ref))
