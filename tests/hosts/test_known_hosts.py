"""Host keys are learned once, from where nobody on the network can write, and anew for a rebuilt server."""

import base64
import contextlib
import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
from keystoneauth1.exceptions import ConnectFailure, EndpointNotFound, Unauthorized
from openstack.exceptions import HttpException, raise_from_response

from infra.fleet.datacenter import Datacenter
from infra.hosts import known_hosts
from infra.hosts.catalogue import HostRole
from infra.hosts.inventory import Host
from infra.hosts.known_hosts import Announced, from_consoles, known_hosts_file, learn
from infra.hosts.report.wording import problem_word
from infra.lab.guests import console
from infra.model.classification import HardeningLevel

HOST = Host(
    name="s.t.web-1", site="s", tenant="t", ministry="M", platform="p", tier="web", role=HostRole.GUEST,
    level=HardeningLevel.MINIMAL, address="10.0.0.5", cloud="lab", server_id="server-1",
)  # fmt: skip
OTHERS = replace(HOST, name="s.t.db-1", address="10.0.0.6", server_id="server-9")
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


@pytest.mark.parametrize(
    ("announced", "why"),
    [
        (Announced(keys={}), "its host key is not known yet"),
        (Announced(keys={}, refused={HOST.name: "two different keys"}), "two different keys"),
    ],
    ids=["silent", "forged"],
)
def test_a_rebuilt_servers_old_keys_open_nothing_while_the_new_ones_are_not_known(asked, announced, why):
    learn([HOST, OTHERS], asked)

    assert learn([replace(HOST, server_id="server-2"), OTHERS], lambda *_: announced) == {HOST.name: why}
    assert known_hosts_file("s").read_text() == f"10.0.0.6 {KEY} server-9\n"


def test_what_another_run_learns_while_this_one_asks_is_kept(asked):
    learn([HOST], asked)
    rebuilt = replace(HOST, server_id="server-2")

    def ask(*_):
        learn([rebuilt], lambda *_: Announced(keys={HOST.name: (OTHER,)}))
        return Announced(keys={OTHERS.name: (KEY,)})

    assert learn([OTHERS], ask) == {}
    assert known_hosts_file("s").read_text() == f"10.0.0.5 {OTHER} server-2\n10.0.0.6 {KEY} server-9\n"


def test_runs_that_learn_at_once_lose_no_key_of_each_other(home):
    hosts = [replace(HOST, name=f"s.t.web-{number}", address=f"10.0.0.{number}") for number in range(40)]
    together = threading.Barrier(len(hosts))

    def learned(host):
        def ask(*_):
            together.wait()
            return Announced(keys={host.name: (KEY,)})

        return learn([host], ask)

    with ThreadPoolExecutor(len(hosts)) as pool:
        assert [*pool.map(learned, hosts)] == [{}] * len(hosts)
    assert len(known_hosts_file("s").read_text().splitlines()) == len(hosts)
    assert home


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


@pytest.mark.parametrize("last", [{"keys": {HOST.name: (KEY,)}}, {"keys": {}}], ids=["announced", "silent"])
def test_a_console_that_cannot_be_read_for_a_while_is_looked_at_again(asked, monkeypatch, last):
    monkeypatch.setattr(known_hosts, "_PAUSE", 0)
    looks = itertools.chain([Announced(keys={}, unread={HOST.name: "down"})], itertools.repeat(Announced(**last)))

    told = learn([HOST], lambda *_: next(looks), patience=0.05)

    assert told == ({} if last["keys"] else {HOST.name: "its host key is not known yet"})


def test_a_forged_console_is_not_looked_at_again(asked):
    looks = iter([Announced(keys={}, refused={HOST.name: "two different keys"})])

    assert learn([HOST], lambda *_: next(looks), patience=60) == {HOST.name: "two different keys"}


def test_a_host_whose_console_is_not_to_be_trusted_is_told_and_the_others_are_learned(asked):
    forged = replace(HOST, name="s.t.web-2", address="10.0.0.6", server_id="server-3")
    announced = iter([Announced(keys={HOST.name: (KEY,)}, refused={forged.name: "two different keys"})])

    assert learn([HOST, forged], lambda *_: next(announced), patience=60) == {"s.t.web-2": "two different keys"}
    assert known_hosts_file("s").read_text() == f"10.0.0.5 {KEY} server-1\n"


def announced(body=b"a"):
    """A console's log with such a key."""
    whole = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", body * 32))
    return f"{console.BEGIN}\nssh-ed25519 {base64.b64encode(whole).decode()}\n{console.END}\n"


