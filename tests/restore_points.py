"""Restore points of a test's own."""

from ansible.module_utils.joliba.restore import points

from infra.environment import CHECKOUT

PROGRAM = {
    path.name: path.read_text("utf-8") for path in (CHECKOUT / "playbooks/module_utils/joliba/restore").glob("*.py")
}


def create(run, store, **touches):
    return points.create(run, touches, program=PROGRAM, store=str(store))
