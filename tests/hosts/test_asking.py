"""What hardening does about verdicts."""

import pytest

from infra.hosts.asking import questions, remedies, whole
from infra.hosts.catalogue import read_catalogue
from infra.hosts.record import NOT_YET

CATALOGUE = read_catalogue()
FACTS = {"automation_user": "exploitation", "sudo_group": "administrateurs", "banner": "Accès réservé"}
HOST = {"level": "high", "facts": FACTS}


def verdicts(*names, **known):
    """One on each rule of what is named: ``pass``, where nothing else is said of it (``_`` for ``-``)."""
    said = {rule.replace("_", "-"): verdict for rule, verdict in known.items()}
    asked = questions(CATALOGUE, HOST, whole(CATALOGUE, names))
    assert said.keys() <= {each["rule"] for each in asked}
    return [
        {"rule": each["rule"], "recommendation": each["recommendation"], "verdict": said.get(each["rule"], "pass")}
        for each in asked
    ]


def test_one_rule_that_fails_has_its_whole_file_written():
    judged = verdicts("ssh-asks-for-keys", ssh_asks_for_keys="fail", ssh_without_x11="fail")

    found = remedies(CATALOGUE, judged, FACTS, ["ssh-asks-for-keys"])

    (recommendation,) = found["recommendations"]
    assert recommendation["number"] == "R79"
    assert recommendation["rules"] == ["ssh-asks-for-keys", "ssh-without-x11"]
    assert found["settings"]["R79"]["sshd"].items() >= {
        ("PasswordAuthentication", "no"), ("X11Forwarding", "no"), ("MaxAuthTries", 4)
    }  # fmt: skip
    assert found["settings"]["R79"]["file_text"] == {"/etc/issue": "Accès réservé", "/etc/issue.net": "Accès réservé"}
    assert found["dangerous"]


def test_what_was_not_asked_for_causes_no_remedy():
    judged = verdicts("R79", ssh_without_x11="fail")

    assert remedies(CATALOGUE, judged, FACTS, ["ssh-asks-for-keys"])["recommendations"] == []
    for asked in ([], ["R79"], ["ssh-without-x11"]):
        assert [each["number"] for each in remedies(CATALOGUE, judged, FACTS, asked)["recommendations"]] == ["R79"]


@pytest.mark.parametrize(
    ("verdict", "written"), [("unmeasured", True), ("pass", True), ("not-applicable", False), ("deviation", False)]
)
def test_a_file_has_what_applies_to_the_host_measured_or_not(verdict, written):
    judged = verdicts("R79", ssh_asks_for_keys="fail", ssh_forwards_nothing=verdict)

    found = remedies(CATALOGUE, judged, FACTS)

    assert ("DisableForwarding" in found["settings"]["R79"]["sshd"]) is written


def test_what_a_probe_could_not_look_at_at_all_is_not_written():
    judged = verdicts("R8", "R9", kernel_messages_restricted="fail")
    of_grub = {rule.name for rule in CATALOGUE.rules.values() if "kernel_argument" in rule.probe}
    for each in judged:
        if each["rule"] in of_grub:
            each["verdict"] = "unmeasured"  # no GRUB here
        elif each["recommendation"] == "R8":
            each["verdict"] = "fail"

    written = remedies(CATALOGUE, judged, FACTS)["settings"]["R8"]

    assert "sysctl" in written
    assert "kernel_argument" not in written


def test_what_could_not_be_measured_causes_no_remedy():
    assert remedies(CATALOGUE, verdicts("R79", ssh_asks_for_keys="unmeasured"), FACTS)["recommendations"] == []


def test_packages_that_are_to_be_gone_are_told_from_those_that_are_to_be_there():
    judged = verdicts("R62", "R33", no_telnet_client="fail", audit_runs="fail")

    touched = remedies(CATALOGUE, judged, FACTS)["touches"]

    assert {"telnet", "ypbind-mt"} <= {*touched["removals"]} < {*touched["packages"]}
    assert "auditd" not in touched["removals"]


