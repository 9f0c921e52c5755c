"""Restore points of a test's own."""

import json
import os
import stat
from pathlib import Path

from ansible.module_utils.joliba.restore import points, revert

from infra.environment import CHECKOUT

PROGRAM = {
    path.name: path.read_text("utf-8") for path in (CHECKOUT / "playbooks/module_utils/joliba/restore").glob("*.py")
}


def save(run, store, **touches):
    """The point of a run that never begins."""
    return points.create(run, touches, program=PROGRAM, store=str(store))


def create(run, store, **touches):
    """The point of a run that begins, as arming says; no revert is armed."""
    point = save(run, store, **touches)
    (Path(store) / run / points.BEGUN).touch(0o600)
    return point


def roll_back(store, run=None):
    """Put a run back, guarded, as rollback.yml asks; the outcomes."""
    return revert.restore(run, store=str(store), program=PROGRAM, seconds=900)


def fire(store):
    """The deadline of what is armed has come: what its timer then does."""
    (store / "armed.json").write_text(json.dumps({**revert.armed(str(store)), "deadline": 0}))
    return revert.due(store=str(store))


def seen(top):
    """Everything below a folder, by what a restore point promises to put back."""
    found = {}
    for path in [top, *sorted(top.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else path.is_symlink() and path.readlink()
        attributes = {
            name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
        }
        owner = status.st_uid, status.st_gid
        found[os.fsencode(path)] = (oct(status.st_mode), *owner, status.st_mtime_ns, content, attributes)
    return found
