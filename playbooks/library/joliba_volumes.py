#!/usr/bin/python
"""Give declared data volumes a file system and a place under /srv; a volume that holds anything is never formatted."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_volumes
short_description: Mount the data volumes of a host by label
description:
  - A blank volume gets an ext4 file system whose label is its name. One that holds anything else than that is left, and
    the module fails and says so.
  - Each is mounted under /srv by a unit of systemd that does not stop the boot if the volume is missing.
options:
  volumes:
    description: Names of volumes, each with OpenStack's id.
    type: dict
    required: true
author: Joliba
"""
RETURN = """
formatted:
  description: The volumes that were blank.
  type: list
  elements: str
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba.volumes import DATA, label, mount_unit

_ID_SHOWN = 20  # characters of an id that a virtio disk's serial number has room for
_NOTHING_FOUND = 2  # blkid: no signature of any kind
_UNIT = """# Written by Joliba: changes are lost.
[Unit]
Description=Data volume {name}
[Mount]
What=/dev/disk/by-label/{label}
Where={place}
Type=ext4
Options=nodev,nosuid,nofail
[Install]
WantedBy=local-fs.target
"""


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(argument_spec={"volumes": {"type": "dict", "required": True}}, supports_check_mode=True)
    formatted, changed = [], False
    for name, identity in sorted(module.params["volumes"].items()):
        device = _device(module, name, identity)
        if _is_blank(module, name, device):
            formatted.append(name)
            if not module.check_mode:
                module.run_command(["mkfs.ext4", "-q", "-L", label(name), device], check_rc=True)
                module.run_command(["udevadm", "settle"], check_rc=True)
        changed |= _mount(module, name)
    module.exit_json(changed=changed or bool(formatted), formatted=formatted)


def _device(module: AnsibleModule, name: str, identity: str) -> str:
    found = {str(path.resolve()) for path in Path("/dev/disk/by-id").glob(f"*{identity[:_ID_SHOWN]}*")}
    if len(found) != 1:
        module.fail_json(msg=f"volume {name}: {len(found)} disks have its serial number {identity[:_ID_SHOWN]}")
    return found.pop()


def _is_blank(module: AnsibleModule, name: str, device: str) -> bool:
    code, shown, _ = module.run_command(["blkid", "-p", "-o", "export", device])
    if code == _NOTHING_FOUND:
        return True
    said = dict(line.partition("=")[::2] for line in shown.splitlines())
    if code or (said.get("TYPE"), said.get("LABEL")) != ("ext4", label(name)):
        module.fail_json(
            msg=f"volume {name} holds {said.get('TYPE', 'something')}, not a file system of its name: left"
        )
    return False


def _mount(module: AnsibleModule, name: str) -> bool:
    unit, place = mount_unit(name), f"{DATA}/{name}"
    file, text = Path("/etc/systemd/system", unit), _UNIT.format(name=name, label=label(name), place=place)
    active = module.run_command(["systemctl", "is-active", unit])[1].strip() == "active"
    if active and file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    if not module.check_mode:
        file.write_text(text, encoding="utf-8")
        module.run_command(["systemctl", "daemon-reload"], check_rc=True)
        module.run_command(["systemctl", "enable", "--now", unit], check_rc=True)
    return True


if __name__ == "__main__":
    main()