@pytest.mark.parametrize(
    ("rule", "number", "said"),
    [("homes_are_private", "R50", "persistent"), ("log_files_private", "R71", "effective")],
)
def test_what_lies_anywhere_and_is_remedied_is_saved_before(rule, number, said):
    (judged,) = [each for each in verdicts(number, **{rule: "fail"}) if each["verdict"] == "fail"]

    touched = remedies(CATALOGUE, [{**judged, said: "/srv/gens/awa, /srv/gens/b[1], etwas"}], FACTS)["touches"]

    assert {"/srv/gens/awa", "/srv/gens/b[[]1]"} < {*touched["attributes"]}
    assert "etwas" not in touched["attributes"]
    assert "/srv/gens/awa" not in remedies(CATALOGUE, [judged], FACTS)["touches"]["attributes"]


def test_what_a_deviation_covers_is_no_rule_that_is_held():
    judged = verdicts(
        "R33", audit_runs="fail", root_has_no_terminal="deviation", sudo_installed="unmeasured",
        audit_installed="not-applicable",
    )  # fmt: skip

    (asked,) = remedies(CATALOGUE, judged, FACTS)["recommendations"]

    assert asked["rules"] == ["audit-runs"]
    assert {"audit-runs", "sudo-installed", "root-cannot-log-in-by-ssh"} <= {*asked["held"]}
    assert not {"root-has-no-terminal", "audit-installed"} & {*asked["held"]}


def test_what_the_site_does_not_say_is_not_written():
    judged = verdicts("R79", ssh_asks_for_keys="fail", ssh_only_for_its_groups="unmeasured")
    groups = ["administrateurs"]

    assert "AllowGroups" not in remedies(CATALOGUE, judged, FACTS)["settings"]["R79"]["sshd"]
    told = remedies(CATALOGUE, judged, {**FACTS, "ssh_groups": groups})
    assert told["settings"]["R79"]["sshd"]["AllowGroups"] == groups


def test_the_base_comes_first_and_what_can_take_the_way_in_last():
    facts = {**FACTS, "people": [], "flows_in": [], "trusted": [], "administration": "10.0.0.0/8"}
    failing = {
        "people_have_their_accounts": "fail", "ssh_asks_for_keys": "fail", "kernel_messages_restricted": "fail",
        "audit_runs": "fail",
    }  # fmt: skip
    judged = verdicts("B1", "R79", "R9", "R33", **failing)

    found = remedies(CATALOGUE, judged, facts)

    assert [each["number"] for each in found["recommendations"]] == ["B1", "R9", "R33", "R79"]
    assert found["touches"]["sysctls"].count("kernel.dmesg_restrict") == 1
    assert {"/etc/ssh/sshd_config.d/00-joliba-R79.conf", "/etc/sysctl.d/zz-joliba-R9.conf"} <= {
        *found["touches"]["files"]
    }


def test_each_named_rule_stands_for_its_whole_recommendation():
    assert whole(CATALOGUE, ["ssh-asks-for-keys", "R38", "ssh-without-x11"]) == ("R79", "R38")
    assert whole(CATALOGUE, []) == ()


def test_what_only_waits_for_a_boot_is_not_remedied_again():
    (locked,) = verdicts("R10", kernel_modules_locked="fail")

    def asked(**told):
        return [each["number"] for each in remedies(CATALOGUE, [{**locked, **told}], FACTS)["recommendations"]]

    assert asked(why=NOT_YET) == []
    assert asked(why="not after a reboot") == ["R10"]
    assert asked() == ["R10"]


def test_privileged_programs_are_looked_for_once_every_other_remedy_has_brought_its_own():
    judged = verdicts(
        "B1", "R8", "R55", "R73", "R79",
        ssh_asks_for_keys="fail", privileged_programs_recorded="fail", people_have_own_temporary_folders="fail",
        kernel_pages_isolated="fail", people_have_their_accounts="fail",
    )  # fmt: skip

    found = remedies(CATALOGUE, judged, {**FACTS, "people": []})

    assert [each["number"] for each in found["recommendations"]] == ["B1", "R8", "R55", "R79", "R73"]
