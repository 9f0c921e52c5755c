#!/usr/bin/python
"""Take others' rights from people's homes and from the files that start their sessions."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_private_homes
short_description: Keep others out of people's homes
description:
  - Takes rights from each person's home and from the files in it that start its sessions.
  - A file is opened without following links and must belong to the person, so that nobody can lead it elsewhere.
options:
  home:
    description: The most that a home's mode may allow, in octal.
    type: str
    required: true
  files:
    description: The most that such a file's mode may allow, in octal.
    type: str
    required: true
author: Joliba
"""
RETURN = """
paths:
  description: What was changed.
  type: list
  returned: always
"""

import os
import stat
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba.accounts import people
from ansible.module_utils.joliba.files import START_FILES
from ansible.module_utils.joliba.telling import told


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={"home": {"type": "str", "required": True}, "files": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    changed = []
    for person in people():
        home = Path(person.home)
        for path, kind in [(home, "home"), *((home / name, "files") for name in START_FILES)]:
            most = int(module.params[kind], 8)
            if _restricted(path, most, person.uid, folder=path is home, only_look=module.check_mode):
                changed.append(str(path))
    module.exit_json(changed=bool(changed), paths=told(changed))


def _restricted(path: Path, most: int, uid: int, *, folder: bool, only_look: bool) -> bool:
    """Whether a file or folder of this person had more than it may."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False  # a link, or gone
    try:
        status = os.fstat(opened)
        expected = stat.S_ISDIR(status.st_mode) if folder else stat.S_ISREG(status.st_mode)
        mode = stat.S_IMODE(status.st_mode)
        if not expected or status.st_uid != uid or not mode & ~most:
            return False
        if not only_look:
            os.fchmod(opened, mode & most)
        return True
    finally:
        os.close(opened)


if __name__ == "__main__":
    main()
