"""A host as a rule sees it, and what many rules' hosts have in common."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

UNIT_FOLDER, WANTS = "/usr/lib/systemd/system", "/etc/systemd/system/multi-user.target.wants"
PACKAGE = "Package: {}\nStatus: install ok installed\nPriority: optional\nVersion: 1.0-1\n\n"
OWNED = {
    "/etc/passwd": f"root:x:{os.getuid()}:{os.getgid()}::/root:/bin/bash\n",
    "/etc/group": f"root:x:{os.getgid()}:\n",
}
"""Whoever runs the tests is root of the tree."""


@dataclass(frozen=True)
class State:
    """Files by path (None: there is none), what commands print, and what else is done to the tree.

    ``machine`` and ``release`` are the kernel's.
    """

    files: dict[str, str | None] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    does: Callable[..., object] = lambda _: None
    machine: str = "x86_64"
    release: str = "6.1.0-56-amd64"

    def put(self, host):
        for path, text in self.files.items():
            if text is None:
                (host.root / path.lstrip("/")).unlink(missing_ok=True)
            else:
                host.file(path, text, self.modes.get(path, 0o644))
        for command, text in self.says.items():
            host.says(command, text)
        self.does(host)


Pair = tuple[State, State]
"""A host that a rule accepts, and one that it refuses."""


def file(path: str, right: str, wrong: str | None) -> Pair:
    return State({path: right}), State({path: wrong})


def files(right: dict[str, str | None], wrong: dict[str, str | None]) -> Pair:
    return State(right), State(wrong)


def prints(command: str, right: str, wrong: str) -> Pair:
    return State(says={command: right}), State(says={command: wrong})


def package(name: str) -> Pair:
    return file("/var/lib/dpkg/status", PACKAGE.format(name), PACKAGE.format("other"))


def no_package(name: str) -> Pair:
    right, wrong = package(name)
    return wrong, right


def unit(name: str) -> Pair:
    running = {"systemctl list-units": f"{name} loaded active running It\n"}
    right = State({f"{UNIT_FOLDER}/{name}": "", f"{WANTS}/{name}": ""}, running)
    return right, State({f"{WANTS}/{name}": None}, running)


def rights(rule) -> Pair:
    """Of a file: as much as the rule lets its owner, its group and others, and more."""
    path = rule.probe["file"].replace("*", "one").replace("[!.]", "x")
    group = rule.expected.get("group", "root")
    group = group if isinstance(group, str) else "administrateurs"
    there = {path: "", **OWNED, "/etc/group": f"{group}:x:{os.getgid()}:\n"}
    most = int(rule.expected["mode"]["mode_at_most"], 8)
    more = 0o4755 if most == 0o755 else most | 0o002  # of programs: special rights
    if path.endswith((".d", "/boot", "tables", "selinux")):
        there[f"{path}/one"] = there.pop(path)
    return tuple(State(there, does=lambda host, mode=mode: (host.root / path[1:]).chmod(mode)) for mode in (most, more))
