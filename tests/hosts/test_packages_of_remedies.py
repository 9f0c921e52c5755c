"""What remedies install, and only where it lacks: a host whose image has all of it needs no mirror."""

import yaml

from infra.environment import PLAYBOOKS
from infra.lab.guests.packages import BASE, HARDENED, MACHINE

APT = "ansible.builtin.apt"
ONE_RULE = {"R55 | Give each session its own temporary folder"}
"""It is called for one rule only: that the package lacks."""


def installing():
    for file in sorted(PLAYBOOKS.glob("roles/*/tasks/*.yml")):
        for task in yaml.safe_load(file.read_text(encoding="utf-8")):
            if APT in task and task[APT].get("state") != "absent":
                yield task


def test_apt_is_not_called_where_nothing_lacks():
    assert {task["name"] for task in installing() if "when" not in task} == ONE_RULE


def test_the_labs_machines_have_what_hardening_installs_and_no_more():
    names = [task[APT]["name"] for task in installing()]
    installed = {name for each in names for name in ([each] if isinstance(each, str) else each)}

    assert installed - {*BASE, *MACHINE} == {*HARDENED}
