"""Rules on files and folders: a state that passes and one that fails for each."""

import os
import socket

import pytest

from infra.hosts.catalogue import read_catalogue

RIGHTS = {name: rule for name, rule in read_catalogue().recommendations["R50"].rules.items() if "file" in rule.probe}
SPECIAL = read_catalogue().recommendations["R57"].rules


@pytest.fixture(autouse=True)
def owned(host):
    """Whoever runs the tests is root of the tree, and its group every group of the rules'."""
    names = ("root", "shadow", "_chrony")
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    host.file("/etc/passwd", f"root:x:{os.getuid()}:{os.getgid()}::/root:/bin/bash\n")
    host.file("/etc/group", f"root:x:{os.getgid()}:\n")
    host.group = lambda name: host.file("/etc/group", f"{name}:x:{os.getgid()}:\n")
    assert {rule.expected.get("group", "root") for rule in RIGHTS.values()} <= set(names)


@pytest.mark.parametrize("name", RIGHTS)
def test_rights_on_sensitive_files(host, name):
    rule = RIGHTS[name]
    path = rule.probe["file"].replace("*", "one").replace("[!.]", "x")
    if path not in ("/etc/passwd", "/etc/group"):
        assert host.judged(name) == "not-applicable"
        host.file(path, "")
    host.group(rule.expected["group"])
    most = int(rule.expected["mode"]["mode_at_most"], 8)
    (host.root / path[1:]).chmod(most)
    assert host.judged(name) == "pass"

    (host.root / path[1:]).chmod(most | 0o002)
    assert host.judged(name) == "fail"

    (host.root / path[1:]).chmod(most)
    host.file("/etc/passwd", f"other:x:{os.getuid()}:0::/root:/bin/bash\n")
    assert host.judged(name) == "fail", "another owner"


def test_of_a_patterns_files_the_worst_counts(host):
    for name, mode in (("ssh_host_rsa_key", 0o600), ("ssh_host_ed25519_key", 0o640)):
        host.file(f"/etc/ssh/{name}", "", mode=mode)
    assert host.verdict("ssh-private-keys-protected")["persistent"] == "owner: root; group: root; mode: 0640"


@pytest.mark.parametrize("name", SPECIAL)
def test_executables_without_special_rights(host, name):
    path = SPECIAL[name].probe["file"]
    assert host.judged(name) == "not-applicable"
    program = host.file(path, "", mode=0o755)
    assert host.judged(name) == "pass"
    program.chmod(0o4755)
    assert host.judged(name) == "fail"


@pytest.mark.skipif(os.getgid() >= 1000, reason="groups of people, from number 1000, may own no program: run as root")
def test_programs_are_roots(host):
    host.file("/usr/bin/true", "", mode=0o755)
    (host.root / "usr/bin/link").symlink_to("/nowhere")
    (host.root / "bin").symlink_to("usr/bin")
    for folder in (host.root / "usr/bin", host.root / "usr"):
        folder.chmod(0o755)
    assert host.judged("programs-belong-to-root") == "pass"
    host.file("/usr/bin/odd", "", mode=0o775)
    assert host.verdict("programs-belong-to-root")["persistent"] == "/usr/bin/odd"


@pytest.fixture
def home(host):
    """A person's home in the tree; the person is whoever runs the tests."""
    host.file("/etc/login.defs", f"UID_MIN {os.getuid()}\n")
    host.file("/etc/passwd", f"awa:x:{os.getuid()}:{os.getgid()}::/home/awa:/bin/bash\n")
    host.file("/home/awa/.bashrc", "", mode=0o640)
    host.file("/home/awa/notes", "", mode=0o664)
    (host.root / "home/awa").chmod(0o750)
    return host.root / "home/awa"


def test_homes_are_for_their_people(host, home):
    rules = ["homes-are-private", "start-files-are-private", "homes-belong-to-their-people"]
    assert [host.judged(rule) for rule in rules] == ["pass"] * 3

    home.chmod(0o755)
    (home / ".bashrc").chmod(0o644)
    host.file("/etc/group", "others:x:1:awa\n")
    assert [host.judged(rule) for rule in rules] == ["fail", "fail", "pass"]


def test_another_persons_file_in_a_home_is_told(host, home):
    host.file("/etc/passwd", f"awa:x:{os.getuid() + 1}:{os.getgid()}::/home/awa:/bin/bash\n")
    assert host.verdict("homes-belong-to-their-people")["persistent"] == "/home/awa/.bashrc, /home/awa/notes"
    assert host.judged("homes-are-private") == "fail"


