"""``joliba harden`` and ``rollback`` as a person has them; the hosts' side is of tests/hosts."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from run_records import make_record

from infra.cli import host_progress
from infra.cli.host_progress import HostProgress
from infra.cli.main import main
from infra.hosts import collecting, known_hosts, running, runs
from infra.hosts.boot_password import boot_password_file
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
    """``joliba(*arguments, expect, says)``: what it prints; what a person types at its question, None: nobody."""

    def command(*arguments, expect, says=None):
        typed = io.StringIO(f"{says or ''}\n")
        monkeypatch.setattr(typed, "isatty", lambda: says is not None)
        monkeypatch.setattr("sys.stdin", typed)
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


def test_a_level_that_is_not_the_hosts_own_is_part_of_what_was_asked(joliba, ordered):
    joliba("audit", "--level", "minimal", expect=FAILS)
    joliba("audit", expect=FAILS)

    assert [order.level for order in ordered] == ["minimal", ""]


@BOTH
def test_what_will_be_done_is_shown_before_anybody_is_asked(joliba, ordered, kind, code):
    told = joliba(kind, "ml-bko", says="no", expect=0)
    assert [order.check for order in ordered] == [True]
    assert told.index("what it is about") < told.index("nothing was done")

    joliba(kind, "ml-bko", says="yes", expect=code)
    assert [order.check for order in ordered] == [True, True, False]


@BOTH
def test_where_nobody_can_be_asked_nothing_is_done_without_yes(joliba, ordered, kind, code):
    assert "say --yes, or --check" in joliba(kind, "ml-bko", expect=2)
    assert ordered == []

    joliba(kind, "ml-bko", "--yes", expect=code)
    assert [order.check for order in ordered] == [False]


@pytest.mark.parametrize(
    ("lang", "texts"),
    [
        ("en", ("Harden 1 host? [y/N]: ", "nothing was done")),
        ("fr", ("Durcir 1 hôte ? [o/N]\N{NO-BREAK SPACE}: ", "rien n'a été fait")),
    ],
)
def test_a_person_may_say_yes_in_either_language(joliba, ordered, monkeypatch, lang, texts):
    monkeypatch.setenv("JOLIBA_LANG", lang)
    asked, refused = texts

    for says in ("n", "non", "", "?"):
        told = joliba("harden", "ml-bko", says=says, expect=0)
        assert told.index(asked) < told.index(refused)
    assert all(order.check for order in ordered)
    for says in ("y", "yes", "o", "Oui "):
        assert refused not in joliba("harden", "ml-bko", says=says, expect=FAILS)
        assert not ordered[-1].check


SAID = {
    "en": (
        ["host", "level", "passes", "fails", "not applicable", "deviation", "unmeasured", "changed", "problem"],
        "intermediary",
        "nothing was asked of it",
        "Not assessed: not started  its request is gone, and its stack is not",
        "ml-bko: the password of its hosts' boot menus lies in ",
        f"record: {RECORD.run}",
    ),
    "fr": (
        ["hôte", "niveau", "conforme", "non conforme", "sans objet", "dérogation", "non mesuré", "modifié", "problème"],
        "intermédiaire",
        "rien n'en a été exigé",
        "Non évalué\N{NO-BREAK SPACE}: non commencé  sa demande a disparu, et sa pile non",
        "ml-bko : le mot de passe du menu de démarrage de ses hôtes est dans ",
        f"relevé\N{NO-BREAK SPACE}: {RECORD.run}",
    ),
}


@pytest.mark.parametrize("lang", SAID)
def test_a_run_is_told_in_the_users_language_and_to_machines_in_one(joliba, ordered, monkeypatch, lang):
    (host,) = RECORD.hosts
    gone = "its request is gone, and its stack is not"
    unasked = replace(host, name="b", verdicts=())
    left = replace(host, name="c", assessment=Assessment.NOT_STARTED, problem=gone, verdicts=())
    hosts = (host, unasked, left)
    monkeypatch.setattr(running, "run", lambda *asked: replace(RECORD, hosts=hosts, notes=tuple(asked[3])))
    monkeypatch.setenv("JOLIBA_LANG", lang)
    columns, *said = SAID[lang]

    told = joliba("harden", "ml-bko", "--yes", expect=3)

    assert " ".join(told.splitlines()[0].split()) == " ".join(columns)
    assert [each for each in said if each not in told] == []
    assert str(boot_password_file("ml-bko")) in told

    for_machines = json.loads(joliba("harden", "ml-bko", "--yes", "--json", expect=3))
    assert [(each["assessment"], each["problem"]) for each in for_machines["hosts"]][1:] == [
        ("assessed", ""), ("not-started", gone),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "audit: 1 of 3 hosts, 1 at work · b: Look"), ("fr", "audit : 1 sur 3 hôtes, 1 en cours")]
)
def test_what_is_being_done_is_told_in_the_users_language(monkeypatch, capsys, lang, told):
    monkeypatch.setenv("JOLIBA_LANG", lang)
    monkeypatch.setattr(host_progress, "_HEARTBEAT", 0.0)

    with HostProgress("audit", 3) as progress:
        progress.watch("a", None)
        progress.watch("b", "Look")

    assert told in capsys.readouterr().out


def test_a_host_that_waits_for_others_is_neither_done_nor_at_work(monkeypatch, capsys):
    monkeypatch.setenv("JOLIBA_LANG", "en")
    monkeypatch.setattr(host_progress, "_HEARTBEAT", 0.0)

    with HostProgress("harden", 3) as progress:
        for host, doing in (("a", "Look"), ("a", None), ("b", "Look"), ("b", ""), ("a", "Put back"), ("a", None)):
            progress.watch(host, doing)

    assert capsys.readouterr().out.splitlines() == [
        "harden: 0 of 3 hosts, 1 at work · a: Look",
        "harden: 1 of 3 hosts, 0 at work",
        "harden: 1 of 3 hosts, 1 at work · b: Look",
        "harden: 0 of 3 hosts, 1 at work · a: Put back",
        "harden: 1 of 3 hosts, 0 at work",
    ]


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


UNKNOWN = {
    "en": ("not started  its host key is not known yet", f"{HOST.name}: its host key is not known yet"),
    "fr": (
        "non commencé  sa clé d'hôte n'est pas encore connue",
        f"{HOST.name}\N{NO-BREAK SPACE}: sa clé d'hôte n'est pas encore connue",
    ),
}


@pytest.mark.parametrize("lang", UNKNOWN)
def test_no_connection_is_made_to_a_host_whose_key_is_not_known(joliba, monkeypatch, ordered, lang):
    (host,) = RECORD.hosts
    other = SimpleNamespace(name="ml-bko.sante.web-2", site="ml-bko", cloud="elsewhere")
    connected = []

    def run(_order, hosts, _watch, _notes, left_out):
        connected.extend(each.name for each in hosts)
        left = [replace(host, name=each.name, assessment=Assessment.NOT_STARTED, problem=why, verdicts=())
                for each, why in left_out]  # fmt: skip
        return replace(RECORD, hosts=(host, *left))

    monkeypatch.setattr(collecting, "collect", lambda *_, **__: collecting.Collected((HOST, other)))
    monkeypatch.setattr(known_hosts, "learn", lambda *_: {HOST.name: "its host key is not known yet"})
    monkeypatch.setattr(running, "run", run)
    monkeypatch.setenv("JOLIBA_LANG", lang)
    in_a_table, alone = UNKNOWN[lang]

    assert in_a_table in joliba("audit", "ml-bko", expect=3)
    assert connected == [other.name]

    monkeypatch.setattr(collecting, "collect", lambda *_, **__: collecting.Collected((HOST,)))
    assert alone in joliba("audit", "ml-bko", expect=2)
    assert connected == [other.name]
    assert ordered == []


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


def test_only_a_run_of_this_installation_is_rolled_back_no_file(joliba, ordered, monkeypatch, tmp_path):
    """What a file calls its run would end as a variable of Ansible's, which it takes for a template."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / f"{kept_run({'name': HOST.name})}.json"
    file.write_bytes((runs.runs_folder() / file.stem / runs.RECORD).read_bytes())
    monkeypatch.setattr(collecting, "collect", lambda _, names, **__: named.extend(names) or collecting.Collected(()))
    named = []

    joliba("rollback", file.name, "--yes", expect=2)

    assert (named, ordered) == ([file.name], [])


def test_the_bastions_of_hosts_are_asked_for_their_keys_too(joliba, ordered, monkeypatch):
    bastion = SimpleNamespace(name="ml-bko.foundation.bastion", site="ml-bko", cloud="elsewhere")
    asked = []
    monkeypatch.setattr(collecting, "collect", lambda *_, **__: collecting.Collected((HOST,), bastions=(bastion,)))
    monkeypatch.setattr(known_hosts, "learn", lambda hosts, _: asked.extend(host.name for host in hosts) or {})

    joliba("audit", "ml-bko.sante", expect=FAILS)

    assert asked == [HOST.name, bastion.name]
    assert len(ordered) == 1


def test_a_mistyped_run_is_told_with_those_that_there_are(joliba, ordered):
    run = kept_run({"name": HOST.name})

    assert run in joliba("rollback", "20261124T080000Z-harden-9999", "--yes", expect=2)
    assert ordered == []
