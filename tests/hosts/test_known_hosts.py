"""Host keys are learned once, from where nobody on the network can write, and anew for a rebuilt server."""

import base64
from dataclasses import replace
from types import SimpleNamespace

import pytest

from infra.fleet.datacenter import Datacenter
from infra.hosts import known_hosts
from infra.hosts.catalogue import HostRole
from infra.hosts.inventory import Host
from infra.hosts.known_hosts import Announced, from_consoles, known_hosts_file, learn
from infra.lab.guests import console
from infra.model.classification import HardeningLevel

HOST = Host(
    name="s.t.web-1", site="s", tenant="t", ministry="M", platform="p", tier="web", role=HostRole.GUEST,
    level=HardeningLevel.MINIMAL, address="10.0.0.5", cloud="lab", server_id="server-1",
)  # fmt: skip
KEY, OTHER = "ssh-ed25519 AAAAfirst", "ssh-ed25519 AAAAother"


@pytest.fixture
def asked(home):
    names = []

    def ask(site, hosts, keys=(KEY,)):
        names.extend(host.server_id for host in hosts)
        return Announced(keys={host.name: keys for host in hosts})

    ask.names = names
    return ask


def test_a_hosts_keys_are_asked_for_once(asked):
    assert learn([HOST], asked) == {}
    assert learn([HOST], asked) == {}

    assert asked.names == ["server-1"]
    assert known_hosts_file("s").read_text() == f"10.0.0.5 {KEY} server-1\n"


def test_a_rebuilt_server_is_asked_again_and_its_old_keys_are_forgotten(asked):
    learn([HOST], asked)

    learn([replace(HOST, server_id="server-2")], lambda *_: Announced(keys={HOST.name: (OTHER,)}))

    assert known_hosts_file("s").read_text() == f"10.0.0.5 {OTHER} server-2\n"


def test_a_host_that_has_announced_nothing_stays_unknown_and_the_others_are_kept(asked):
    learn([HOST], asked)
    silent = replace(HOST, name="s.t.web-2", address="10.0.0.6", server_id="server-3")

    assert learn([HOST, silent], lambda *_: Announced(keys={})) == {"s.t.web-2": "its host key is not known yet"}
    assert KEY in known_hosts_file("s").read_text()


def test_a_host_that_boots_is_asked_again_while_there_is_patience(asked, monkeypatch):
    monkeypatch.setattr(known_hosts, "_PAUSE", 0)
    logs = iter([{}, {}, {HOST.name: (KEY,)}])

    assert learn([HOST], lambda *_: Announced(keys=next(logs)), patience=60) == {}
    assert next(logs, None) is None


def test_a_host_whose_console_is_not_to_be_trusted_is_told_and_the_others_are_learned(asked):
    forged = replace(HOST, name="s.t.web-2", address="10.0.0.6", server_id="server-3")
    announced = iter([Announced(keys={HOST.name: (KEY,)}, refused={forged.name: "two different keys"})])

    assert learn([HOST, forged], lambda *_: next(announced), patience=60) == {"s.t.web-2": "two different keys"}
    assert known_hosts_file("s").read_text() == f"10.0.0.5 {KEY} server-1\n"


@pytest.mark.parametrize(
    ("lang", "silent", "forged"),
    [
        ("en", "its host key is not known yet", "two different host keys of ssh-ed25519: none is trusted"),
        ("fr", "sa clé d'hôte n'est pas encore connue", "clés d'hôte ssh-ed25519 différentes : aucune n'est acceptée"),
    ],
)
def test_why_a_key_is_not_known_is_told_in_the_users_language(home, monkeypatch, lang, silent, forged):
    def key(body):
        whole = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", body * 32))
        return f"{console.BEGIN}\nssh-ed25519 {base64.b64encode(whole).decode()}\n{console.END}\n"

    logs = {"server-1": "", "server-2": key(b"a") + key(b"b")}
    compute = SimpleNamespace(get_server_console_output=lambda server: {"output": logs[server]})
    datacenter = SimpleNamespace(ask=lambda read: read(SimpleNamespace(compute=compute)))
    monkeypatch.setattr(Datacenter, "open", lambda _site: datacenter)
    monkeypatch.setenv("JOLIBA_LANG", lang)
    other = replace(HOST, name="s.t.web-2", address="10.0.0.6", server_id="server-2")

    told = learn([HOST, other], from_consoles)

    assert told[HOST.name] == silent
    assert told[other.name].endswith(forged)


def test_the_sites_own_file_needs_no_cloud(asked):
    own = replace(HOST, server_id=None, port=2222, host_keys=(OTHER,))

    assert learn([own], asked) == {}

    assert asked.names == []
    assert known_hosts_file("s").read_text() == f"[10.0.0.5]:2222 {OTHER} file\n"
