"""What harden.yml does in which order: the real playbook, over parts that only write down what they are asked."""

import json
import os
import shutil
import subprocess

import pytest
from playing import PLAYBOOKS

from infra import environment

PART = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        with open(task_vars["log"], "a+") as log:
            host = task_vars["inventory_hostname"]
            print(json.dumps({"part": self._task.action, "host": host, **self._task.args}), file=log)
            log.seek(0)
            renewed = sum('"joliba_renew"' in line for line in log)
        if self._task.action == "joliba_renew" and renewed > task_vars["fires_after"]:
            return {"failed": True, "msg": "it fired"}
        if [host, self._task.action] == task_vars["lost"]:
            return {"unreachable": True, "msg": "it is gone"}
        return {"changed": True, **task_vars["answers"].get(self._task.action, {})}
"""
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
def harden(tmp_path):
    """``harden(asked, fires_after, lost)``: runs it, and gives what was asked of its parts, in order.

    ``lost`` is a host, and the part at which it can no longer be reached.
    """
    shutil.copy(PLAYBOOKS / "harden.yml", tmp_path)
    shutil.copytree(PLAYBOOKS / "tasks", tmp_path / "tasks")
    for folder in ("action_plugins", "roles/all/tasks"):
        (tmp_path / folder).mkdir(parents=True)
    for part in PARTS:
        (tmp_path / "action_plugins" / f"{part}.py").write_text(PART)
    for number in (BASE, *NUMBERS):
        task = [{"name": f"{number} | Remedy", "remedied": {"number": number}}]
        (tmp_path / "roles/all/tasks" / f"{number[0]}{int(number[1:]):02}.yml").write_text(json.dumps(task))

    def run(asked=ASKED, fires_after=99, expect=0, hosts=1, lost=(), *, put_back=(), **joliba):
        (tmp_path / "hosts").write_text("".join(f"host-{number}\n" for number in range(hosts)))
        host = {"lang": "fr", "facts": {"automation_user": "exploitation", "people": []}, **joliba}
        variables = {
            "ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "python3",
            "joliba": host, "joliba_run": "run", "fires_after": fires_after,
            "answers": {"joliba_audit": asked, "joliba_restore_point": {"outcomes": put_back}},
            "lost": lost, "joliba_rings": [1, 2, "100%"],
            "log": str(tmp_path / "log"),
        }  # fmt: skip
        done = subprocess.run(
            [environment.virtual_environment() / "bin/ansible-playbook", "-i", "hosts", "harden.yml",
             "-e", json.dumps(variables)],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        )  # fmt: skip
        assert done.returncode == expect, done.stdout + done.stderr
        (tmp_path / "said").write_text(done.stdout)
        return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]

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


@pytest.mark.parametrize("put_back", [[], [{"run": "run"}]])
def test_a_host_is_said_to_be_put_back_only_where_it_was(harden, tmp_path, put_back):
    harden(fires_after=0, expect=2, put_back=put_back)

    said = "Give the armed revert a new deadline: it fired" + " (the host was put back)" * len(put_back)
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


UNREACHABLE = 4
"""How ansible-playbook ends where a host could not be reached."""


@pytest.mark.parametrize(
    ("part", "begun"), [("joliba_prove_access", 3), ("remedied", 3), ("joliba_audit", 5), ("none", 5)]
)
def test_no_ring_begins_after_a_host_was_lost_and_one_that_never_answered_holds_up_nobody(harden, part, begun):
    done = harden(hosts=5, lost=["host-1", part], expect=0 if part == "none" else UNREACHABLE)

    assert len({each["host"] for each in done}) == begun
