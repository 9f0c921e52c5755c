"""A run over a real sshd."""

import configparser
import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import socketserver
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from playing import PLAYBOOKS, play, playbook

from infra.errors import JolibaError
from infra.hosts import inventory, running, runs
from infra.hosts.record import NOT_YET, Assessment, Kind, Verdict, decode_record, encode_record
from infra.hosts.recorder import Recorder, _put_back, _would_remedy
from infra.hosts.running import Order, run
from infra.hosts.runs import read_run, runs_folder

AUDIT = Order(kind=Kind.AUDIT, asked="test")
OF_ONE_RULE = replace(AUDIT, rules=("kernel-pointers-hidden",))
"""Quick, where all rules would have each file of this machine looked at."""
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'touch /tmp/joliba-was-here') }}"


def quiet(host, doing):
    pass


def test_a_host_is_looked_at_over_ssh_and_the_record_is_kept(sshd):
    record = run(replace(AUDIT, level="high"), [sshd.host], quiet)

    assert record.level == "high"
    (host,) = record.hosts
    assert host.assessment is Assessment.ASSESSED, host.problem
    verdicts = {each.rule: each for each in host.verdicts}
    assert verdicts["kernel-messages-restricted"].expected == "1"
    assert host.os.startswith("debian-")
    kept = runs_folder() / record.run / "record.json"
    assert decode_record(kept.read_text()) == record
    assert encode_record(record) == kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in kept.parent.iterdir()) == ["record.json", "record.json.sig"]
    assert read_run().signed


def test_a_host_with_another_key_is_not_assessed(sshd):
    kind, key = sshd.known_hosts.read_text().split()[1:]
    sshd.known_hosts.write_text(f"{sshd.host.alias} {kind} {key[:-6]}AAAAAA\n")

    (host,) = run(AUDIT, [sshd.host], quiet).hosts

    assert host.assessment is Assessment.UNREACHABLE
    assert "key" in host.problem
    assert host.verdicts == ()


def test_two_sites_may_have_a_host_at_the_same_address(sshd):
    """What is left open to the one is no way to the other, which has another key."""
    other = replace(sshd.host, name="other.sante.here", site="other")
    keys = sshd.key.parent.with_name("other")
    shutil.copytree(sshd.key.parent, keys)
    kind, key = sshd.known_hosts.read_text().split()[1:]
    sshd.known_hosts.with_name("other").write_text(f"{other.alias} {kind} {key[:-6]}AAAAAA\n")

    (first,), (second,) = (run(OF_ONE_RULE, [host], quiet).hosts for host in (sshd.host, other))

    assert first.assessment is Assessment.ASSESSED, first.problem
    assert second.assessment is Assessment.UNREACHABLE
    sshd.known_hosts.with_name("other").write_text(sshd.known_hosts.read_text())
    (second,) = run(OF_ONE_RULE, [other], quiet).hosts
    assert second.assessment is Assessment.ASSESSED, second.problem


