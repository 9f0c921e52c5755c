"""A run over a real sshd."""

from dataclasses import replace

from infra.hosts.record import Assessment, Kind, Verdict, decode_record, encode_record
from infra.hosts.running import Order, run
from infra.hosts.runs import read_run, runs_folder

AUDIT = Order(kind=Kind.AUDIT, asked="test")
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'touch /tmp/joliba-was-here') }}"


def quiet(host, doing):
    pass


def test_a_host_is_looked_at_over_ssh_and_the_record_is_kept(sshd):
    record = run(AUDIT, [sshd.host], quiet)

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


def test_what_a_request_says_is_never_a_template(sshd, tmp_path):
    mark = tmp_path / "evaluated"
    hostile = f"{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}"
    facts = {"banner": hostile, "packages": [hostile], "groups": {hostile: [hostile]}}
    host = replace(sshd.host, tenant=hostile, platform=hostile, facts=facts)

    (told,) = run(AUDIT, [host], quiet).hosts

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
    last = replace(AUDIT, kind=Kind.ROLLBACK, check=True)
    named = replace(last, variables={"joliba_run": "20261124T031500Z-harden-1a2b"})

    (of_last,), (of_named,) = (run(order, [sshd.host], quiet).hosts for order in (last, named))

    assert "no restore point of run" not in of_last.problem
    assert "no restore point of run 20261124T031500Z-harden-1a2b" in of_named.problem


def test_rules_limit_a_run(sshd):
    order = replace(AUDIT, rules=("kernel-pointers-hidden",))

    (host,) = run(order, [sshd.host], quiet).hosts

    assert [each.rule for each in host.verdicts] == ["kernel-pointers-hidden"]
    assert host.verdicts[0].verdict in (Verdict.PASS, Verdict.FAIL)
