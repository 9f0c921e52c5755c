"""``joliba harden`` and ``rollback`` as a person has them; the hosts' side is of tests/hosts."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from run_records import make_record

from infra.cli.main import main
from infra.hosts import collecting, known_hosts, running, runs
from infra.hosts.record import Assessment, Kind, Verdict
from infra.model.classification import HardeningLevel

RECORD = make_record(1, 1)
HOST = SimpleNamespace(name="ml-bko.sante.web-1", site="ml-bko", cloud="elsewhere")


@pytest.fixture
def ordered(monkeypatch):
    """The orders that were carried out, on one host which only notes them."""
    orders = []

    def run(order, _hosts, _watch, _notes, _left_out):
        orders.append(order)
        return replace(RECORD, kind=order.kind, check=order.check, notes=("what it is about",))

    monkeypatch.setattr(collecting, "collect", lambda *_, **__: collecting.Collected((HOST,)))
    monkeypatch.setattr(known_hosts, "learn", lambda *_: {})
    monkeypatch.setattr(running, "run", run)
    return orders


@pytest.fixture
def joliba(monkeypatch, capsys, root):
    """``joliba(*arguments, expect, says)``: what it prints; what a person ``says`` at its question, None: nobody."""

    def command(*arguments, expect, says=None):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: says is not None))
        monkeypatch.setattr("typer.confirm", lambda _question: says)
        monkeypatch.setattr("sys.argv", ["joliba", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        assert ended.value.code == expect, written.out + written.err
        return written.out + written.err

    return command


FAILS = int(any(each.verdict in (Verdict.FAIL, Verdict.UNMEASURED) for each in RECORD.hosts[0].verdicts))
BOTH = pytest.mark.parametrize(("kind", "code"), [("harden", FAILS), ("rollback", 0)])


@BOTH
def test_a_dry_run_asks_nobody_and_is_the_only_one(joliba, ordered, kind, code):
    joliba(kind, "ml-bko", "--check", expect=code)

    assert [(order.kind, order.check) for order in ordered] == [(kind, True)]


@BOTH
def test_what_will_be_done_is_shown_before_anybody_is_asked(joliba, ordered, kind, code):
    told = joliba(kind, "ml-bko", says=False, expect=0)
    assert [order.check for order in ordered] == [True]
    assert told.index("what it is about") < told.index("nothing was done")

    joliba(kind, "ml-bko", says=True, expect=code)
    assert [order.check for order in ordered] == [True, True, False]


@BOTH
def test_where_nobody_can_be_asked_nothing_is_done_without_yes(joliba, ordered, kind, code):
    assert "say --yes, or --check" in joliba(kind, "ml-bko", expect=2)
    assert ordered == []

    joliba(kind, "ml-bko", "--yes", expect=code)
    assert [order.check for order in ordered] == [False]


@pytest.mark.parametrize(("lang", "told"), [("en", "are asked nothing of it"), ("fr", "rien n'en est exigé")])
def test_a_run_in_which_nothing_would_be_asked_is_refused(joliba, ordered, monkeypatch, lang, told):
    low = SimpleNamespace(**vars(HOST), level=HardeningLevel.MINIMAL)
    monkeypatch.setattr(collecting, "collect", lambda *_, **__: collecting.Collected((low,)))
    monkeypatch.setenv("JOLIBA_LANG", lang)

    assert told in joliba("audit", "--rules", "R9", expect=2)
    joliba("audit", "--rules", "R2", expect=2)
    assert ordered == []

    low.level = HardeningLevel.INTERMEDIARY
    joliba("audit", "--rules", "R9", expect=FAILS)
    assert [order.rules for order in ordered] == [("R9",)]


def test_a_host_that_nothing_was_asked_of_is_told_at_the_terminal(joliba, ordered, monkeypatch):
    told = "nothing was asked of it"
    assert told not in joliba("audit", "ml-bko", expect=FAILS)

    record = replace(RECORD, hosts=(replace(RECORD.hosts[0], verdicts=()),))
    monkeypatch.setattr(running, "run", lambda *_: record)

    assert told in joliba("audit", "ml-bko", expect=0)


def test_a_host_that_could_not_be_put_back_is_a_failure(joliba, monkeypatch, ordered):
    (host,) = RECORD.hosts
    dark = replace(RECORD, hosts=(replace(host, assessment=Assessment.UNREACHABLE, verdicts=()),))
    monkeypatch.setattr(running, "run", lambda *_: dark)

    joliba("rollback", "ml-bko", "--yes", expect=3)


@pytest.mark.usefixtures("ordered")
@pytest.mark.parametrize(("hosts", "code"), [((HOST,), 3), ((), 2)], ids=["one of two", "all"])
def test_hosts_that_are_left_out_are_told_and_a_failure(joliba, monkeypatch, hosts, code):
    (host,) = RECORD.hosts

    def run(*asked):
        left = [replace(host, assessment=Assessment.NOT_STARTED, problem=reason) for _, reason in asked[-1]]
        return replace(RECORD, hosts=tuple(left))

    found = collecting.Collected(hosts, ((HOST, "its request is gone"),))
    monkeypatch.setattr(collecting, "collect", lambda *_, **__: found)
    monkeypatch.setattr(running, "run", run)

    assert "its request is gone" in joliba("audit", "ml-bko", expect=code)


def kept_run(*hosts):
    """A run that is kept, of hosts like the record's one."""
    (host,) = RECORD.hosts
    record = replace(RECORD, kind=Kind.HARDEN, hosts=tuple(replace(host, **each) for each in hosts))
    folder = runs.runs_folder() / record.run
    folder.mkdir(parents=True)
    runs.keep(record, folder)
    return record.run


def test_a_run_is_rolled_back_on_the_hosts_that_it_began_on_and_that_are_still_there(joliba, monkeypatch, ordered):
    others = {"assessment": Assessment.NOT_STARTED, "verdicts": ()}
    run = kept_run({"name": HOST.name}, {"name": "ml-bko.sante.web-2"}, {"name": "ml-bko.sante.web-3", **others})
    web3 = SimpleNamespace(name="ml-bko.sante.web-3", site="ml-bko", cloud="elsewhere")
    notes = []

    def carried_out(order, hosts, _watch, told, _left_out):
        ordered.append(order)
        notes.append((tuple(hosts), told))
        return replace(RECORD, kind=order.kind)

    monkeypatch.setattr(collecting, "collect", lambda *_, **__: collecting.Collected((HOST, web3)))
    monkeypatch.setattr(running, "run", carried_out)

    joliba("rollback", run, "--yes", expect=0)

    assert notes == [((HOST,), ["ml-bko.sante.web-2: it is no longer there"])]
    assert [(order.asked, order.variables) for order in ordered] == [(run, {"joliba_run": run})]


def test_a_mistyped_run_is_told_with_those_that_there_are(joliba, ordered):
    run = kept_run({"name": HOST.name})

    assert run in joliba("rollback", "20261124T080000Z-harden-9999", "--yes", expect=2)
    assert ordered == []
