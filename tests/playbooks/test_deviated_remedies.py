"""Remedies of a recommendation of which a deviation covers one rule: what that rule asks is left as it is."""

import json

import pytest
import yaml
from playing import PLAYBOOKS, recorded, recording

from infra.hosts.catalogue import read_catalogue

CATALOGUE = read_catalogue()
SETTINGS = {
    "R31": {"pam_setting": {"old-passwords-refused": 5}, "password_days": {"root": 365}},
    "R33": {"audit_rules": {"joliba-sudo": ["-w /usr/bin/sudo -p x"]}},
    "R36": {},
}
WRITTEN = {
    ("R31", "failed-logins-refused"): "joliba-faillock-before",
    ("R31", "failed-logins-counted"): "joliba-faillock-after",
    ("R31", "good-logins-forgive"): "joliba-faillock-account",
    ("R33", "root-has-no-terminal"): "/etc/securetty",
    ("R33", "root-cannot-log-in-by-ssh"): "/etc/ssh/sshd_config.d/00-joliba-R33.conf",
    ("R36", "sessions-start-with-umask-077"): "/usr/share/pam-configs/joliba-umask",
    ("R36", "login-shells-set-umask-077"): "/etc/profile.d/60-joliba-R36.sh",
    ("R36", "bash-sets-umask-077"): "/etc/bash.bashrc",
    ("R36", "accounts-are-made-with-umask-077"): "/etc/login.defs",
}
"""Which file is a rule's own."""


@pytest.fixture
def written(tmp_path):
    """``written(number, held)``: the files that a remedy writes, its real tasks played over a part that notes them."""
    recording(tmp_path, ["part"])

    def play(number, held):
        chapter = CATALOGUE.recommendations[number].chapter
        tasks = yaml.safe_load((PLAYBOOKS / f"roles/{chapter}/tasks/{number}.yml").read_text())
        for task in tasks:
            (module,) = (key for key in task if key.startswith("ansible.builtin."))
            asked = task.pop(module)
            task["part"] = asked if isinstance(asked, dict) else {"cmd": asked}
        remedy = {"number": number, "chapter": chapter, "rules": held, "held": held}
        book = [{"name": "Test", "hosts": "all", "gather_facts": False, "tasks": tasks}]
        (tmp_path / "book.json").write_text(json.dumps(book))
        asked, _ = recorded(
            tmp_path, "book.json", answers={"part": {"rc": 0, "stdout_lines": []}}, joliba_remedy=remedy,
            joliba={"facts": {"automation_user": "exploitation"}}, joliba_asked={"settings": SETTINGS},
        )  # fmt: skip
        return {each.get("path", each.get("dest", "")).removesuffix("/") + told(each.get("src")) for each in asked}

    return play


def told(source):
    """The name of a file that is copied into a folder."""
    return f"/{source}" if source and source.startswith("joliba-faillock") else ""


@pytest.mark.parametrize("number", SETTINGS)
def test_a_rule_that_a_deviation_covers_writes_nothing_of_its_own(written, number):
    rules = [rule for recommendation, rule in WRITTEN if recommendation == number]
    assert set(rules) <= set(CATALOGUE.recommendations[number].rules)
    everything = written(number, rules)
    for covered in rules:
        left = everything - written(number, [rule for rule in rules if rule != covered])
        assert [path.rpartition("/")[2] for path in left] == [WRITTEN[number, covered].rpartition("/")[2]]
