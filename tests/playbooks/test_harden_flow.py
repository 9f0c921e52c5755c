"""What harden.yml does in which order: the real playbook, over parts that only write down what they are asked."""

import json
import shutil
from pathlib import Path

import pytest
from playing import LOCAL, PLAYBOOKS, recorded, recording

from infra import environment
from infra.cli.host_progress import HostProgress
from infra.hosts import running
from infra.hosts.catalogue import HostRole
from infra.hosts.inventory import Host
from infra.hosts.record import Kind
from infra.model.classification import HardeningLevel

PARTS = ("joliba_audit", "joliba_preflight", "joliba_prove_access", "joliba_renew", "joliba_restore_point", "remedied")
NUMBERS = ["R9", "R38", "R79"]
BASE = "B1"
ASKED = {
    "recommendations": [{"number": number, "chapter": "all", "rules": []} for number in NUMBERS],
    "settings": {
        "R38": {"file": {"/usr/bin/sudo": {"group": "administrateurs"}}},
        "R79": {"sshd": {"AllowGroups": ["joliba-people"]}},
    },
    "touches": {},
}


@pytest.fixture
def playbooks(tmp_path):
    """The folder of the playbook and its parts."""
    shutil.copy(PLAYBOOKS / "harden.yml", tmp_path)
    shutil.copytree(PLAYBOOKS / "tasks", tmp_path / "tasks")
    (tmp_path / "roles/all/tasks").mkdir(parents=True)
    recording(tmp_path, PARTS)
    for number in (BASE, *NUMBERS):
        task = [{"name": f"{number} | Remedy", "remedied": {"number": number}}]
        (tmp_path / "roles/all/tasks" / f"{number[0]}{int(number[1:]):02}.yml").write_text(json.dumps(task))

    return tmp_path


@pytest.fixture
def harden(playbooks):
    """``harden(asked, fires_after, of)``: runs it, and gives what was asked of its parts, in order.

    ``of`` is what parts answer on single hosts.
    """

    def run(asked=ASKED, *, fires_after=99, expect=0, hosts=1, of=None, put_back=(), rings=(1, 2, "100%"), **joliba):
        host = {"lang": "fr", "facts": {"automation_user": "exploitation", "people": []}, **joliba}
        answers = {"joliba_audit": asked, "joliba_restore_point": {"outcomes": put_back}}
        seen, said = recorded(
            playbooks, "harden.yml", answers=answers, hosts=hosts, expect=expect, joliba=host, joliba_run="run",
            joliba_rings=rings, fails_after={"joliba_renew": fires_after}, of=of or {},
        )  # fmt: skip
        (playbooks / "said").write_text(said)
        return seen

    return run


def steps(asked):
    """Each part by what it was asked to do."""
    return [each.get("action") or each.get("number") or each["part"].removeprefix("joliba_") for each in asked]


def test_the_deadline_counts_from_each_recommendation(harden):
    assert steps(harden()) == [
        "audit", "prove_access", "preflight", "create", "arm", "renew", "R9", "renew", "R38", "renew", "R79", "renew",
        "prove_access", "disarm", "audit",
    ]  # fmt: skip


@pytest.mark.parametrize("renewals", [0, 1, 2, 3])
def test_nothing_is_changed_once_the_revert_has_fired(harden, renewals):
    asked = harden(fires_after=renewals, expect=2)
    done = steps(asked)

    assert asked[-1]["newest"], "it takes no other run back"
    assert [each for each in done if each in NUMBERS] == NUMBERS[:renewals]
    assert done[-2:] == ["renew", "restore"]
    assert "disarm" not in done


@pytest.mark.parametrize(
    ("put_back", "told"),
    [
        ([], ""),
        ([{"run": "run", "left": {}}], " (the host was put back)"),
        (
            [{"run": "run", "left": {}}, {"run": "run", "left": {"units": ["a"]}}],
            " (the host was put back, but not wholly)",
        ),
    ],
)
def test_a_host_is_said_to_be_put_back_only_as_far_as_it_was(harden, tmp_path, put_back, told):
    harden(fires_after=0, expect=2, put_back=put_back)

    said = f"Give the armed revert a new deadline: it fired{told}"
    assert f'"msg": "{said}"' in (tmp_path / "said").read_text()


