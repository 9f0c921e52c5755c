"""The modules' parts as Ansible bundles them: ``ansible.module_utils.joliba``."""

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
