"""Tables of nftables that are put back, ours and other programs', in network namespaces of their own."""

import ctypes
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from ansible.module_utils.joliba.restore import firewall, revert, units
from restore_points import create

OURS = "add table inet joliba; add chain inet joliba input { type filter hook input priority 0; policy drop; }"
THEIRS = "add table ip docker; add chain ip docker nat; add rule ip docker nat tcp dport 80 accept"


@pytest.fixture
def alone():
    """``alone(function, ...)`` calls it where the kernel has no tables but its own."""
    if os.geteuid() or not shutil.which("nft"):
        pytest.skip("needs root and nft (package nftables) for a network namespace")
    with ThreadPoolExecutor(1) as thread:  # unshare moves only the thread that calls it
        if thread.submit(ctypes.CDLL(None, use_errno=True).unshare, 0x40000000).result():
            pytest.skip("no network namespace can be had here")
        yield lambda *call, **named: thread.submit(*call, **named).result()


@pytest.fixture
def nft(alone):
    return lambda text: alone(subprocess.run, ["nft", text], check=True)


@pytest.fixture
def put_back(alone):
    """``put_back(saved)``: what it says of problems, by table."""

    def call(saved):
        problems = {}
        alone(firewall.put_back, saved, problems.__setitem__)
        return problems

    return call


@pytest.mark.parametrize(
    "line",
    [
        'tcp dport 22 xt match "recent" counter',
        "tcp dport 22 xt match recent counter",
        'oifname != "docker0" counter xt target "MASQUERADE"',
        "what no nft reads",
    ],
)
def test_a_table_that_cannot_be_put_back_keeps_no_other_as_it_is(alone, nft, put_back, line):
    nft(THEIRS)
    saved = {**alone(firewall.capture), "ip nat": f"table ip nat {{\n\tchain nat {{\n\t\t{line}\n\t}}\n}}\n"}
    nft(f"flush ruleset; {OURS}; add table ip theirs")

    problems = put_back(saved)

    assert list(problems) == ["table ip nat"]
    assert ("restart the program" in problems["table ip nat"]) == ("xt " in line)
    assert alone(firewall.differences, saved) == ["ip nat"]


def test_an_expression_of_iptables_that_nft_leaves_out_is_told(alone, nft, put_back, monkeypatch):
    nft(THEIRS)
    complaint, run = "# Warning: do not touch!\nXT match recent not found\n", firewall.run

    def listed(*command, **named):
        done = run(*command, **named)
        return subprocess.CompletedProcess(command, done.returncode, done.stdout, done.stderr + complaint)

    with monkeypatch.context() as without:
        without.setattr(firewall, "run", listed)
        saved = alone(firewall.capture)
    nft("flush ruleset")

    assert list(put_back(saved)) == ["table ip docker"]
    assert alone(firewall.capture) == {}


def test_a_comment_is_no_expression_of_iptables(alone, nft, put_back):
    nft(f'{THEIRS} comment "ext xt"')
    saved = alone(firewall.capture)
    nft("delete table ip docker")

    assert put_back(saved) == {}
    assert alone(firewall.capture) == saved


def test_our_table_goes_first_and_comes_back(alone, nft, put_back, monkeypatch):
    nft(f"{OURS}; {THEIRS}")
    saved, fed, run = alone(firewall.capture), [], firewall.run
    nft("flush ruleset; add table inet joliba; add table arp a")
    monkeypatch.setattr(firewall, "run", lambda *command, **named: fed.extend(named.values()) or run(*command, **named))

    assert put_back(saved) == {}
    assert alone(firewall.capture) == saved
    assert fed[0].startswith("delete table inet joliba\n")


def test_of_tables_that_were_there_before_nft_could_tell_only_ours_is_deleted(alone, nft, put_back, monkeypatch):
    nft(THEIRS)
    with monkeypatch.context() as without:
        without.setattr(firewall, "found", lambda _: False)
        saved = firewall.capture()
    nft(f"{OURS}; add table ip new")
    assert alone(firewall.differences, saved) == ["inet joliba"]

    assert put_back(saved) == {}
    assert list(alone(firewall.capture)) == ["ip docker", "ip new"]
    assert alone(firewall.differences, saved) == []


def test_tables_that_came_where_there_were_none_are_deleted(alone, nft, put_back):
    saved = alone(firewall.capture)
    nft(f"{OURS}; {THEIRS}")

    assert put_back(saved) == {}
    assert alone(firewall.capture) == saved == {}


@pytest.mark.parametrize(("table", "stays"), [("inet f2b", True), (firewall.OURS, False)])
def test_a_ban_meanwhile_is_kept_and_no_difference(alone, nft, put_back, table, stays):
    nft(f"add table {table}; add set {table} banned {{ type ipv4_addr; }}; add element {table} banned {{ 192.0.2.1 }}")
    saved = alone(firewall.capture)
    nft(f"add element {table} banned {{ 192.0.2.2 }}; add table ip others")

    assert put_back(saved) == {}

    assert ("192.0.2.2" in alone(firewall.capture)[table]) == stays
    assert alone(firewall.differences, saved) == []


@pytest.fixture
def drop_in(tmp_path, monkeypatch):
    """A host that systemd runs and that has no tables; ``drop_in.known`` is what systemd says of nftables.service."""
    place = tmp_path / "nftables.service.d/90-joliba-restore.conf"
    systemd = SimpleNamespace(known="loaded", asked=[], here=place)

    def run(*command, **_):
        systemd.asked.append((command[1], place.exists()))
        return subprocess.CompletedProcess(command, 0, f"{systemd.known}\n", "")

    monkeypatch.setattr(firewall, "_DROP_IN", str(place))
    monkeypatch.setattr(firewall, "booted_with_systemd", lambda: True)
    monkeypatch.setattr(firewall, "run", run)
    monkeypatch.setattr(firewall, "capture", dict)
    return systemd


@pytest.mark.parametrize(("known", "held"), [("loaded", True), ("masked", True), ("not-found", False)])
def test_the_service_flushes_nothing_while_a_host_is_put_back(drop_in, tmp_path, monkeypatch, known, held):
    seen = []
    drop_in.known = known
    create("run", tmp_path / "store", firewall=True)

    def put_back(*_, **__):
        seen.append("\nExecStop=\n" in drop_in.here.read_text() if drop_in.here.exists() else False)
        return []

    monkeypatch.setattr(units, "put_back", put_back)
    revert.restore("run", store=str(tmp_path / "store"))

    assert seen
    assert set(seen) == {held}
    assert not drop_in.here.parent.exists()
    reloads = [("daemon-reload", True), ("daemon-reload", False)] if held else []
    assert [each for each in drop_in.asked if each[0] == "daemon-reload"] == reloads


def test_others_drop_ins_of_the_service_stay(drop_in):
    drop_in.here.parent.mkdir()
    (drop_in.here.parent / "others.conf").touch()

    firewall.hold_service({})
    firewall.release_service()

    assert [path.name for path in drop_in.here.parent.iterdir()] == ["others.conf"]