def test_a_host_that_takes_a_task_and_never_answers_holds_the_run_up_for_a_time(sshd, tmp_path, monkeypatch):
    """Its connection is alive, so that nobody else would notice."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nsleep 60\n")
    python.chmod(0o755)
    real = running.snapshot

    def given(*asked):
        hosts = real(*asked)
        hosts[sshd.host.name]["variables"]["ansible_python_interpreter"] = str(python)
        return hosts

    settings = {**running.ansible_variables(), "ANSIBLE_TASK_TIMEOUT": "2"}
    monkeypatch.setattr(running, "snapshot", given)
    monkeypatch.setattr(running, "ansible_variables", lambda: settings)

    (host,) = run(OF_ONE_RULE, [sshd.host], quiet).hosts

    assert host.assessment is Assessment.FAILED
    assert "imed out" in host.problem, host.problem


def test_a_task_ends_before_its_own_revert_fires():
    settings = configparser.ConfigParser()
    settings.read(PLAYBOOKS / "ansible.cfg")
    (play,) = yaml.safe_load((PLAYBOOKS / "harden.yml").read_text())

    assert 0 < settings.getint("defaults", "task_timeout") < play["vars"]["joliba_deadline"]


def test_a_host_whose_connection_goes_dead_in_the_middle_is_not_assessed(sshd, monkeypatch):
    """Its packets vanish, as behind a firewall that lost its table; nobody says that the connection is over."""
    monkeypatch.setattr(inventory, "ALIVE", ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2"))
    with passing_on(sshd.host.port, until=30_000) as port:
        host = replace(sshd.host, port=port)
        sshd.known_hosts.write_text(sshd.known_hosts.read_text().replace(sshd.host.alias, host.alias))

        (told,) = run(OF_ONE_RULE, [host], quiet).hosts

    assert told.assessment is Assessment.UNREACHABLE, told.problem
    assert told.verdicts == ()


@contextlib.contextmanager
def passing_on(port, *, until):
    """A port that passes on to another what each connection says, up to so many bytes, and stays silent after them."""

    class Passing(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.create_connection(("127.0.0.1", port)) as behind:
                threading.Thread(target=self.back, args=(behind,), daemon=True).start()
                left = until
                while left > 0 and (said := self.request.recv(left)):
                    behind.sendall(said)
                    left -= len(said)
                while self.request.recv(4096):
                    pass

        def back(self, behind):
            with contextlib.suppress(OSError):
                while said := behind.recv(4096):
                    self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passing) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_what_a_request_says_is_never_a_template(sshd, tmp_path):
    mark = tmp_path / "evaluated"
    hostile = f"{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}"
    facts = {"banner": hostile, "packages": [hostile], "groups": {hostile: [hostile]}}
    host = replace(sshd.host, tenant=hostile, platform=hostile, facts=facts)

    (told,) = run(OF_ONE_RULE, [host], quiet).hosts

    assert told.assessment is Assessment.ASSESSED, told.problem
    assert not mark.exists()


def test_a_dry_run_says_what_would_be_remedied_and_a_recommendation_is_so_whole(sshd):
    host = replace(sshd.host, facts={"banner": "Accès réservé", "automation_user": sshd.host.user})
    order = replace(AUDIT, kind=Kind.HARDEN, check=True, rules=("network-banner-is-the-sites",))

    record = run(order, [host], quiet)

    assert f"{host.name}: R79 would be remedied" in record.notes
    (told,) = record.hosts
    assert told.assessment is Assessment.ASSESSED, told.problem
    assert {"network-banner-is-the-sites", "ssh-asks-for-keys"} <= {each.rule for each in told.verdicts}
    assert told.changed == ()


def test_a_rollback_without_a_run_means_the_hosts_last_one(sshd):
    last = replace(OF_ONE_RULE, kind=Kind.ROLLBACK, check=True)
    named = replace(last, variables={"joliba_run": "mistyped"})
    elsewhere = replace(last, variables={"joliba_run": "20261124T031500Z-harden-1a2b"})

    (of_last,), (of_named,) = (run(order, [sshd.host], quiet).hosts for order in (last, named))
    of_elsewhere = run(elsewhere, [sshd.host], quiet)

    assert "no restore point of run" not in of_last.problem
    assert "no restore point of run mistyped" in of_named.problem
    assert of_elsewhere.notes == ("test.sante.here: nothing to put back",)


def test_a_host_whose_work_is_over_is_never_at_work_again(sshd):
    """A rollback's last task comes after the host was looked at; a hardening skips tasks that have nothing to do."""
    elsewhere = {"joliba_run": "20261124T031500Z-harden-1a2b"}
    for kind, variables in ((Kind.ROLLBACK, elsewhere), (Kind.HARDEN, {})):
        order, told = replace(OF_ONE_RULE, kind=kind, check=True, variables=variables), []

        (host,) = run(order, [sshd.host], lambda _, doing, told=told: told.append(doing)).hosts

        assert "Look at the host" in told, host.problem
        assert set(told[told.index(None) :]) == {None}


def test_rules_limit_a_run(sshd):
    (host,) = run(OF_ONE_RULE, [sshd.host], quiet).hosts

    assert [each.rule for each in host.verdicts] == ["kernel-pointers-hidden"]
    assert host.verdicts[0].verdict in (Verdict.PASS, Verdict.FAIL)


def test_a_tag_limits_a_playbook_that_is_run_by_hand(sshd, tmp_path):
    given = inventory.variables(sshd.host, key=sshd.key, known_hosts=sshd.known_hosts, lang="en")

    told = playbook(SimpleNamespace(inventory=lambda: given), tmp_path, PLAYBOOKS / "audit.yml", "--tags", "R38", "-v")

    assert set(re.findall(r'"recommendation": "(\w+)"', told)) == {"R38"}


def test_a_renewal_that_is_refused_tells_what_the_host_says(sshd, tmp_path):
    """Over a terminal, as it gets for sudo: stderr is ssh's own there."""
    given = inventory.variables(sshd.host, key=sshd.key, known_hosts=sshd.known_hosts, lang="en")
    renew = {"name": "Renew", "joliba_renew": {"run": "never-saved", "seconds": 60}}

    told = play(SimpleNamespace(inventory=lambda: given), tmp_path, [renew], become=False, expect=2)

    assert "can't open file '/var/lib/joliba/restore/never-saved/program'" in told
    assert "Shared connection" not in told


