"""One path as it is: kind, content, owner, mode, times, extended attributes (ACLs, capabilities, SELinux labels).

Paths may lie in folders of ordinary users, who could swap a folder for a link while root works there. So a path is
reached folder by folder without following links (`Place`), and nothing here follows its last part either.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import os
import shutil
import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Entry = dict[str, Any]
ABSENT: Entry = {"kind": "absent"}
_DRESS = ("mode", "owner", "attributes")
_BLOCK = 1 << 20
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "characters",
    stat.S_IFBLK: "blocks",
}
_NO_ATTRIBUTES = (errno.ENOTSUP, errno.EPERM, errno.ENODATA, errno.EACCES)


@contextlib.contextmanager
def place(path: str) -> Iterator[str]:
    """A path's own name in its folder, held open: what is done to it cannot be led elsewhere by a link.

    Raises:
        OSError: a folder on the way is missing, or is a link by now (``ELOOP``, ``ENOTDIR``).
    """
    descriptor = os.open("/", os.O_PATH | os.O_DIRECTORY)
    try:
        for part in path.strip("/").split("/")[:-1]:
            inner = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield f"/proc/self/fd/{descriptor}/{os.path.basename(path)}"
    finally:
        os.close(descriptor)


def canonical(path: str) -> str:
    """A path whose folders are no links; its last part may be one."""
    folder, name = os.path.split(path.rstrip("/"))
    return os.path.join(os.path.realpath(folder), name)


def observe(path: str, keep: Callable[[str], str] | None = None) -> Entry:
    """A path as it is now.

    Args:
        path: canonical.
        keep: given a regular file's place, returns its content's digest; without it the content is not looked at.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        with place(path) as here:
            return _observed(here, keep)
    except (FileNotFoundError, NotADirectoryError):
        return dict(ABSENT)


def _observed(here: str, keep: Callable[[str], str] | None) -> Entry:
    status = os.lstat(here)
    entry: Entry = {
        "kind": _KINDS[stat.S_IFMT(status.st_mode)],
        "mode": stat.S_IMODE(status.st_mode),
        "owner": [status.st_uid, status.st_gid],
        "modified": status.st_mtime_ns,
        "attributes": _attributes(here),
    }
    if entry["kind"] == "link":
        entry["target"] = os.readlink(here)
    elif entry["kind"] in ("characters", "blocks"):
        entry["device"] = status.st_rdev
    elif entry["kind"] == "file" and keep is not None:
        entry["size"] = status.st_size
        entry["digest"] = keep(here)
    return entry


def _attributes(here: str, *, follow: bool = False) -> dict[str, str]:
    try:
        names = os.listxattr(here, follow_symlinks=follow)
    except OSError:
        return {}
    found = {}
    for name in names:
        with contextlib.suppress(OSError):  # gone meanwhile, or not root's to read
            found[name] = base64.b64encode(os.getxattr(here, name, follow_symlinks=follow)).decode("ascii")
    return found


