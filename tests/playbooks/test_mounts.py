"""What file systems allow: as mounted, as the next start mounts them, and as the remedy writes it."""

import importlib.util

import pytest
from ansible.module_utils.joliba import mounts, observing
from ansible.module_utils.joliba.mounts import device_files, hidden_processes, in_force, mount_options, mount_point
from ansible.module_utils.joliba.observing import NotApplicable

from infra.environment import CHECKOUT

SHM, TMP = "/dev/shm", "/tmp"  # noqa: S108  mount points
MOUNTED = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
23 22 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:2 - proc proc rw
24 22 0:21 / /dev/shm rw,nosuid,nodev shared:3 - tmpfs tmpfs rw,size=100k
25 22 254:3 / /var rw,relatime shared:4 - ext4 /dev/vda3 rw
26 22 254:4 / /srv/a\\040b rw,nodev,relatime shared:5 - ext4 /dev/vdb rw
27 22 254:5 / /boot rw,relatime - ext4 /dev/vda5 rw
28 22 0:40 / /mnt/far rw - nfs4 10.0.0.1:/x rw
29 25 254:3 / /var rw,nosuid shared:4 - ext4 /dev/vda3 rw
"""
FSTAB = """\
# a comment
LABEL=root / ext4 errors=remount-ro 0 1
LABEL=var  /var\text4   defaults,nosuid   0 2
LABEL=var /var ext4 noexec 0 2
/dev/vdb /srv/a\\040b ext4 nodev
LABEL=tmp /tmp ext4
/dev/vdc none swap sw 0 0
broken
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A host's files: ``tree(path, text)`` writes one."""
    monkeypatch.setattr(observing, "ROOT", str(tmp_path))

    def write(path, text):
        mounts.mounts.cache_clear()
        mounts.fstab.cache_clear()
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    write("/proc/self/mountinfo", MOUNTED)
    write("/etc/fstab", FSTAB)
    yield write
    mounts.mounts.cache_clear()
    mounts.fstab.cache_clear()


def told(observed):
    return observed.effective, observed.persistent


def test_a_file_system_of_its_own_is_one_now_and_after_the_next_start(tree):
    assert told(mount_point("/var")) == ("separate", "separate")
    assert told(mount_point("/boot")) == ("separate", "part of /")
    assert told(mount_point(TMP)) == ("part of /", "separate")
    assert told(mount_point("/var/log")) == ("part of /var", "part of /var")
    assert told(mount_point("/srv/a b")) == ("separate", "separate")


def test_options_are_the_mounts_and_those_of_the_first_line_of_fstab(tree):
    effective, lasting = told(mount_options("/var"))

    assert {"rw", "nosuid"} == set(effective)
    assert lasting == ["defaults", "nosuid"]


def test_options_of_what_is_no_mount_are_not_judged(tree):
    with pytest.raises(NotApplicable, match="part of /"):
        mount_options(TMP)


def test_a_mount_that_no_file_describes_does_not_last(tree):
    assert mount_options(SHM).persistent is None


def test_units_and_their_drop_ins_go_before_fstab(tree):
    tree("/usr/lib/systemd/system/dev-shm.mount", "[Mount]\nOptions=nosuid\n")
    assert mount_options(SHM).persistent == ["nosuid"]

    tree("/usr/lib/systemd/system/var.mount", "[Mount]\nOptions=vendor\n")
    assert mount_options("/var").persistent == ["defaults", "nosuid"]

    tree("/etc/systemd/system/var.mount", "[Mount]\nOptions = nodev,exec\n")
    assert mount_options("/var").persistent == ["nodev", "exec"]

    tree("/etc/systemd/system/var.mount.d/60.conf", "[Mount]\nOptions=noexec\n")
    assert mount_options("/var").persistent == ["noexec"]


def test_a_later_option_takes_an_earlier_one_back():
    assert in_force(["nosuid", "nodev", "suid"]) == ["nodev", "suid"]
    assert in_force(["exec", "noexec"]) == ["noexec"]


def test_device_files_work_on_local_disks_without_nodev(tree):
    assert told(device_files("")) == (["/var"], [TMP, "/var"])


def test_proc_hides_the_processes_of_others_or_not(tree):
    assert told(hidden_processes("")) == ("off", "off")

    tree("/proc/self/mountinfo", MOUNTED.replace("proc proc rw", "proc proc rw,hidepid=invisible"))
    tree("/etc/fstab", "proc /proc proc defaults,hidepid=2 0 0\n")
    assert told(hidden_processes("")) == ("invisible", "invisible")


@pytest.fixture(scope="module")
def remedy():
    """The module that writes fstab."""
    spec = importlib.util.spec_from_file_location("joliba_mounts", CHECKOUT / "playbooks/library/joliba_mounts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("LABEL=var  /var\text4   defaults   0 2\n", "LABEL=var  /var\text4   defaults,nosuid,nodev   0 2\n"),
        ("LABEL=var /var ext4 nosuid,nodev,noatime 0 2\n", "LABEL=var /var ext4 nosuid,nodev,noatime 0 2\n"),
        ("LABEL=var /var ext4 nosuid,dev,suid\n", "LABEL=var /var ext4 nosuid,nodev\n"),
        ("#LABEL=var /var ext4 defaults 0 2\n", "#LABEL=var /var ext4 defaults 0 2\n"),
        ("# LABEL=var /var ext4 defaults 0 2\n", "# LABEL=var /var ext4 defaults 0 2\n"),
        ("LABEL=log /var/log ext4 defaults 0 2\n", "LABEL=log /var/log ext4 defaults 0 2\n"),
        ("\n", "\n"),
    ],
)
def test_a_line_of_fstab_gets_what_it_lacks_and_keeps_the_rest(remedy, line, written):
    assert remedy.restricted(line, {"/var": ["nosuid", "nodev"]}) == written


def test_a_mount_of_the_systems_own_gets_a_line(remedy, tree):
    assert remedy._line(SHM, {SHM: ["nosuid", "nodev", "noexec"]}) == (
        "tmpfs /dev/shm tmpfs rw,nosuid,nodev,size=100k,noexec 0 0\n"
    )