def said_by(file):
    """A process's command line; empty once it has ended."""
    with contextlib.suppress(OSError):
        return file.read_text(errors="replace")
    return ""


def test_a_stopped_run_leaves_no_process(sshd):
    """One that looks at a host meanwhile would wait for ever for somebody to read what it has found."""
    with pytest.raises(KeyboardInterrupt):
        run(AUDIT, [sshd.host], lambda _, doing: doing and os.kill(os.getpid(), signal.SIGINT))

    name = read_run().record.run
    assert not [file for file in Path("/proc").glob("[0-9]*/cmdline") if f"{name}/" in said_by(file)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_told_and_kept_and_its_hosts_are_not_assessed(sshd, number):
    """A host that takes the connection and never speaks is still being looked at when the run is stopped."""
    before = signal.getsignal(number)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = replace(sshd.host, name="test.sante.silent", port=silent.getsockname()[1])
        with pytest.raises(KeyboardInterrupt):
            run(AUDIT, [host], lambda _, doing: doing and os.kill(os.getpid(), number))

    (told,) = read_run().record.hosts
    assert (told.assessment, told.verdicts) == (Assessment.FAILED, ())
    assert "stopped before it was done" in told.problem
    assert read_run().signed
    assert signal.getsignal(number) is before


def test_what_ansible_gets_and_writes_down_has_none_of_the_callers_secrets(sshd, monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "phrase-de-passe")
    monkeypatch.setenv("JOLIBA_TEST", "no secret")
    written = []

    def look(*_):
        written.extend(file.read_text() for file in runs_folder().glob("*/ansible/artifacts/*/command"))

    run(OF_ONE_RULE, [sshd.host], look)

    assert written
    assert not any("phrase-de-passe" in text for text in written)
    assert all("no secret" in text for text in written)


def test_what_a_killed_run_has_left_is_removed_by_the_next_and_what_is_at_work_is_not(sshd):
    killed, at_work = (runs_folder() / name / "ansible" for name in ("killed", "at-work"))
    for folder in (killed, at_work):
        folder.mkdir(parents=True)
    held = os.open(at_work.parent, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)

    run(OF_ONE_RULE, [sshd.host], quiet)

    os.close(held)
    assert (killed.parent.exists(), at_work.exists()) == (False, True)


def test_a_run_is_at_work_until_its_record_is_kept(sshd, monkeypatch):
    found, keep = [], running.keep

    def kept(record, folder):
        with runs._held(folder) as free:
            found.append(free)
        keep(record, folder)

    monkeypatch.setattr(running, "keep", kept)
    record = run(OF_ONE_RULE, [sshd.host], quiet)

    assert found == [False]
    with runs._held(runs_folder() / record.run) as free:
        assert free


def test_two_runs_may_clean_up_after_the_same_killed_one(tmp_path, monkeypatch):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path))
    killed, mine = (runs_folder() / name for name in ("killed", "mine"))
    (killed / "ansible").mkdir(parents=True)
    mine.mkdir()
    held = runs._held

    def faster(folder):
        if folder == killed:
            shutil.rmtree(killed)
        return held(folder)

    monkeypatch.setattr(runs, "_held", faster)
    with runs.at_work(mine) as private:
        assert private.is_dir()


def test_hosts_that_are_left_out_are_in_the_record_with_the_reason(sshd):
    other = replace(sshd.host, name="test.justice.web-1", tenant="justice")
    left, seen = run(OF_ONE_RULE, [sshd.host], quiet, left_out=[(other, "its request cannot be read")]).hosts

    assert (left.name, left.assessment, left.problem) == (
        other.name, Assessment.NOT_STARTED, "its request cannot be read",
    )  # fmt: skip
    assert seen.assessment is Assessment.ASSESSED, seen.problem


@pytest.fixture
def told(sshd):
    """``told(*events)``: the record of a hardening of which Ansible tells this and nothing more."""

    def make(*events):
        recorder = Recorder({sshd.host.name: sshd.host}, Kind.HARDEN, quiet)
        for kind, data in events:
            recorder.event({"event": kind, "event_data": {"host": sshd.host.name, **data}})
        (record,) = recorder.records()
        return record

    return make


def looked(verdict, why="", recommendations=()):
    verdicts = [{"rule": "audit-rules-locked", "recommendation": "R73", "verdict": verdict, "why": why}]
    result = {"verdicts": verdicts, "recommendations": list(recommendations), "os": "debian-12"}
    return "runner_on_ok", {"task_action": "joliba_audit", "res": result}


