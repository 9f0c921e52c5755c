"""Audit rules as people write them, and as the kernel gives them back."""

import pytest
from ansible.module_utils.joliba.auditing import canonical
from host_state import CATALOGUE

SAME = [
    (
        "-a exit,always -F arch=b64 -S fchmod -S chmod -F auid>=1000 -F auid!=4294967295 -k perm",
        "-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -F key=perm",
    ),
    ("-w /etc/sudoers.d/ -p aw -k actions", "-w /etc/sudoers.d -p wa -k actions"),
    ("-w /etc/network/ -p wa -k n", "-w /etc/network -p wa -k n"),
    (
        "-a always,exit -F arch=b32 -S clock_settime -F a0=0 -k time",
        "-a always,exit -F arch=b32 -S clock_settime -F a0=0x0 -F key=time",
    ),
]
OTHER = [
    ("-w /etc/passwd -p wa -k a", "-w /etc/passwd -p wa -k b"),
    ("-w /etc/passwd -p wa -k a", "-w /etc/passwd -p r -k a"),
    ("-a always,exit -S open -F exit=-EPERM -k a", "-a always,exit -S open -F exit=-EACCES -k a"),
    ("-a always,exit -S open -k a", "-a never,exit -S open -k a"),
    ("-a always,exit -S open -F auid!=unset -k a", "-a always,exit -S open -F auid=unset -k a"),
]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("-a always,exclude -F msgtype=EXECVE", "fail"), ("-a exclude,never -F msgtype=CWD", "fail"),
        ("-a never,task", "fail"), ("-a always,exit -S open -k exclude", "pass"),
    ],
)  # fmt: skip
def test_what_is_kept_out_of_the_record_is_found_on_both_ways(host, line, verdict):
    host.says("auditctl -l", f"{line}\n")

    assert host.judged("nothing-kept-out-of-audit") == verdict


@pytest.mark.parametrize(("written", "loaded"), SAME)
def test_two_spellings_are_one_rule(written, loaded):
    assert canonical(written) == canonical(loaded)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_rules_stay_two(one, other):
    assert canonical(one) != canonical(other)


def test_the_catalogue_spells_rules_as_they_are_compared():
    for rule in CATALOGUE.rules.values():
        if "audit_rules" in rule.probe:
            lines = rule.expected["contains"] if isinstance(rule.expected, dict) else rule.expected
            assert [canonical(line) for line in lines] == list(lines), rule.name
