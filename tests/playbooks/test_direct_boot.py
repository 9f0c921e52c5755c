"""What is said not to apply to a machine whose kernel QEMU loads is what the catalogue's rules say there."""

import pytest
from host_state import CATALOGUE

from infra.hosts.catalogue import Answer
from infra.lab.guests import INAPPLICABLE
from infra.lab.guests.image import COMMAND_LINE

ON_DISK = {"R29"}
"""Rules on files of the boot loader: they are not there."""
IN_ANY_GUEST = {"R7"}
MENU = {"/boot/grub/grub.cfg", "/boot/grub/user.cfg"}


@pytest.fixture
def guest(host):
    """As much of a guest as these rules look at."""
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    host.file("/proc/cmdline", f"{COMMAND_LINE}\n")
    host.file("/boot/System.map-6.1.0", "")
    host.says("systemd-detect-virt", "qemu")
    return host


def without_loader(guest):
    """The recommendations of which a rule needs a boot loader."""
    for name, rule in CATALOGUE.rules.items():
        if rule.recommendation[0] == "R" and "no boot loader" in guest.verdict(name).get("why", ""):
            yield rule.recommendation


def test_the_list_has_every_recommendation_that_needs_a_boot_loader_and_no_other(guest):
    people = {each.number for each in CATALOGUE.recommendations.values() if each.answer is Answer.ORGANISATIONAL}

    assert set(without_loader(guest)) == INAPPLICABLE.keys() - people - IN_ANY_GUEST - ON_DISK


def test_what_it_says_of_files_and_hardware_is_so(guest):
    for name in (name for number in IN_ANY_GUEST for name in CATALOGUE.recommendations[number].rules):
        assert "virtual machine" in guest.verdict(name)["why"]
    for rule in (rule for number in ON_DISK for rule in CATALOGUE.recommendations[number].rules.values()):
        assert (guest.judged(rule.name) == "not-applicable") == (rule.probe["file"] in MENU), rule.name


def test_the_same_machine_with_a_boot_loader_is_judged(guest):
    guest.file("/proc/cmdline", f"BOOT_IMAGE=/vmlinuz {COMMAND_LINE}\n")
    guest.file("/boot/grub/grub.cfg", "linux /vmlinuz\n")

    assert guest.judged("boot-menu-guarded-by-password", grub_password="x") == "fail"  # noqa: S106
    assert guest.judged("kernel-has-apparmor") == "fail"
