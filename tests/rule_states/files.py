"""Hosts for the rules on files, folders, pipes and sockets (R50 to R57)."""

import contextlib
import os
import socket

from rule_states.state import OWNED, State, file, prints

OTHERS = f"awa:x:{os.getuid()}:{os.getgid()}::/home/awa:/bin/bash\n"
SOCKETS = "Num       RefCount Protocol Flags    Type St Inode Path\n0: 00000002 00000000 00010000 0001 01 12345 {}\n"
SHOWN = "Id=nginx.service\nLoadState=loaded\nPrivateTmp={}\n"
NOBODYS = 4_000_000_000


def somewhere(kind, passing, failing):
    """A file, folder or pipe somewhere on the host with one mode, and with another."""

    def make(mode):
        def made(host):
            place = host.root / "srv/app/it"
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                {"file": place.touch, "folder": place.mkdir, "pipe": lambda: os.mkfifo(place)}[kind]()
            place.chmod(mode)

        return State(OWNED, does=made)

    return make(passing), make(failing)


def home(**modes):
    """A person's folder with files; the person is whoever runs the tests."""
    texts = {
        "/etc/login.defs": f"UID_MIN {os.getuid()}\n",
        "/etc/passwd": OTHERS,
        "/home/awa/.bashrc": "",
        "/home/awa/notes": "",
    }
    given = {"/home/awa": 0o750, "/home/awa/.bashrc": 0o640, **modes}

    def keep(host):
        for path, mode in given.items():
            (host.root / path[1:]).chmod(mode)

    return State(texts, does=keep)


def listening(path):
    """A host with a local socket that is open to all."""

    def bind(host):
        place = host.root / path[1:]
        place.parent.mkdir(parents=True)
        with contextlib.chdir(place.parent), socket.socket(socket.AF_UNIX) as opened:  # names of sockets are short
            opened.bind(place.name)
        place.chmod(0o777)

    return State({"/proc/net/unix": SOCKETS.format(path)}, does=bind)


def _left_by_nobody(host):
    os.chown(host.file("/srv/app/left", ""), NOBODYS, NOBODYS)


def _program(mode):
    def make(host):
        host.file("/usr/bin/true", "", mode)
        for folder in ("usr/bin", "usr"):
            (host.root / folder).chmod(0o755)

    return State(OWNED, does=make)


def _keys_made_at(when):
    texts = {"/etc/ssh/ssh_host_rsa_key": "", "/etc/machine-id": ""}

    def age(host):
        for path, time in zip(texts, (when, 1000), strict=True):
            os.utime(host.root / path[1:], (time, time))

    return State(texts, does=age)


STATES = {
    "programs-belong-to-root": (_program(0o755), _program(0o775)),
    "homes-are-private": (home(), home(**{"/home/awa": 0o755})),
    "start-files-are-private": (home(), home(**{"/home/awa/.bashrc": 0o644})),
    "homes-belong-to-their-people": (
        home(), State({"/etc/passwd": f"awa:x:{os.getuid() + 1}:{os.getgid()}::/home/awa:/bin/bash\n"})
    ),
    "no-ready-made-certificate": file("/etc/ssl/private/ssl-cert-snakeoil.key", None, "-----BEGIN"),
    "host-keys-were-made-here": (_keys_made_at(2000), _keys_made_at(500)),
    "no-account-without-password": file("/etc/passwd", "awa:x:1000:1000:::\n", "awa::1000:1000:::\n"),
    "only-root-is-root": file(
        "/etc/passwd", "root:x:0:0:::\nawa:x:1000:1000:::\n", "root:x:0:0:::\nawa:x:0:1000:::\n"
    ),
    "sockets-are-not-for-all": (listening("/run/chrony/chronyd.sock"), listening("/run/app/sock")),
    "pipes-are-not-for-all": somewhere("pipe", 0o660, 0o622),
    "files-have-owners": (State(OWNED), State(does=_left_by_nobody)),
    "files-have-groups": (State(OWNED), State(does=_left_by_nobody)),
    "shared-folders-are-sticky": somewhere("folder", 0o1777, 0o777),
    "shared-folders-belong-to-root": (
        somewhere("folder", 0o1777, 0o1777)[0], State({"/etc/passwd": OTHERS})
    ),
    "no-file-is-writable-by-all": somewhere("file", 0o664, 0o666),
    "setuid-executables-are-known": somewhere("file", 0o755, 0o4755),
    "setgid-executables-are-known": somewhere("file", 0o755, 0o2755),
    "services-have-own-temporary-folders": prints("systemctl show", SHOWN.format("yes"), SHOWN.format("no")),
}  # fmt: skip
