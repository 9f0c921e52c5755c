#!/usr/bin/python
"""Give declared data volumes a file system and a place under /srv; a volume that may hold anything is left."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_volumes
short_description: Mount the data volumes of a host by label
description:
  - A blank volume gets an ext4 file system whose label is its name. One that may hold anything else than that is left,
    as is one whose disk is not there or cannot be read; the module warns of it and goes on with the others.
  - Blank is what has no signature and only zeros at both ends and at places between. A volume that the cloud encrypts
    reads as noise before anything was written, so there noise, which nothing packs, is blank too.
  - No volume is formatted twice; its OpenStack id in our unit tells it from one that replaced it.
  - Each is mounted under /srv by a unit of systemd that does not stop the boot if the volume is missing.
options:
  volumes:
    description: Names of volumes, each with OpenStack's id.
    type: dict
    required: true
  encrypted:
    description: Names of those that the cloud encrypts.
    type: list
    elements: str
    default: []
author: Joliba
"""
RETURN = """
formatted:
  description: The volumes that were blank.
  type: list
  elements: str
  returned: always
left:
  description: The volumes that are not mounted, each with the reason.
  type: dict
  returned: always
"""

import os
import re
import zlib
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba.telling import told
from ansible.module_utils.joliba.volumes import DATA, label, mount_unit

_ID_SHOWN = 20  # characters of an id that a virtio disk's serial number has room for
_NOTHING_FOUND = 2  # blkid: no signature of any kind, or it could not read
_PLACES, _LOOKED_AT = 8, 1 << 20  # spread from end to end, and bytes of each
_BLOCK = 4096  # bytes
_UNITS = "/etc/systemd/system"
_UNIT = """# Written by Joliba: changes are lost.
[Unit]
Description=Data volume {name}
X-Volume={identity}
[Mount]
What=/dev/disk/by-label/{label}
Where={place}
Type=ext4
Options=nodev,nosuid,nofail
[Install]
WantedBy=local-fs.target
"""


class LeftError(Exception):
    """A volume is left as it is; the text says why."""


def main() -> None:
    """Answer Ansible."""
    arguments = {
        "volumes": {"type": "dict", "required": True},
        "encrypted": {"type": "list", "elements": "str", "default": []},
    }
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    module.exit_json(**told(mounted(module, module.params["volumes"], module.params["encrypted"])))


def mounted(module: AnsibleModule, volumes: dict[str, str], encrypted: list[str]) -> dict[str, object]:
    """Mount what can be; what the module returns."""
    changed, formatted, left = False, [], {}
    for name, identity in sorted(volumes.items()):
        try:
            if _format(module, name, identity, encrypted=name in encrypted):
                formatted.append(name)
            changed |= _mount(module, name, identity)
        except LeftError as error:  # noqa: PERF203  one volume does not keep the others from their places
            left[name] = str(error)
            module.warn(told(f"volume {name} is left: {error}"))
    return {"changed": changed or bool(formatted), "formatted": formatted, "left": left}


def _format(module: AnsibleModule, name: str, identity: str, *, encrypted: bool) -> bool:
    """Whether it was blank."""
    device = _device(identity)
    if not _is_blank(module, name, identity, device, encrypted=encrypted):
        return False
    if not module.check_mode:
        _run(module, "mkfs.ext4", "-q", "-L", label(name), device)
        _run(module, "udevadm", "settle")
    return True


def _device(identity: str) -> str:
    found = {str(path.resolve()) for path in Path("/dev/disk/by-id").glob(f"*{identity[:_ID_SHOWN]}*")}
    if len(found) != 1:
        raise LeftError(f"{len(found)} disks have its serial number {identity[:_ID_SHOWN]}")
    return found.pop()


def _is_blank(module: AnsibleModule, name: str, identity: str, device: str, *, encrypted: bool) -> bool:
    """Whether a volume is to be formatted; False if it has the file system of its name.

    Raises:
        LeftError: it may hold something else.
    """
    code, shown, _ = module.run_command(["blkid", "-p", "-o", "export", device])
    if code != _NOTHING_FOUND:
        said = dict(line.partition("=")[::2] for line in shown.splitlines())
        if code or (said.get("TYPE"), said.get("LABEL")) != ("ext4", label(name)):
            raise LeftError(f"it holds {said.get('TYPE', 'something')}, not a file system of its name")
        return False
    empty = _reads_empty(device, noise=encrypted)
    if _was_ours(name, identity):
        raise LeftError("it had a file system of its name, and has none any more")
    if not empty:
        raise LeftError("it holds something without a signature")
    return True


def _reads_empty(device: str, *, noise: bool) -> bool:
    """Whether both ends of a disk, and places between, hold only zeros, or noise where that is nothing either.

    Raises:
        LeftError: it cannot be read, or something on this host has it in use.
    """
    try:
        with os.fdopen(os.open(device, os.O_RDONLY | os.O_EXCL), "rb", buffering=0) as disk:
            found = [disk.read(_LOOKED_AT)]
            last = max(0, disk.seek(0, os.SEEK_END) - _LOOKED_AT)
            for each in range(1, _PLACES):
                disk.seek(last * each // (_PLACES - 1) // _BLOCK * _BLOCK)
                found.append(disk.read(_LOOKED_AT + _BLOCK))
    except OSError as error:
        raise LeftError(f"it cannot be read: {error.strerror}") from error
    return all(_is_empty(content, noise=noise) for content in found)


def _is_empty(content: bytes, *, noise: bool) -> bool:
    blocks = (content[start : start + _BLOCK] for start in range(0, len(content), _BLOCK))
    return all(not any(block) or (noise and len(zlib.compress(block)) >= len(block)) for block in blocks)


def _was_ours(name: str, identity: str) -> bool:
    """Whether this very volume was formatted and mounted before: not one that was replaced since."""
    try:
        text = Path(_UNITS, mount_unit(name)).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    known = re.search(r"^X-Volume=(.*)$", text, re.MULTILINE)
    return known is None or known[1] == identity


def _mount(module: AnsibleModule, name: str, identity: str) -> bool:
    unit, place = mount_unit(name), f"{DATA}/{name}"
    file, text = Path(_UNITS, unit), _UNIT.format(name=name, identity=identity, label=label(name), place=place)
    active = module.run_command(["systemctl", "is-active", unit])[1].strip() == "active"
    if active and file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    if not module.check_mode:
        file.write_text(text, encoding="utf-8")
        _run(module, "systemctl", "daemon-reload")
        _run(module, "systemctl", "enable", "--now", unit)
    return True


def _run(module: AnsibleModule, *command: str) -> None:
    code, _, said = module.run_command(list(command))
    if code:
        raise LeftError(f"{' '.join(command)} ended with {code}: {said.strip()}")


if __name__ == "__main__":
    main()
