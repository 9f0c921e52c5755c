"""The modules' parts as Ansible bundles them: ``ansible.module_utils.joliba``."""

import os

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