def test_preflight_knows_what_the_run_will_ask_of_accounts(harden):
    (asked,) = [each for each in harden() if each["part"] == "joliba_preflight"]

    assert asked["sudo_group"] == "administrateurs"
    assert asked["login_groups"] == ["joliba-people"]
    assert asked["joining"] == ["exploitation"]
    assert asked["second_way"] is False


def test_preflight_asks_nothing_of_accounts_that_the_run_does_not(harden):
    (asked,) = [each for each in harden({**ASKED, "settings": {}}) if each["part"] == "joliba_preflight"]

    assert (asked["sudo_group"], asked["login_groups"]) == ("", [])


@pytest.mark.parametrize(
    ("administrator", "first", "required"), [(True, "R9", True), (False, "R9", False), (True, BASE, False)]
)
def test_a_second_way_in_is_required_where_people_have_their_accounts(harden, administrator, first, required):
    facts = {"automation_user": "exploitation", "people": [{"name": "awa", "administrator": administrator}]}
    asked = {**ASKED, "recommendations": [{"number": first, "chapter": "all", "rules": []}]}

    (told,) = [each for each in harden(asked, facts=facts) if each["part"] == "joliba_preflight"]

    assert told["second_way"] is required


FAILED, UNREACHABLE = 2, 4
"""How ansible-playbook ends where a host failed, or could not be reached."""
LOST = {"unreachable": True, "msg": "it is gone"}
WRONG = {"failed": True, "msg": "it does not work"}
TO_THE_END = ["disarm", "audit"]
NOTHING = {"joliba_audit": {**ASKED, "recommendations": []}}


@pytest.mark.parametrize(
    ("part", "begun"), [("joliba_prove_access", 3), ("remedied", 3), ("joliba_audit", 5), ("none", 5)]
)
def test_no_ring_begins_after_a_host_was_lost_and_one_that_never_answered_holds_up_nobody(harden, part, begun):
    done = harden(hosts=5, of={"host-1": {part: LOST}}, expect=0 if part == "none" else UNREACHABLE)

    assert len({each["host"] for each in done}) == begun


def test_a_host_that_failed_is_put_back_and_others_go_on_while_one_is_slow(harden):
    slow = {
        "remedied": {"waits_for": '"action": "restore"'},
        "joliba_prove_access": {"waits_for": '"action": "disarm"'},
    }

    done = harden(hosts=3, rings=["100%"], of={"host-0": slow, "host-1": {"remedied": WRONG}}, expect=FAILED)

    assert of_host(1, done)[-1] == "restore"
    assert of_host(0, done)[-2:] == of_host(2, done)[-2:] == TO_THE_END


def of_host(number, done):
    return steps(each for each in done if each["host"] == f"host-{number}")


@pytest.mark.parametrize(
    ("number", "part"),
    [(1, "joliba_prove_access"), (1, "joliba_preflight"), (1, "joliba_audit"), (3, "joliba_preflight")],
)
def test_a_failure_where_nothing_was_begun_stops_neither_ring_mates_nor_rings(harden, number, part):
    done = harden(hosts=5, of={f"host-{number}": {part: WRONG}}, expect=FAILED)

    assert not {"create", *NUMBERS} & set(of_host(number, done))
    assert all(of_host(each, done)[-2:] == TO_THE_END for each in range(5) if each != number)


@pytest.mark.parametrize(
    ("rings", "number", "part", "begun"),
    [
        (["2", "100%"], 0, "remedied", 2),
        ([1, 2, "100%"], 1, "remedied", 3),
        ([1, 2, "100%"], 1, "joliba_renew", 3),
        ([1, 2, "100%"], 3, "remedied", 5),
    ],
)
def test_after_a_failure_ring_mates_are_hardened_to_their_end_and_no_ring_begins(harden, rings, number, part, begun):
    done = harden(hosts=5, rings=rings, of={f"host-{number}": {part: WRONG}}, expect=FAILED)

    assert of_host(number, done)[-1] == "restore"
    assert "disarm" not in of_host(number, done)
    assert {each["host"] for each in done} == {f"host-{each}" for each in range(begun)}
    assert all(of_host(each, done)[-2:] == TO_THE_END for each in range(begun) if each != number)


