"""Kernel modules that a rollback takes away."""

import subprocess

import pytest
from ansible.module_utils.joliba.restore import kernel

LOADED = {"nf_tables": 3, "nf_conntrack": 1, "nft_ct": 0, "nf_defrag_ipv4": 1, "nfnetlink": 0, "xfs": 0}


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A kernel whose rules are gone: nft_ct is idle, and holds nf_conntrack, which holds nf_defrag_ipv4."""
    users = dict(LOADED)
    holds = {"nft_ct": "nf_conntrack", "nf_conntrack": "nf_defrag_ipv4"}
    table = tmp_path / "modules"

    def write(of=users):
        table.write_text("".join(f"{name} 4096 {used} - Live 0x0\n" for name, used in of.items()))

    def rmmod(*command):
        assert users[command[-1]] == 0
        users.pop(command[-1])
        if held := holds.get(command[-1]):
            users[held] -= 1
        write()
        return subprocess.CompletedProcess(command, 0)

    write()
    monkeypatch.setattr(kernel, "MODULES", str(table))
    monkeypatch.setattr(kernel, "run", rmmod)
    return write


def test_what_only_the_new_rules_had_loaded_is_unloaded_with_what_it_held(modules, monkeypatch):
    monkeypatch.setattr(kernel, "read_only", lambda: False)

    assert kernel.unload_netfilter({"netfilter": ["nfnetlink"]}) == ["nft_ct", "nf_conntrack", "nf_defrag_ipv4"]
    assert kernel.unload_netfilter({}) == []


def test_a_kernel_that_is_its_hosts_keeps_its_modules(modules, monkeypatch):
    monkeypatch.setattr(kernel, "read_only", lambda: True)

    assert kernel.unload_netfilter({"netfilter": []}) == []


def test_a_kernel_that_cannot_unload_modules_keeps_them(modules, monkeypatch):
    monkeypatch.setattr(kernel, "read_only", lambda: False)
    modules(dict.fromkeys(LOADED, "-"))

    assert kernel.unload_netfilter({"netfilter": []}) == []
    assert kernel.capture([], [], ["xfs", "nf-tables", "zram"])["modules"] == ["xfs", "nf-tables"]
