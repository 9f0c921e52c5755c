#!/usr/bin/python
"""Restrict what mounted file systems allow, now and at the next start."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_mounts
short_description: Give mounted file systems options like nosuid, nodev and noexec
description:
  - Adds options to the lines of C(/etc/fstab) and to the mounts. A tmpfs without a line gets one. What is not mounted,
    and what a unit of the host's own mounts, is left.
options:
  options:
    description: The options that each mount point must have.
    type: dict
    required: true
author: Joliba
"""
RETURN = """
left:
  description: Mount points that another file than fstab describes.
  type: list
  elements: str
  returned: always
"""

import os
import re
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba.mounts import fstab, in_force, mounts
from ansible.module_utils.joliba.telling import told

_FSTAB = Path("/etc/fstab")
_FIELDS = re.compile(r"(\s*[^\s#]\S*\s+)(\S+)(\s+\S+\s+)(\S+)(.*)", re.DOTALL)
_BY_ITSELF = {"relatime", "seclabel"}  # options that the kernel shows without being asked for them


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(argument_spec={"options": {"type": "dict", "required": True}}, supports_check_mode=True)
    wanted = {point: each for point, each in module.params["options"].items() if point in mounts()}
    before = _FSTAB.read_text(encoding="utf-8")
    after = "".join(restricted(line, wanted) for line in before.splitlines(keepends=True))
    missing = [point for point in sorted(wanted) if point not in fstab()]
    new = [point for point in missing if mounts()[point].kind == "tmpfs"]
    after = "".join([after, "" if after.endswith("\n") or not new else "\n", *(_line(each, wanted) for each in new)])
    loose = [point for point in sorted(wanted) if set(wanted[point]) - set(mounts()[point].options)]
    if after != before and not module.check_mode:
        _write(module, after)
        module.run_command(["systemctl", "daemon-reload"])
    for point in loose if not module.check_mode else ():
        module.run_command(["mount", "-o", ",".join(["remount", *wanted[point]]), "--", point], check_rc=True)
    left = sorted(set(missing) - set(new))
    module.exit_json(changed=after != before or bool(loose), left=told(left))


def restricted(line: str, wanted: dict[str, list[str]]) -> str:
    """A line of fstab with the options that are wanted of its mount point."""
    found = _FIELDS.fullmatch(line)
    if not found or found[2] not in wanted:
        return line
    given = found[4].split(",")
    options = in_force([*given, *(option for option in wanted[found[2]] if option not in in_force(given))])
    return f"{found[1]}{found[2]}{found[3]}{','.join(options)}{found[5]}"


def _line(point: str, wanted: dict[str, list[str]]) -> str:
    """A line of fstab for a mount that the system makes by itself, as it is now."""
    now = [option for option in mounts()[point].options if option not in _BY_ITSELF]
    return (
        f"tmpfs {point} tmpfs {','.join(in_force([*now, *(each for each in wanted[point] if each not in now)]))} 0 0\n"
    )


def _write(module: AnsibleModule, text: str) -> None:
    handle, path = tempfile.mkstemp(dir=_FSTAB.parent, prefix=".fstab-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    module.atomic_move(path, str(_FSTAB))


if __name__ == "__main__":
    main()
