"""Each rule of R1 to R27 on a host's state that it accepts, and on one that it refuses."""

from types import SimpleNamespace

import pytest
from ansible.module_utils.joliba import booting, hardware, kernel_builds, mounts, observing, sysctls
from ansible.module_utils.joliba.judging import judge

from infra.hosts.asking import questions
from infra.hosts.catalogue import read_catalogue

CATALOGUE = read_catalogue()
RULES = [name for name, rule in CATALOGUE.rules.items() if rule.recommendation in {f"R{each}" for each in range(1, 29)}]
RELEASE = "6.1.0-56-amd64"
EFI = "/sys/firmware/efi/efivars"
GUARD = 'set superusers="a"\npassword_pbkdf2 a grub.pbkdf2.sha512.1.A.B\n'
OF_ITS_OWN = {
    "machine": ({"machine": "x86_64"}, {"machine": "i686"}),
    "secure_boot": ({f"{EFI}/SecureBoot-1": "\0\0\0\0\1"}, {f"{EFI}/SecureBoot-1": "\0\0\0\0\0"}),
    "unified_image": ({f"{EFI}/StubInfo-1": ""}, {f"{EFI}/other": ""}),
    "grub_password": (
        {
            "/boot/grub/grub.cfg": GUARD
            + 'menuentry_id_option="--unrestricted --id"\nmenuentry x $menuentry_id_option {'
        },
        {"/boot/grub/grub.cfg": GUARD + "menuentry x {"},
    ),
    "hidden_processes": (
        {"mounts": "1 1 0:1 / /proc rw - proc proc rw,hidepid=invisible", "/etc/fstab": "proc /proc proc hidepid=2"},
        {"mounts": "1 1 0:1 / /proc rw - proc proc rw", "/etc/fstab": ""},
    ),
    "device_files": (
        {"mounts": "1 1 8:1 / /data rw,nodev - ext4 /dev/vdb rw", "/etc/fstab": "/dev/vdb /data ext4 nodev"},
        {"mounts": "1 1 8:1 / /data rw - ext4 /dev/vdb rw", "/etc/fstab": "/dev/vdb /data ext4 nodev"},
    ),
    "apt_where_programs_are_refused": ({"apt": "mount -o remount,exec /var"}, {"apt": "mount -o remount,exec /vary"}),
    "modules_locked": (
        {"/proc/sys/kernel/modules_disabled": "1", "/etc/sysctl.d/a.conf": "kernel.modules_disabled=1"},
        {"/proc/sys/kernel/modules_disabled": "1"},
    ),
}


def accepted_value(rule):
    """A value that the rule's expectation accepts."""
    expected = rule.expected
    return str(expected["at_least"]) if isinstance(expected, dict) and "at_least" in expected else expected


def states(rule):  # noqa: PLR0911  one a kind of probe
    """A state that a rule accepts, and one that it refuses."""
    ((probe, argument),) = rule.probe.items()
    good = accepted_value(rule)
    if probe.startswith("sysctl"):
        path, line = "/proc/sys/" + argument.replace(".", "/").replace("*", "eth0"), f"{argument} = {good}"
        wrong = "7 7" if " " in str(good) else "-7"
        return {path: str(good), "/etc/sysctl.d/a.conf": line}, {path: wrong, "/etc/sysctl.d/a.conf": line}
    if probe in ("kernel_argument", "hardware_argument"):
        word = f"{argument}={good}" if good is not None else "quiet"
        return with_argument(word, word), with_argument(word, f"{argument}=-7")
    if probe == "kernel_option":
        name, config = argument if isinstance(argument, str) else argument["name"], f"/boot/config-{RELEASE}"
        return {config: f"CONFIG_{name}={good}\n"}, {config: f"CONFIG_{name}=other\n"}
    if probe == "processor_flags":
        return {"/proc/cpuinfo": f"flags : {' '.join(argument)}"}, {
            "/proc/cpuinfo": f"flags : {' '.join(argument[1:])}"
        }
    if probe == "mount_point":
        return with_mount(argument, []), {"mounts": "1 1 8:1 / / rw - ext4 /dev/vda rw", "/etc/fstab": ""}
    if probe == "mount_options":
        wanted = rule.expected["contains"]
        return with_mount(argument, wanted), with_mount(argument, wanted[1:])
    return OF_ITS_OWN[probe]


def with_argument(lasting, now):
    return {
        "/proc/cmdline": f"BOOT_IMAGE=/vmlinuz {now}",
        "/boot/grub/grub.cfg": f"linux /vmlinuz-6.1 ro {lasting}",
        "/etc/default/grub": f'GRUB_CMDLINE_LINUX="{lasting}"',
    }


def with_mount(point, options):
    shown = ",".join(["rw", *options])
    return {
        "mounts": f"1 1 8:1 / {point} {shown} - ext4 /dev/vda rw",
        "/etc/fstab": f"/dev/vda {point} ext4 {shown} 0 2",
    }


def forget():
    """Let no probe remember another host."""
    for cached in (booting._menu, booting._settings, sysctls._lines, kernel_builds._options):
        cached.cache_clear()
    for cached in (mounts.mounts, mounts.fstab):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def another_host():
    yield
    forget()


def verdict(name, state, root, monkeypatch):
    """What the rule says of a host of that state."""
    machine = state.get("machine") or ("aarch64" if "arm64" in str(CATALOGUE.rules[name].probe) else "x86_64")
    release = "5.0.0" if "until" in str(CATALOGUE.rules[name].probe) else RELEASE
    monkeypatch.setattr(observing, "ROOT", str(root))
    monkeypatch.setattr(booting.os, "uname", lambda: SimpleNamespace(machine=machine, release=release))
    monkeypatch.setattr(hardware, "output", lambda *_, **__: "none")
    monkeypatch.setattr(mounts, "output", lambda *_: state.get("apt"))
    forget()
    by_default = {"/proc/cmdline": "BOOT_IMAGE=/vmlinuz", "mounts": "1 1 8:1 / /var rw,noexec - ext4 /dev/vda rw"}
    for path, text in {**by_default, **state}.items():
        path = {"mounts": "/proc/self/mountinfo"}.get(path, path).replace(RELEASE, release)  # noqa: PLW2901
        if path.startswith("/"):
            file = root / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    host = {"level": "high", "role": "guest", "lang": "fr", "facts": {}}
    (asked,) = questions(CATALOGUE, host, [name])
    (told,) = judge([{**asked, "systems": []}], "guest")
    return told["verdict"], told


@pytest.mark.parametrize("name", RULES)
def test_a_rule_accepts_one_state_and_refuses_another(name, tmp_path, monkeypatch):
    accepted, refused = states(CATALOGUE.rules[name])
    for folder in ("accepted", "refused"):
        (tmp_path / folder).mkdir()

    said, told = verdict(name, accepted, tmp_path / "accepted", monkeypatch)
    assert said == "pass", told
    said, told = verdict(name, refused, tmp_path / "refused", monkeypatch)
    assert said == "fail", told
