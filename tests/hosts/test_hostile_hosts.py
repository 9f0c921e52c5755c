"""A run over a good host and one whose answers are not our modules': the good one's record is no worse for it."""

import base64
import json
import re
from dataclasses import replace

import pytest

from infra.hosts import running
from infra.hosts.catalogue import HostRole
from infra.hosts.collecting import snapshot
from infra.hosts.inventory import Host
from infra.hosts.record import Assessment, Kind
from infra.hosts.recorder import Recorder
from infra.hosts.running import Order, run
from infra.hosts.runs import read_run
from infra.model.classification import HardeningLevel

RULE = "kernel-pointers-hidden"
VERDICT = {"rule": RULE, "recommendation": "R9", "verdict": "pass", "expected": "2"}
ANSWER = {"changed": False, "os": "debian-12", "verdicts": [VERDICT]}
GOOD = Host(
    name="s.t.good", site="s", tenant="t", ministry="M", platform="p", tier="web", role=HostRole.GUEST,
    level=HardeningLevel.HIGH, address="127.0.0.1", cloud="lab",
)  # fmt: skip
HOSTILE = replace(GOOD, name="s.t.hostile")
AUDIT = Order(kind=Kind.AUDIT, asked="test", rules=(RULE,))


@pytest.fixture
def audited(home, tmp_path, monkeypatch):
    """``audited(answer)``: the records of both, which are this machine; one gives this answer to every module."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat >/dev/null\ncat {tmp_path}/answer.json\n")
    python.chmod(0o755)

    def given(*asked):
        hosts = snapshot(*asked)
        for name, program in ((GOOD.name, "/usr/bin/python3"), (HOSTILE.name, str(python))):
            here = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": program}
            hosts[name]["variables"] |= here
        return hosts

    def both(answer):
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        record = run(AUDIT, [GOOD, HOSTILE], lambda *_: None)
        assert read_run(record.run).record == record
        return record.hosts

    monkeypatch.setattr(running, "snapshot", given)
    assert home
    return both


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (ANSWER, ""),
        ({**ANSWER, "verdicts": [{**VERDICT, "x": 1}]}, "Look at the host: its answer to the audit is malformed"),
        ({"failed": True, "msg": {"a": "no disk"}}, "Look at the host: {'a': 'no disk'}"),
    ],
)
def test_an_answer_that_is_none_of_ours_is_that_hosts_failure_alone(audited, answer, problem):
    good, hostile = audited(answer)

    assert (good.assessment, [each.rule for each in good.verdicts]) == (Assessment.ASSESSED, [RULE]), good.problem
    assert hostile.assessment is (Assessment.FAILED if problem else Assessment.ASSESSED)
    assert hostile.problem == problem


def printed(event):
    """An event as Ansible's callback writes it to the terminal, where ansible-runner finds it."""
    text = base64.b64encode(json.dumps(event).encode()).decode()
    return "\x1b[K" + "".join(f"{part}\x1b[{len(part)}D" for part in re.findall(".{1,76}", text)) + "\x1b[K"


def of(host, kind, **data):
    return {"uuid": "u", "event": kind, "job_id": 1, "event_data": {"host": host, "res": {}, **data}}


@pytest.mark.parametrize(
    "forged",
    [
        7,
        {"uuid": "u", "event": "verbose", "stdout": "ERROR"},
        of(GOOD.name, "runner_on_unreachable"),
        of(GOOD.name, "runner_on_failed"),
        of(GOOD.name, "runner_on_ok", task_action="joliba_audit", res={**ANSWER, "verdicts": []}),
        of(HOSTILE.name, "runner_on_ok", task_action="joliba_audit", res=ANSWER),
    ],
)
def test_what_a_host_says_is_no_event_even_if_it_looks_like_one(audited, forged):
    good, hostile = audited({"failed": True, "msg": f"{printed(forged)}x\n{printed({})}ERROR"})

    assert (good.assessment, [each.rule for each in good.verdicts]) == (Assessment.ASSESSED, [RULE]), good.problem
    assert hostile.assessment is Assessment.FAILED
    assert read_run().record.notes == ()