def test_links_in_a_home_are_not_followed(host, home):
    (home / ".profile").symlink_to("/etc/passwd")
    assert host.judged("start-files-are-private") == "pass"
    assert host.judged("homes-belong-to-their-people") == "pass"


def test_host_keys_are_newer_than_the_host(host):
    key, identity = host.file("/etc/ssh/ssh_host_rsa_key", ""), host.file("/etc/machine-id", "")
    os.utime(identity, (1000, 1000))
    assert host.judged("host-keys-were-made-here") == "pass"
    os.utime(key, (500, 500))
    assert host.verdict("host-keys-were-made-here")["persistent"] == "/etc/ssh/ssh_host_rsa_key"


def make(host, kind, mode, path="/srv/app/it"):
    place = host.root / path[1:]
    place.parent.mkdir(parents=True, exist_ok=True)
    {"file": place.touch, "folder": place.mkdir, "pipe": lambda: os.mkfifo(place)}[kind]()
    place.chmod(mode)


@pytest.mark.parametrize(
    ("rule", "kind", "passing", "failing"),
    [
        ("shared-folders-are-sticky", "folder", 0o1777, 0o777),
        ("no-file-is-writable-by-all", "file", 0o664, 0o666),
        ("pipes-are-not-for-all", "pipe", 0o660, 0o622),
        ("setuid-executables-are-known", "file", 0o755, 0o4755),
        ("setuid-executables-are-known", "file", 0o4644, 0o4711),
        ("setgid-executables-are-known", "file", 0o755, 0o2755),
    ],
)
def test_what_is_somewhere_on_the_host(host, rule, kind, passing, failing):
    make(host, kind, passing, "/srv/app/well")
    make(host, kind, failing, "/proc/it")
    make(host, kind, failing, "/var/lib/docker/it")
    assert host.judged(rule) == "pass"
    make(host, kind, failing)
    assert host.verdict(rule)["persistent"] == "/srv/app/it"


def test_known_executables_keep_their_special_rights(host):
    make(host, "file", 0o4755, "/usr/bin/passwd")
    assert host.judged("setuid-executables-are-known") == "pass"


def test_a_shared_folder_of_somebody_else_is_told(host):
    make(host, "folder", 0o1777)
    assert host.judged("shared-folders-belong-to-root") == "pass"
    host.file("/etc/passwd", f"awa:x:{os.getuid()}:0::/home/awa:/bin/bash\n")
    assert host.judged("shared-folders-belong-to-root") == "fail"


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to nobody")
def test_files_of_nobody_are_told(host):
    assert [host.judged(rule) for rule in ("files-have-owners", "files-have-groups")] == ["pass", "pass"]
    os.chown(host.file("/srv/app/left", ""), 4_000_000_000, 4_000_000_001)
    assert [host.judged(rule) for rule in ("files-have-owners", "files-have-groups")] == ["fail", "fail"]


def test_what_hangs_in_a_circle_or_goes_meanwhile_does_not_stop_the_walk(host):
    make(host, "folder", 0o755, "/srv/a")
    (host.root / "srv/a/round").symlink_to(host.root / "srv")
    (host.root / "srv/a/gone").symlink_to("/nowhere")
    assert host.judged("no-file-is-writable-by-all") == "pass"


def test_sockets_that_are_open_to_all_are_told(host, monkeypatch):
    monkeypatch.chdir(host.root)  # names of sockets are short
    for name in ("run/known", "run/app", "run/closed"):
        host.file(f"/{name}/x", "")
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(f"{name}/sock")
    (host.root / "run/app/sock").chmod(0o777)
    (host.root / "run/closed/sock").chmod(0o777)
    (host.root / "run/closed").chmod(0o750)
    header = "Num       RefCount Protocol Flags    Type St Inode Path\n"
    line = "0000000000000000: 00000002 00000000 00010000 0001 01 12345 {}\n"
    host.file("/proc/net/unix", header + line.format("/run/closed/sock") + line.format("@abstract"))
    assert host.judged("sockets-are-not-for-all") == "pass"
    host.file("/proc/net/unix", header + line.format("/run/app/sock") + line.format("/run/gone"))
    assert host.verdict("sockets-are-not-for-all")["effective"] == "/run/app/sock"


def test_declared_services_with_a_common_temporary_folder_are_told(host):
    shown = "Id=nginx.service\nLoadState=loaded\nPrivateTmp={}\n"
    host.says("systemctl show", shown.format("yes"))
    assert host.judged("services-have-own-temporary-folders") == "pass"
    host.says("systemctl show", shown.format("no"))
    assert host.verdict("services-have-own-temporary-folders")["effective"] == "nginx.service"
    assert host.judged("services-have-own-temporary-folders", services=[]) == "not-applicable"
