"""The modules' parts as Ansible bundles them: ``ansible.module_utils.joliba``."""

import os
import subprocess

import ansible.module_utils
import pytest

from infra.environment import CHECKOUT

ansible.module_utils.__path__.append(str(CHECKOUT / "playbooks" / "module_utils"))


@pytest.fixture
def host(tmp_path, monkeypatch):
    from host_state import HostState, forget, install  # noqa: PLC0415  after the path above

    state = HostState(tmp_path / "host")
    state.root.mkdir()
    install(state, monkeypatch)
    yield state
    forget()


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def tree(tmp_path):
    """A folder with one of each kind of thing, at a time of its own."""
    top = tmp_path / "etc"
    (top / "sudoers.d").mkdir(parents=True)
    (top / "sudoers.d" / "people").write_text("people ALL=(ALL) ALL\n")
    (top / "sudoers.d" / "people").chmod(0o440)
    (top / "issue").write_bytes(b"caf\xe9\n")
    (top / "motd").symlink_to("issue")
    (top / "nowhere").symlink_to("/no/such/place")
    os.mkfifo(top / "pipe", 0o620)
    (top / os.fsdecode(b"name \xff\n")).write_text("odd")
    (top / "empty").mkdir(mode=0o2750)
    os.setxattr(top / "issue", "user.joliba", b"kept")
    for number, path in enumerate(sorted(top.rglob("*"), reverse=True)):
        os.utime(path, ns=(10**18 + number, 10**18 + number), follow_symlinks=False)
    os.utime(top, ns=(10**18, 10**18))
    return top


@pytest.fixture
def systemd(store, monkeypatch):
    """A host whose systemd takes every timer; units lie in the test's own folder."""
    from ansible.module_utils.joliba.restore import points, revert  # noqa: PLC0415  after the path above

    units = store.parent / "units"
    units.mkdir()
    for part in (points, revert):
        monkeypatch.setattr(part, "REVERT_UNITS", (str(units / "revert.service"), str(units / "revert.timer")))
        monkeypatch.setattr(part, "REVERT_LINK", str(units / "wants" / "revert.timer"))
    monkeypatch.setattr(revert, "booted_with_systemd", lambda: True)
    monkeypatch.setattr(revert, "output", lambda *_command: "active")
    monkeypatch.setattr(revert, "run", lambda *command: subprocess.CompletedProcess(command, 0, "", ""))


@pytest.fixture
def armed(store, tree, systemd):
    """A run that is armed."""
    from ansible.module_utils.joliba.restore import revert  # noqa: PLC0415  after the path above
    from restore_points import create  # noqa: PLC0415

    create("run", store, files=[str(tree / "issue")])
    revert.arm("run", 600, store=str(store))


@pytest.fixture
def hardened(store, tree, armed):
    """A run that was proven, with a file that it changed; nothing is armed any more."""
    from ansible.module_utils.joliba.restore import revert  # noqa: PLC0415  after the path above

    (tree / "issue").write_text("hardened")
    revert.disarm("run", store=str(store))
    return tree / "issue"