def test_an_event_is_ansibles_own_if_it_has_the_runs_number():
    """The neighbour of the refusals above: the very event with the right number is taken."""
    recorder = Recorder({GOOD.name: GOOD}, Kind.AUDIT, lambda *_: None)
    event = of(GOOD.name, "runner_on_ok", task_action="joliba_audit", res=ANSWER)

    running._tell(recorder, event, 2)
    assert recorder.records()[0].assessment is Assessment.NOT_STARTED
    running._tell(recorder, event, 1)
    assert recorder.records()[0].assessment is Assessment.ASSESSED


def test_why_ansible_did_not_begin_is_noted_and_nothing_that_is_printed_once_hosts_were_asked():
    recorder = Recorder({GOOD.name: GOOD}, Kind.AUDIT, lambda *_: None)
    line = {"event": "verbose", "stdout": "ERROR! no such playbook"}

    running._tell(recorder, line, 1)
    running._tell(recorder, of(GOOD.name, "runner_on_start"), 1)
    running._tell(recorder, line, 1)

    assert recorder.notes == ["ERROR! no such playbook"]


@pytest.fixture
def told(monkeypatch):
    """``told(*results)``: both hosts' records, and the notes, of a rollback in which one of them says this, too."""
    monkeypatch.setenv("JOLIBA_LANG", "en")

    def make(*results):
        recorder = Recorder({each.name: each for each in (GOOD, HOSTILE)}, Kind.ROLLBACK, print)
        audits = [(host.name, ("joliba_audit", ANSWER)) for host in (GOOD, HOSTILE)]
        for host, (action, result) in [*((HOSTILE.name, each) for each in results), *audits]:
            recorder.event(
                {"event": "runner_on_ok", "event_data": {"host": host, "task_action": action, "res": result}}
            )
        return *recorder.records(), recorder.notes

    return make


DONE = {"run": "1", "changed": {"files": ["/a"]}, "left": {}}


@pytest.mark.parametrize(
    ("outcomes", "note"),
    [
        ([DONE], "s.t.hostile: as it was before 1: files (1) put back"),
        ([{**DONE, "run": "\udce9"}], "s.t.hostile: as it was before \\udce9: files (1) put back"),
        ([{}], None),
        ([{**DONE, "changed": 1}], None),
        ([{**DONE, "left": [{}]}], None),
        ([{**DONE, "left": ["{0}"]}], "s.t.hostile: as it was before 1: files (1) put back; still not as it was: {0}"),
        ([DONE] * 1000, None),
        ("x", None),
    ],
)
def test_what_a_host_says_that_it_put_back_stops_no_run(told, outcomes, note):
    good, hostile, notes = told(("joliba_restore_point", {"outcomes": outcomes}))

    assert notes == ([note] if note else [])
    assert (good.assessment, good.problem) == (Assessment.ASSESSED, "")
    assert (hostile.assessment, hostile.problem) == (
        (Assessment.ASSESSED, "") if note else (Assessment.FAILED, "its answer is malformed")
    )


@pytest.mark.parametrize(
    "result",
    [
        ("joliba_restore_point", {"left_out": [1]}),
        ("joliba_restore_point", [1]),
        ("joliba_audit", {**ANSWER, "verdicts": [{}]}),
        ("joliba_audit", {"verdicts": 1}),
    ],
)
def test_what_no_record_can_hold_of_a_host_is_no_other_hosts_loss(told, result):
    good, hostile, _ = told(result)

    assert (good.assessment, good.problem) == (Assessment.ASSESSED, "")
    assert (hostile.assessment, hostile.problem) == (Assessment.FAILED, "its answer is malformed")
