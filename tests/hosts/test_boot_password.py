"""The password of a site's boot menus: made once, kept from others, in the form that GRUB takes."""

import re
import shutil
import subprocess

import pytest

from infra.hosts.boot_password import boot_password_file, boot_password_hash, grub_hash

FORM = r"grub[.]pbkdf2[.]sha512[.][0-9]+[.][0-9A-F]+[.][0-9A-F]+\Z"  # what roles/boot/tasks/R05.yml accepts


def test_it_is_made_once_and_only_its_owner_reads_it(home):
    hashed = boot_password_hash("ml-bko")
    file = boot_password_file("ml-bko")
    password = file.read_text()

    assert (boot_password_hash("ml-bko"), file.read_text()) == (hashed, password)
    assert {each.stat().st_mode & 0o777 for each in file.parent.iterdir()} == {0o600}
    assert file.is_relative_to(home)
    assert boot_password_hash("bf-oua") != hashed


def test_hosts_get_the_hash_of_that_password_in_grubs_form(home):
    hashed = boot_password_hash("ml-bko")
    *_, salt, _ = hashed.split(".")

    assert re.match(FORM, hashed)
    assert hashed == grub_hash(boot_password_file("ml-bko").read_text().strip(), bytes.fromhex(salt))
    assert boot_password_file("ml-bko").read_text().strip() not in hashed
    assert home


@pytest.mark.skipif(not shutil.which("grub-mkpasswd-pbkdf2"), reason="no grub-mkpasswd-pbkdf2 (grub-common)")
def test_grubs_own_program_says_the_same():
    done = subprocess.run(
        ["grub-mkpasswd-pbkdf2"], input="secret\nsecret\n", capture_output=True, text=True, check=True
    )
    hashed = done.stdout.split()[-1]

    assert grub_hash("secret", bytes.fromhex(hashed.split(".")[-2])) == hashed
