"""How a host starts: real menus of GRUB 2.06 on Debian 12, its settings, and the firmware's variables."""

import pytest
from ansible.module_utils.joliba import booting, hardware, observing
from ansible.module_utils.joliba.booting import (
    grub_password,
    hardware_argument,
    kernel_argument,
    secure_boot,
    unified_image,
)
from ansible.module_utils.joliba.hardware import processor_flags
from ansible.module_utils.joliba.observing import NotApplicable, Unmeasured

BY_GRUB = "BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=UUID=1 ro mds=off mds=full,nosmt quiet\n"
DIRECT = "console=ttyS0 net.ifnames=0 mds=full,nosmt\n"
ENTRY = """
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-1' {
\tlinux\t/vmlinuz-6.1.0-56-amd64 root=UUID=1 ro %s quiet
\tinitrd\t/initrd.img-6.1.0-56-amd64
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-1' {
\tmenuentry 'Debian GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)' $menuentry_id_option 'x' {
\t\tlinux\t/vmlinuz-6.1.0-56-amd64 root=UUID=1 ro single %s
\t}
}
"""
GUARD = 'set superusers="administration"\npassword_pbkdf2 administration grub.pbkdf2.sha512.10000.AB.CD\n'


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A host's files: ``tree(path, text)`` writes one."""
    monkeypatch.setattr(observing, "ROOT", str(tmp_path))

    def write(path, text):
        booting._menu.cache_clear()
        booting._settings.cache_clear()
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text) if isinstance(text, str) else file.write_bytes(text)

    yield write
    booting._menu.cache_clear()
    booting._settings.cache_clear()


def told(observed):
    return observed.effective, observed.persistent


def test_an_argument_is_told_of_the_running_kernel_and_of_the_menu(tree):
    tree("/proc/cmdline", BY_GRUB)
    tree("/boot/grub/grub.cfg", ENTRY % ("mds=full,nosmt", "mds=full,nosmt"))
    tree("/etc/default/grub", 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX="quiet"  # old\n')
    tree("/etc/default/grub.d/60-a.cfg", 'GRUB_CMDLINE_LINUX="${GRUB_CMDLINE_LINUX} mds=full,nosmt"\n')

    assert told(kernel_argument("mds")) == ("full,nosmt", "full,nosmt")
    assert told(kernel_argument("nosmep")) == (None, None)
    assert kernel_argument("quiet").effective == ""


@pytest.mark.parametrize(
    ("entry", "recovery", "settings"),
    [("", "mds=full,nosmt", "mds=full,nosmt"), ("mds=full,nosmt", "", "mds=full,nosmt"), ("mds=off", "mds=off", "")],
)
def test_an_argument_that_not_all_say_does_not_last(tree, entry, recovery, settings):
    tree("/proc/cmdline", BY_GRUB)
    tree("/boot/grub/grub.cfg", ENTRY % (entry, recovery))
    tree("/etc/default/grub", f'GRUB_CMDLINE_LINUX="{settings}"\n')

    assert kernel_argument("mds").persistent not in ("full,nosmt", None)


def test_settings_that_the_shell_would_refuse_or_run_are_only_read(tree, tmp_path):
    tree("/proc/cmdline", BY_GRUB)
    tree("/boot/grub/grub.cfg", ENTRY % ("", ""))
    mark = tmp_path / "run"
    tree("/etc/default/grub", f'GRUB_CMDLINE_LINUX="mce=0 $(touch {mark})"\nGRUB_CMDLINE_LINUX="open\n')

    assert kernel_argument("mce").persistent == "0, absent"
    assert not mark.exists()


def test_a_kernel_that_came_from_outside_has_arguments_that_are_not_this_hosts(tree):
    tree("/proc/cmdline", DIRECT)
    tree("/boot/grub/grub.cfg", ENTRY % ("", ""))

    for probe in (kernel_argument, grub_password, secure_boot, unified_image):
        with pytest.raises(NotApplicable, match="no boot loader"):
            probe("mds")


def test_another_boot_loader_is_not_measured(tree):
    tree("/proc/cmdline", DIRECT)
    tree("/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "systemd-boot 252")

    with pytest.raises(Unmeasured):
        kernel_argument("mds")


def test_what_is_hardware_is_not_asked_of_a_virtual_machine(tree, monkeypatch):
    tree("/proc/cmdline", BY_GRUB + " iommu=force")
    tree("/boot/grub/grub.cfg", ENTRY % ("iommu=force", "iommu=force"))
    tree("/etc/default/grub", 'GRUB_CMDLINE_LINUX="iommu=force"')
    monkeypatch.setattr(hardware, "output", lambda *_, **__: "none\n")
    assert told(hardware_argument("iommu")) == ("force", "force")

    monkeypatch.setattr(hardware, "output", lambda *_, **__: "qemu\n")
    with pytest.raises(NotApplicable, match="qemu"):
        hardware_argument("iommu")


@pytest.mark.parametrize(
    ("menu", "password", "starts"),
    [
        (GUARD + 'menuentry_id_option="--unrestricted --id"\n' + ENTRY, "set", "unattended"),
        (GUARD + ENTRY, "set", "with password"),
        (GUARD + ENTRY.replace("$menuentry_id_option", "--unrestricted --id"), "set", "unattended"),
        (ENTRY, None, "unattended"),
        (GUARD.splitlines()[1] + ENTRY, None, "unattended"),  # nobody is a superuser: the password guards nothing
        ('set superusers="a"\npassword a clear\n' + ENTRY, None, "unattended"),
    ],
)
def test_a_menu_is_guarded_by_a_password_and_starts_without_it(tree, menu, password, starts):
    tree("/proc/cmdline", BY_GRUB)
    tree("/boot/grub/grub.cfg", menu.replace("%s", ""))

    assert grub_password("").persistent == {"password": password, "starts": starts}


@pytest.mark.parametrize(("variable", "state"), [(b"\x06\0\0\0\x01", "on"), (b"\x06\0\0\0\0", "off"), (b"", "off")])
def test_the_firmware_says_whether_it_starts_only_what_is_signed(tree, variable, state):
    tree("/proc/cmdline", BY_GRUB)
    tree("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", variable)

    assert secure_boot("").effective == state


def test_a_firmware_without_the_means_starts_anything_and_one_that_hides_is_not_measured(tree, tmp_path):
    tree("/proc/cmdline", BY_GRUB)
    assert secure_boot("").effective == "off"
    assert unified_image("").effective == "no"

    (tmp_path / "sys/firmware/efi").mkdir(parents=True)
    with pytest.raises(Unmeasured):
        secure_boot("")


def test_a_unified_image_tells_of_itself(tree):
    tree("/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "systemd-stub 252")

    assert unified_image("").effective == "yes"


def test_a_processor_tells_what_it_can_do(tree):
    tree("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu nx smep aes\n")
    assert processor_flags(["nx", "smep", "smap"]).effective == ["nx", "smep"]

    tree("/proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\n")
    with pytest.raises(NotApplicable):
        processor_flags(["nx"])
