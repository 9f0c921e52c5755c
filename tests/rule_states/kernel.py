"""Hosts for the rules on firmware, boot loader, kernel and file systems (R1 to R29, R45's arguments)."""

from rule_states.state import State, files

RELEASE = State.release
EFI = "/sys/firmware/efi/efivars"
GUARD = 'set superusers="a"\npassword_pbkdf2 a grub.pbkdf2.sha512.1.A.B\n'
BY_GRUB = {"/proc/cmdline": "BOOT_IMAGE=/vmlinuz"}
PHYSICAL = {"systemd-detect-virt": "none"}
MOUNTS = "/proc/self/mountinfo"
ROOT_ALONE = {MOUNTS: "1 1 8:1 / / rw - ext4 /dev/vda rw", "/etc/fstab": ""}


def argument(rule):
    """Of the kernel's line: in the running one and in the menu; and another value now."""
    ((_, name),) = rule.probe.items()
    good = f"{name}={_accepted(rule)}" if rule.expected is not None else "quiet"
    return _with_argument(good, good), _with_argument(good, f"{name}=-7")


def arguments(rule):
    """Of the kernel's line: none of those, and one now."""
    ((_, names),) = rule.probe.items()
    return _with_argument("quiet", "quiet"), _with_argument("quiet", names[0])


def _with_argument(lasting, now):
    lines = {
        "/proc/cmdline": f"BOOT_IMAGE=/vmlinuz {now}",
        "/boot/grub/grub.cfg": f"linux /vmlinuz-6.1 ro {lasting}",
        "/etc/default/grub": f'GRUB_CMDLINE_LINUX="{lasting}"',
    }
    return State(lines, PHYSICAL)


def parameter(rule):
    """Of the kernel: as the file says, and other than it says."""
    ((_, name),) = rule.probe.items()
    good = str(_accepted(rule))
    path, line = "/proc/sys/" + name.replace(".", "/").replace("*", "eth0"), f"{name} = {good}"
    return files(
        {path: good, "/etc/sysctl.d/a.conf": line},
        {path: "7 7" if " " in good else "-7", "/etc/sysctl.d/a.conf": line},
    )


def option(rule):
    """Of the kernel's build, for the machine and the versions that have it."""
    ((_, asked),) = rule.probe.items()
    asked = {"name": asked} if isinstance(asked, str) else asked
    kernel = {
        "release": "5.0.0" if "until" in asked else RELEASE,
        "machine": "aarch64" if asked.get("machine") == "arm64" else "x86_64",
    }
    path = f"/boot/config-{kernel['release']}"
    good, wrong = (f"CONFIG_{asked['name']}={value}\n" for value in (_accepted(rule), "other"))
    return State({path: good}, **kernel), State({path: wrong}, **kernel)


def mount_point(rule):
    """A file system of its own, or a part of /."""
    return _mounted(rule.probe["mount_point"], []), State(ROOT_ALONE)


def mount_options(rule):
    """With all that is asked for, and with all but one."""
    wanted = rule.expected["contains"]
    return _mounted(rule.probe["mount_options"], wanted), _mounted(rule.probe["mount_options"], wanted[1:])


def _mounted(point, options):
    shown = ",".join(["rw", *options])
    line = f"1 1 8:1 / {point} {shown} - ext4 /dev/vda rw"
    return State({MOUNTS: line, "/etc/fstab": f"/dev/vda {point} ext4 {shown} 0 2"})


def flags(rule):
    """Of the processor: all of them, and all but one."""
    wanted = rule.probe["processor_flags"]
    return files(*({"/proc/cpuinfo": f"flags : {' '.join(each)}"} for each in (wanted, wanted[1:])))


def _accepted(rule):
    expected = rule.expected
    return expected["at_least"] if isinstance(expected, dict) and "at_least" in expected else expected


KINDS = {
    "sysctl": parameter, "sysctl_of_unused_protocol": parameter, "sysctl_of_fixed_addresses": parameter,
    "kernel_argument": argument,
    "kernel_arguments_given": arguments, "hardware_argument": argument,
    "kernel_option": option, "processor_flags": flags,
    "mount_point": mount_point, "mount_options": mount_options,
    "machine": lambda _: (State(), State(machine="i686")),
    "secure_boot": lambda _: files(
        {**BY_GRUB, f"{EFI}/SecureBoot-1": "\0\0\0\0\1"}, {f"{EFI}/SecureBoot-1": "\0\0\0\0\0"}
    ),
    "unified_image": lambda _: files(
        {**BY_GRUB, f"{EFI}/StubInfo-1": ""}, {f"{EFI}/StubInfo-1": None, f"{EFI}/other": ""}
    ),
    "grub_password": lambda _: files(
        {**BY_GRUB, "/boot/grub/grub.cfg": GUARD
         + 'menuentry_id_option="--unrestricted --id"\nmenuentry x $menuentry_id_option {'},
        {"/boot/grub/grub.cfg": GUARD + "menuentry x {"},
    ),
    "hidden_processes": lambda _: files(
        {MOUNTS: "1 1 0:1 / /proc rw - proc proc rw,hidepid=invisible", "/etc/fstab": "proc /proc proc hidepid=2"},
        {MOUNTS: "1 1 0:1 / /proc rw - proc proc rw", "/etc/fstab": ""},
    ),
    "device_files": lambda _: files(
        {MOUNTS: "1 1 8:1 / /data rw,nodev - ext4 /dev/vdb rw", "/etc/fstab": "/dev/vdb /data ext4 nodev"},
        {MOUNTS: "1 1 8:1 / /data rw - ext4 /dev/vdb rw"},
    ),
    "apt_where_programs_are_refused": lambda _: (
        State({MOUNTS: "1 1 8:1 / /var rw,noexec - ext4 /dev/vda rw"}, {"apt-config": "mount -o remount,exec /var"}),
        State(says={"apt-config": "mount -o remount,exec /vary"}),
    ),
    "modules_locked": lambda _: files(
        {"/proc/sys/kernel/modules_disabled": "1", "/etc/sysctl.d/a.conf": "kernel.modules_disabled=1"},
        {"/etc/sysctl.d/a.conf": None},
    ),
}  # fmt: skip