def test_a_hardening_that_did_not_look_again_has_assessed_nothing(told):
    first, again = looked(Verdict.FAIL, recommendations=[{"number": "R73"}]), looked(Verdict.PASS)

    assert told(first).assessment is Assessment.FAILED
    assert told(first, again).assessment is Assessment.ASSESSED
    assert told(looked(Verdict.PASS)).assessment is Assessment.ASSESSED  # nothing to remedy


def test_a_host_that_waits_for_a_boot_says_so(told):
    assert told(looked(Verdict.FAIL, why=NOT_YET)).reboot_needed
    assert not told(looked(Verdict.FAIL)).reboot_needed


def test_the_record_says_whether_a_failed_host_was_put_back(told):
    def failed(task, message):
        return "runner_on_failed", {"task": task, "res": {"msg": message}}

    cause = failed("Log in anew", "no new connection")
    put_back = told(cause, failed("Say why", "Log in anew: no new connection (the host was put back)"))
    not_put_back = told(cause, failed("Put the host back", "no restore point"))

    assert put_back.problem == "Say why: Log in anew: no new connection (the host was put back)"
    assert not_put_back.problem == "Log in anew: no new connection; Put the host back: no restore point"


RUN = "20261124T031500Z-harden-1a2b"
DONE = {"run": RUN, "changed": {"files": ["/a", "/b"], "later": ["c"]}, "left": {"kernel": ["d"]}}
KERNEL = "réglages du noyau"
NOTES = {
    "en": (
        ["h: R1, R2 would be remedied"],
        ["h: nothing to put back"],
        [f"h: as it was before {RUN}: files (2), later (1) put back; still not as it was: kernel settings"],
        [f"h: as it was before {RUN}: nothing would be put back"],
    ),
    "fr": (
        ["h : à corriger : R1, R2"],
        ["h : rien à remettre en place"],
        [f"h : état d'avant {RUN}, remis en place : fichiers (2), later (1) ; toujours pas comme avant : {KERNEL}"],
        [f"h : état d'avant {RUN}, à remettre en place : rien"],
    ),
}


@pytest.mark.parametrize("lang", NOTES)
def test_notes_are_in_the_language_of_whoever_runs(monkeypatch, lang):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    assert NOTES[lang] == (
        _would_remedy("h", [{"number": "R1"}, {"number": "R2"}]),
        _put_back("h", [], check=False),
        _put_back("h", [DONE], check=False),
        _put_back("h", [{**DONE, "changed": {}, "left": {}}], check=True),
    )


@pytest.mark.parametrize(
    ("lang", "note"),
    [
        ("en", "{}: too full for a restore point, no mode in them could be put back: /a"),
        (
            "fr",
            "{} : trop pleins pour un point de restauration, aucun mode n'y pourrait être remis : /a",
        ),
    ],
)
def test_what_a_restore_point_has_no_room_for_is_noted(sshd, monkeypatch, lang, note):
    monkeypatch.setenv("JOLIBA_LANG", lang)
    recorder = Recorder({sshd.host.name: sshd.host}, Kind.HARDEN, quiet)
    for left_out in ([], ["/a"]):
        saved = {"task_action": "joliba_restore_point", "res": {"left_out": left_out}}
        recorder.event({"event": "runner_on_ok", "event_data": {"host": sshd.host.name, **saved}})

    assert recorder.notes == [note.format(sshd.host.name)]


@pytest.mark.parametrize("linked", [False, True])
def test_an_altered_record_is_refused_wherever_the_runs_lie(home, tmp_path, linked):
    if linked:
        (tmp_path / "elsewhere").mkdir()
        home.mkdir()
        (home / "runs").symlink_to(tmp_path / "elsewhere")
    name = run(OF_ONE_RULE, [], quiet).run
    file = runs_folder() / name / "record.json"
    assert read_run(name).signed
    file.write_text(file.read_text().replace('"test"', '"else"'))

    with pytest.raises(JolibaError, match="no report is made of it"):
        read_run(name)


def test_a_record_that_names_no_run_is_none(home):
    name = run(OF_ONE_RULE, [], quiet).run
    file = home / "record.json"
    record = decode_record((runs_folder() / name / "record.json").read_text())
    file.write_text(encode_record(record))
    assert read_run(str(file)).record == record

    file.write_text(encode_record(replace(record, run=HOSTILE)))
    with pytest.raises(JolibaError, match="no record that can be read"):
        read_run(str(file))