@pytest.mark.parametrize("of_canary", [{"joliba_audit": LOST}, {"joliba_preflight": WRONG}])
def test_a_ring_of_which_no_host_came_through_begins_no_other(harden, of_canary):
    done = harden(hosts=3, of={"host-0": of_canary}, expect=UNREACHABLE if "joliba_audit" in of_canary else FAILED)

    assert {each["host"] for each in done} == {"host-0"}


def test_a_ring_that_has_nothing_to_remedy_begins_the_next(harden):
    done = harden(hosts=3, of={"host-0": NOTHING})

    assert of_host(0, done) == ["audit"]
    assert of_host(1, done)[-2:] == of_host(2, done)[-2:] == TO_THE_END


PUT_BACK = {"run": "run", "changed": {"files": ["/etc/issue"]}, "left": {}}
SEEN = {**ASKED, "verdicts": [], "os": "debian-12"}


@pytest.fixture
def told(playbooks, monkeypatch):
    """``told(rings, of)``: a run's record, and each thing that was told meanwhile: host, task, the busy, the done."""
    monkeypatch.setenv("JOLIBA_HOME", str(playbooks / "home"))
    monkeypatch.setattr(environment, "virtual_environment", lambda: Path(__file__).parents[2] / ".joliba/venv")
    monkeypatch.setattr(running, "PLAYBOOKS", playbooks)

    def run(rings, of):
        hosts = [
            Host(
                name=f"host-{number}", site="test", tenant="sante", ministry="Santé", platform="dossier", tier="web",
                role=HostRole.GUEST, level=HardeningLevel.HIGH, address="127.0.0.1", cloud="lab",
            )
            for number in range(sum(rings))
        ]  # fmt: skip
        variables = {**LOCAL, "answers": {"joliba_audit": SEEN}, "of": of}
        order = running.Order(kind=Kind.HARDEN, asked="all", rings=tuple(map(str, rings)), variables=variables)
        progress, lines = HostProgress("harden", len(hosts), quiet=True), []

        def watch(host, doing):
            progress.watch(host, doing)
            lines.append((host, doing, set(progress._busy), set(progress._done)))

        return running.run(order, hosts, watch), lines

    return run


def test_a_run_tells_who_is_at_work_and_whose_work_is_over(told):
    of = {
        "host-1": {"joliba_preflight": WRONG},
        "host-2": {"joliba_audit": {**SEEN, "recommendations": []}},
        "host-3": {"joliba_audit": LOST},
        "host-5": {"remedied": WRONG, "joliba_restore_point": {"outcomes": [PUT_BACK]}},
    }

    record, lines = told([1, 4, 2, 1], of)

    assert [(each.assessment, each.problem) for each in record.hosts] == [
        ("assessed", ""),
        ("failed", "Refuse a host where this run could lock people out: it does not work"),
        ("assessed", ""),
        ("unreachable", "it is gone"),
        ("assessed", ""),
        ("failed", "Say why: R9 | Remedy: it does not work (the host was put back)"),
        ("assessed", ""),
        ("not-started", ""),
    ]
    *_, (_, _, busy, done) = lines
    assert (busy, done) == (set(), set(names(0, 7)))
    for ring, before in (names(1, 5), names(0, 1)), (names(5, 7), names(0, 5)):
        assert all(busy <= set(ring) and done >= set(before) for host, _, busy, done in lines if host in ring)
    assert [(busy, done) for host, task, busy, done in lines if (host, task) == ("host-4", "R9 | Remedy")] == [
        ({"host-4"}, set(names(0, 4)))
    ]
    assert "Put the host back" in [task for host, task, *_ in lines if host == "host-5"]


def names(first, end):
    return [f"host-{number}" for number in range(first, end)]