@pytest.mark.parametrize(
    ("lang", "silent", "forged"),
    [
        ("en", "its host key is not known yet", "two different host keys of ssh-ed25519: none is trusted"),
        (
            "fr",
            "sa clé d'hôte n'est pas encore connue",
            "clés d'hôte ssh-ed25519 différentes\N{NO-BREAK SPACE}: aucune n'est acceptée",
        ),
    ],
)
def test_why_a_key_is_not_known_is_told_in_the_users_language(home, monkeypatch, lang, silent, forged):
    logs = {"server-1": "", "server-2": announced() + announced(b"b")}
    compute = SimpleNamespace(get_server_console_output=lambda server: {"output": logs[server]})
    datacenter = SimpleNamespace(ask=lambda read: read(SimpleNamespace(compute=compute)))
    monkeypatch.setattr(Datacenter, "open", lambda _site: datacenter)
    monkeypatch.setenv("JOLIBA_LANG", lang)
    other = replace(HOST, name="s.t.web-2", address="10.0.0.6", server_id="server-2")

    told = learn([HOST, other], from_consoles)

    assert problem_word(told[HOST.name], lang) == silent
    assert problem_word(told[other.name], lang).endswith(forged)


@pytest.fixture
def consoles(home, monkeypatch):
    """``consoles(answers)``: a cloud whose compute service gives or raises these, by server."""

    def cloud(answers):
        def output(server):
            if isinstance(answers[server], Exception):
                raise answers[server]
            return {"output": answers[server]}

        connection = SimpleNamespace(
            compute=SimpleNamespace(get_server_console_output=output), session=SimpleNamespace(close=lambda: None)
        )
        monkeypatch.setattr(Datacenter, "connect", lambda _: contextlib.nullcontext(connection))
        monkeypatch.setattr(Datacenter, "open", lambda _: Datacenter(SimpleNamespace(name="s"), None))

    return cloud


def http(code, said="Unexpected API Error"):
    """What the SDK raises for such an answer of the compute service."""
    response = requests.Response()
    response.status_code, response._content = code, json.dumps({"error": {"message": said}}).encode()
    response.headers["content-type"] = "application/json"
    response.request = requests.Request("POST", "https://compute.example/servers/x/action").prepare()
    with pytest.raises(HttpException) as told:
        raise_from_response(response)
    return told.value


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (http(404), "its host key is not known yet"),
        (http(409, "Instance not ready"), "its host key is not known yet"),
        (http(500), "its console log cannot be read: Unexpected API Error"),
        (http(504, "a\x1b[1m\n" + "z" * 1000), f"its console log cannot be read: {'z' * 300}"),
        (http(403, "Policy"), "its console log cannot be read: Policy"),
    ],
)
def test_a_server_whose_console_cannot_be_read_holds_up_no_other(consoles, answer, why):
    consoles({"server-1": announced(), "server-2": answer})
    other = replace(HOST, name="s.t.web-2", address="10.0.0.6", server_id="server-2")

    assert learn([HOST, other], from_consoles) == {other.name: why}
    assert known_hosts_file("s").read_text().startswith("10.0.0.5 ssh-ed25519 ")


@pytest.mark.parametrize(
    ("answer", "in_the_end"),
    [(http(500), None), (http(503), None), ("", None), (http(403, "no"), "its console log cannot be read: no")],
)
def test_only_what_waiting_mends_is_asked_again(consoles, monkeypatch, answer, in_the_end):
    answers = {HOST.server_id: answer}
    consoles(answers)
    monkeypatch.setattr(time, "sleep", lambda _: answers.update({HOST.server_id: announced()}))

    assert learn([HOST], from_consoles, patience=60) == ({HOST.name: in_the_end} if in_the_end else {})


@pytest.mark.parametrize("answer", [http(401), EndpointNotFound(), ConnectFailure(), Unauthorized()])
def test_a_cloud_that_does_not_answer_at_all_is_told_of_the_hosts_that_need_it(consoles, answer):
    consoles({"server-1": answer})
    elsewhere = replace(HOST, name="t.t.own", site="t", server_id=None, host_keys=(OTHER,))

    unknown = learn([HOST, elsewhere], from_consoles, patience=600)

    assert list(unknown) == [HOST.name]
    assert unknown[HOST.name].startswith("its console log cannot be read: the cloud of s")


def test_the_sites_own_file_needs_no_cloud(asked):
    own = replace(HOST, server_id=None, port=2222, host_keys=(OTHER,))

    assert learn([own], asked) == {}

    assert asked.names == []
    assert known_hosts_file("s").read_text() == f"[10.0.0.5]:2222 {OTHER} file\n"


@pytest.mark.parametrize("server_id", [None, "server-1"])
def test_a_key_that_the_sites_file_no_longer_gives_opens_nothing(asked, server_id):
    own = replace(HOST, server_id=None, host_keys=(OTHER,))
    learn([own], asked)

    later = replace(own, server_id=server_id, host_keys=())

    assert learn([later], lambda *_: Announced(keys={})) == {own.name: "its host key is not known yet"}
    assert not known_hosts_file("s").read_text()
