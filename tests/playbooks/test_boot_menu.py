"""The guarded boot menu in a real GRUB: it starts with nobody there, and asks before it is altered."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from jinja2 import Environment

from infra.environment import CHECKOUT

TEMPLATE = CHECKOUT / "playbooks/roles/boot/templates/password.sh.j2"
HASH = f"grub.pbkdf2.sha512.10000.{'A' * 128}.{'B' * 128}"
MODULES = [
    "biosdisk",
    "memdisk",
    "tar",
    "normal",
    "configfile",
    "serial",
    "terminal",
    "echo",
    "halt",
    "test",
    "password_pbkdf2",
]
GRUB = Path("/usr/lib/grub/i386-pc")
HEADER = 'menuentry_id_option="--id"\nexport menuentry_id_option\nset timeout=1\n'  # as 00_header of GRUB 2.06 ends
ENTRY = """
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-1' {
  echo "started $chosen"
  halt
}
"""
EARLY = """
serial --unit=0
terminal_output serial
terminal_input serial
set prefix=(memdisk)
normal (memdisk)/grub.cfg
"""


@pytest.fixture
def guard(tmp_path):
    """What our script of /etc/grub.d writes into the menu."""
    script = tmp_path / "01_joliba-R5"
    script.write_text(
        Environment(autoescape=False).from_string(TEMPLATE.read_text()).render(boot_password=HASH)  # noqa: S701  as Ansible
    )
    return subprocess.run(["sh", script], check=True, capture_output=True, text=True).stdout


def test_the_script_writes_the_password_as_it_is(guard):
    assert f"password_pbkdf2 administration {HASH}\n" in guard
    assert 'set superusers="administration"\n' in guard


def started(menu, folder):
    """What a machine without anybody at its console says of that menu within 60 s."""
    (folder / "grub.cfg").write_text(menu)
    (folder / "early.cfg").write_text(EARLY)
    with tarfile.open(folder / "menu.tar", "w") as archive:
        archive.add(folder / "grub.cfg", "grub.cfg")
    subprocess.run(
        ["grub-mkimage", "-O", "i386-pc", "-o", folder / "core.img", "-c", folder / "early.cfg", "-p", "(memdisk)",
         "-m", folder / "menu.tar", *MODULES],
        check=True,
    )  # fmt: skip
    disk = (GRUB / "boot.img").read_bytes() + (folder / "core.img").read_bytes()
    (folder / "disk.img").write_bytes(disk.ljust(2 << 20, b"\0"))
    with subprocess.Popen(
        ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-m", "64", "-serial", "stdio", "-no-reboot",
         "-drive", f"file={folder}/disk.img,format=raw,if=ide"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace",
    ) as machine:  # fmt: skip
        try:
            return machine.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            machine.kill()
            return machine.communicate()[0]


def test_a_guarded_menu_starts_with_nobody_there(full, guard, tmp_path):
    for program in ("grub-mkimage", "qemu-system-x86_64"):
        if not shutil.which(program) or not GRUB.is_dir():
            pytest.skip(f"{program} is not installed: apt-get install grub-pc-bin qemu-system-x86")
    assert "started gnulinux-simple-1" in started(HEADER + guard + ENTRY, tmp_path)

    asking = guard.replace("--unrestricted ", "")
    assert "Enter username" in started(HEADER + asking + ENTRY, tmp_path)
