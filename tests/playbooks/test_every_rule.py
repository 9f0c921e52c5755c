"""Every rule of the catalogue passes on a host that has what it asks for, and fails on one that has not."""

import os
from types import SimpleNamespace

import pytest
from host_state import CATALOGUE
from rule_states import states

RULES = [
    pytest.param(rule, id=rule.name)
    for rule in CATALOGUE.rules.values()
    if rule.recommendation[0] == "R" or rule.recommendation in ("B5", "B6")  # the others: test_base_rules.py
]
EXEMPT = [
    pytest.param(rule, role, id=f"{rule.name}, {role}") for rule in CATALOGUE.rules.values() for role in rule.exempt
]
SYSTEMS = {"debian-12": 'ID=debian\nVERSION_ID="12"\n', "rocky-9": 'ID="rocky"\nVERSION_ID="9.4"\n'}
FACTS = {"sudo_group": "administrateurs", "grub_password": "grub.pbkdf2.sha512.1.A.B"}
AS_ROOT = {"files-have-groups", "files-have-owners", "log-files-private", "programs-belong-to-root", "seals-are-roots"}
"""They need files of somebody else, or of a group that is no person's."""


@pytest.fixture
def on(host, monkeypatch):
    """``on(rule, state, role)``: the verdict on a host that has come into that state too."""

    def told(rule, state, role="guest"):
        if os.geteuid() and rule.name in AS_ROOT:
            pytest.skip("needs files that others own: runs as root")
        kernel = SimpleNamespace(machine=state.machine, release=state.release)
        monkeypatch.setattr(os, "uname", lambda: kernel)
        state.put(host)
        return host.verdict(rule.name, role, **FACTS)

    def first(rule, state, role="guest"):
        host.file("/etc/os-release", SYSTEMS["rocky-9" if rule.systems == ("rocky-9",) else "debian-12"])
        host.file("/proc/self/mountinfo", "")
        host.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        return told(rule, state, role)

    return SimpleNamespace(first=first, then=told)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_passes_on_a_host_that_has_it_and_fails_on_one_that_has_not(on, rule):
    right, wrong = states(rule)

    told = on.first(rule, right)
    assert told["verdict"] == "pass", told

    told = on.then(rule, wrong)
    assert told["verdict"] == "fail", told


@pytest.mark.parametrize(("rule", "role"), EXEMPT)
def test_a_host_whose_role_is_exempt_is_not_judged_and_another_is(on, rule, role):
    right, wrong = states(rule)
    on.first(rule, right, role)

    told = on.then(rule, wrong, role)
    assert (told["verdict"], told["why"]) == ("not-applicable", rule.exempt[role]["en"])

    assert on.then(rule, wrong, "guest")["verdict"] == "fail"


@pytest.mark.parametrize("rule", RULES)
def test_what_is_broken_or_hostile_stops_no_probe(on, host, rule):
    right, wrong = states(rule)
    on.first(rule, right)
    for text in ("", "\0\0", "{{ 7 * 7 }}", "\n" * 9, "a:b\n:::\n=\n[", "é" * 5000, "-F -S -k\n-w\n-a\n"):
        for path in {*right.files, *wrong.files} - {"/proc/self/mountinfo"}:  # the kernel's own
            host.file(path, text)
        for command in {*right.says, *wrong.says}:
            host.says(command, text)

        verdict = host.verdict(rule.name)

        assert "Error" not in verdict.get("why", ""), verdict