def bare(path: str) -> Entry:
    """A path's owner, mode and extended attributes alone: its content and time are others', who go on writing it.

    ``inode`` tells it from another thing of its name.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        with place(path) as here, _held(here) as held:
            status, attributes = os.fstat(held), _attributes(f"/proc/self/fd/{held}", follow=True)
    except (FileNotFoundError, NotADirectoryError):
        return {"bare": True, **ABSENT}
    return {
        "bare": True,
        "inode": status.st_ino,
        "kind": _KINDS[stat.S_IFMT(status.st_mode)],
        "mode": stat.S_IMODE(status.st_mode),
        "owner": [status.st_uid, status.st_gid],
        "attributes": attributes,
    }


def digest(here: str) -> str:
    """SHA-256 of a regular file."""
    sum_, descriptor = hashlib.sha256(), os.open(here, os.O_RDONLY | os.O_NOFOLLOW)
    with open(descriptor, "rb") as source:
        for block in iter(lambda: source.read(_BLOCK), b""):
            sum_.update(block)
    return sum_.hexdigest()


def differs(path: str, saved: Entry) -> bool:
    """Whether a path is not as it was saved. A `bare` one that is gone, like a rotated log, has nothing to differ.

    Nor has another file in its place where others than root may have put it: it may be root's, and not theirs to get.
    """
    if saved.get("bare"):
        now = bare(path)
        if now["kind"] != saved["kind"]:
            return bool(now["kind"] != "absent")
        same = now.get("inode") == saved.get("inode") or _roots_alone(path)
        return same and any(now.get(part) != saved.get(part) for part in _DRESS)
    return observe(path, digest if "digest" in saved else None) != saved


def put_back(path: str, saved: Entry, content: Callable[[str], str]) -> bool:
    """Make a path as it was saved, apart from a folder's content and time. True if that changed something.

    Args:
        path: canonical.
        saved: what it was.
        content: gives the path of the kept content of a digest.

    Raises:
        OSError: it cannot be made so.
    """
    if saved["kind"] == "socket":
        return False  # its service makes it
    if saved.get("bare"):
        return _put_attributes_back(path, saved)
    now = observe(path, digest if "digest" in saved else None)
    if saved["kind"] == "absent":
        return now["kind"] != "absent" and remove(path)
    with place(path) as here:
        if _same_thing(now, saved):
            changed = now != saved
        else:
            if now["kind"] == "folder":  # anything else is replaced in one step, which leaves no moment without it
                remove(path)
            elif saved["kind"] == "folder" and now["kind"] != "absent":
                os.unlink(here)
            _make(here, path, saved, content)
            return True
        if changed and saved["kind"] == "folder":
            changed = {**now, "modified": 0} != {**saved, "modified": 0}
        if changed:
            _dress(here, saved)
        return changed


def _put_attributes_back(path: str, saved: Entry) -> bool:
    if not differs(path, saved):
        return False
    with place(path) as here, _held(here) as held:
        status = os.fstat(held)
        if _KINDS[stat.S_IFMT(status.st_mode)] != saved["kind"]:
            raise OSError(errno.ENODATA, "it is another thing now, and only its attributes were kept")
        if status.st_ino != saved.get("inode") and not _roots_alone(path):
            return False
        _dress_held(held, saved)
    return True


def _roots_alone(path: str) -> bool:
    """Whether nobody but root can give a path to another thing."""
    folder = os.path.dirname(path)
    status = os.lstat(folder)
    others = status.st_uid or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not others and (folder == "/" or _roots_alone(folder))


def _same_thing(now: Entry, saved: Entry) -> bool:
    return all(now.get(part) == saved.get(part) for part in ("kind", "target", "device", "digest"))


def _make(here: str, path: str, saved: Entry, content: Callable[[str], str]) -> None:
    if saved["kind"] == "folder":
        os.mkdir(here, 0o700)
        _dress(here, saved)
        return
    # the same name each time: what a cut-off attempt left is replaced by the next one. No program reads drop-in files
    # of such a name.
    beside = f"{os.path.dirname(here)}/.joliba-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}~"
    if os.path.lexists(beside):
        os.unlink(beside)
    if saved["kind"] == "file":
        _copy(content(saved["digest"]), beside)
    elif saved["kind"] == "link":
        os.symlink(saved["target"], beside)
    else:
        kind = {"fifo": stat.S_IFIFO, "characters": stat.S_IFCHR, "blocks": stat.S_IFBLK}[saved["kind"]]
        os.mknod(beside, kind | 0o600, saved.get("device", 0))
    _dress(beside, saved)
    try:
        os.replace(beside, here)
    except OSError as error:
        if error.errno != errno.EBUSY or saved["kind"] != "file":  # a file that something is mounted on
            raise
        with open(beside, "rb") as source, open(here, "r+b") as out:
            shutil.copyfileobj(source, out, _BLOCK)
            out.truncate()
            os.fsync(out.fileno())
        os.unlink(beside)
        _dress(here, saved)


def _copy(source: str, target: str) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(source, "rb") as kept, open(descriptor, "wb") as out:
        shutil.copyfileobj(kept, out, _BLOCK)
        out.flush()
        os.fsync(descriptor)


def _dress(here: str, saved: Entry) -> None:
    with _held(here) as held:
        _dress_held(held, saved)


@contextlib.contextmanager
def _held(here: str) -> Iterator[int]:
    """This very thing, be it a link, whatever takes its name meanwhile."""
    descriptor = os.open(here, os.O_PATH | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _dress_held(held: int, saved: Entry) -> None:
    """Owner, mode, attributes, time: in this order, since a new owner clears modes and capabilities."""
    there = f"/proc/self/fd/{held}"
    os.chown(there, *saved["owner"])
    if saved["kind"] != "link":
        os.chmod(there, saved["mode"])
        now = _attributes(there, follow=True)
        for name in now.keys() - saved["attributes"].keys():
            with _attribute_errors():
                os.removexattr(there, name)
        for name, value in saved["attributes"].items():
            if now.get(name) != value:
                with _attribute_errors():
                    os.setxattr(there, name, base64.b64decode(value))
    if "modified" in saved:
        os.utime(there, ns=(saved["modified"], saved["modified"]))


@contextlib.contextmanager
def _attribute_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:  # what is left different is told by the comparison at the end
            raise


def set_time(here: str, saved: Entry) -> None:
    """The time of the last change, to the nanosecond, where it is kept."""
    if "modified" in saved:
        os.utime(here, ns=(saved["modified"], saved["modified"]), follow_symlinks=False)


def remove(path: str) -> bool:
    """Remove a path and what is in it; a file system mounted there stays.

    Raises:
        OSError: ``EBUSY`` if something is mounted in it.
    """
    with place(path) as here:
        status = os.lstat(here)
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(here)
            return True
        for folder, _, _ in os.walk(here):
            if os.lstat(folder).st_dev != status.st_dev or os.path.ismount(folder):
                raise OSError(errno.EBUSY, "a file system is mounted in it", path)
        shutil.rmtree(here)
        return True
