#!/usr/bin/python
"""Save what a run touches on a host, arm its timed revert, and put it back."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_restore_point
short_description: Restore points of a host and their timed revert
description:
  - Saves what a hardening run touches before it starts, and puts exactly that back.
  - An armed revert is a timer of the host's systemd. It puts the run back at its deadline and at any boot, without the
    controller, unless it is disarmed before.
options:
  action:
    description: What to do.
    type: str
    required: true
    choices: [create, arm, disarm, restore, list, forget]
  run:
    description: The run. Needed by all but C(list); C(restore) without it takes the last run.
    type: str
  touches:
    description: What the run may change, for C(create).
    type: dict
    default: {}
    suboptions:
      files:
        description: Paths and globs, also of what does not exist yet. A folder counts with all that is in it.
        type: list
        elements: str
        default: []
      attributes:
        description: Paths and globs of which only owner, mode, ACLs and capabilities are kept, without content.
        type: list
        elements: str
        default: []
      packages:
        description: Packages that may be installed or removed.
        type: list
        elements: str
        default: []
      removals:
        description: Of these, what is removed where it is installed. What apt takes along with it counts too.
        type: list
        elements: str
        default: []
      units:
        description: Units of systemd that may be started, stopped, enabled, disabled or masked.
        type: list
        elements: str
        default: []
      sysctls:
        description: Kernel parameters by their dotted names, or globs of them.
        type: list
        elements: str
        default: []
      mounts:
        description: Mount points whose options may change.
        type: list
        elements: str
        default: []
      modules:
        description: Kernel modules that may be unloaded.
        type: list
        elements: str
        default: []
      firewall:
        description: Whether nftables' tables may change.
        type: bool
        default: false
  seconds:
    description: From now to the revert, for C(arm), and for a C(restore) that is C(guarded).
    type: int
    default: 600
  keep:
    description: How many restore points the host keeps; C(create) removes the oldest beyond.
    type: int
    default: 5
  newest:
    description:
      - Whether C(restore) is the run's own, which has just failed. It puts nothing back where the run was never armed,
        whose restore point goes, nor where another run has begun since.
    type: bool
    default: false
  again:
    description: Whether C(restore) puts a run back that was put back already. Else what differs by now is others' work.
    type: bool
    default: false
  guarded:
    description:
      - Whether C(restore) saves the host first, which goes back to that unless C(disarm) of the run C(rollback) follows
        within the seconds. Where that cannot be, it is put back without, and C(armed) tells.
    type: bool
    default: false
author: Joliba
"""
RETURN = """
outcomes:
  description: Of C(restore), one a run, newest first: C(changed), C(left) and C(problems); in check mode foreseen.
  type: list
  elements: dict
  returned: restore
left_out:
  description: Of C(create), folders that others than root have filled so far that nothing in them is saved.
  type: list
  elements: str
  returned: create
points:
  description: Of C(list), the host's restore points, oldest first.
  type: list
  elements: dict
  returned: list
armed:
  description: The run whose revert is armed and the seconds until it fires.
  type: dict
  returned: list, restore
seconds:
  description: Seconds until the revert.
  type: float
  returned: arm
"""

import importlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba import restore
from ansible.module_utils.joliba.restore import (
    audit,
    commands,
    durable,
    entries,
    files,
    firewall,
    homes,
    kernel,
    logs,
    packages,
    points,
    program,
    restoring,
    revert,
    rollback,
    since,
    units,
)
from ansible.module_utils.joliba.telling import told

_PACKAGE = (
    restore,
    audit,
    commands,
    durable,
    entries,
    files,
    firewall,
    homes,
    kernel,
    logs,
    packages,
    points,
    program,
    restoring,
    revert,
    rollback,
    since,
    units,
)
_LISTS = ("files", "attributes", "packages", "removals", "units", "sysctls", "mounts", "modules")


def main() -> None:
    """Answer Ansible."""
    lists = {name: {"type": "list", "elements": "str", "default": []} for name in _LISTS}
    module = AnsibleModule(
        argument_spec={
            "action": {"type": "str", "required": True, "choices": list(_ACTIONS)},
            "run": {"type": "str"},
            "touches": {
                "type": "dict",
                "default": {},
                "apply_defaults": True,
                "options": {**lists, "firewall": {"type": "bool", "default": False}},
            },
            "seconds": {"type": "int", "default": 600},
            "keep": {"type": "int", "default": points.KEPT},
            "newest": {"type": "bool", "default": False},
            "again": {"type": "bool", "default": False},
            "guarded": {"type": "bool", "default": False},
        },
        required_if=[("action", action, ["run"]) for action in _ACTIONS if action not in ("list", "restore")],
        supports_check_mode=True,
    )
    try:
        module.exit_json(**told(_ACTIONS[module.params["action"]](module.params, module.check_mode)))
    except points.Refused as why:
        module.fail_json(msg=told(str(why)))
    except commands.CommandError as why:
        module.fail_json(msg=told(str(why)))


def _create(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    def allowed() -> None:
        revert.alone(asked["run"])

    allowed()
    before = [point["run"] for point in points.listed()]
    if check or asked["run"] in before:
        return {"changed": asked["run"] not in before}
    point = points.create(asked["run"], asked["touches"], program=_sources(), allowed=allowed)
    points.forget(points.surplus(keep=asked["keep"], spared=asked["run"]))
    return {"changed": True, "paths": len(point["files"]["entries"]), "left_out": point["files"]["left_out"]}


def _sources() -> dict[str, str]:
    """This package's files, as they came here with the module."""
    found = {}
    for part in _PACKAGE:
        specification = importlib.import_module(part.__name__).__spec__
        name = "__init__" if part is restore else part.__name__.rpartition(".")[2]
        found[f"{name}.py"] = specification.loader.get_source(part.__name__)
    return found


def _arm(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    if check:
        return {"changed": True}
    return {"changed": True, "seconds": revert.arm(asked["run"], asked["seconds"])}


def _disarm(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    if not check:
        revert.disarm(asked["run"])
    return {"changed": True}


def _restore(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    if check:
        outcomes = restoring.foreseen(asked["run"])
    elif asked["newest"]:
        outcomes = revert.rescue(asked["run"])
    else:
        program = _sources() if asked["guarded"] else None
        outcomes = revert.restore(asked["run"], again=asked["again"], program=program, seconds=asked["seconds"])
    return {"changed": any(each["changed"] for each in outcomes), "outcomes": outcomes, "armed": _armed()}


def _armed() -> dict[str, Any] | None:
    state = revert.armed()
    return {"run": state["run"], "seconds": round(revert.remaining(state), 1)} if state else None


def _list(_asked: dict[str, Any], _check: bool) -> dict[str, Any]:
    known = [{"run": each["run"], "created": each["created"], "outcome": each["outcome"]} for each in points.listed()]
    return {"changed": False, "points": known, "armed": _armed()}


def _forget(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    state = revert.armed()
    if state and state["run"] == asked["run"]:
        raise points.Refused(f"run {asked['run']} is armed: disarm it or put it back first")
    there = asked["run"] in [point["run"] for point in points.listed()]
    if there and not check:
        points.forget([asked["run"]])
    return {"changed": there}


_ACTIONS = {
    "create": _create,
    "arm": _arm,
    "disarm": _disarm,
    "restore": _restore,
    "list": _list,
    "forget": _forget,
}

if __name__ == "__main__":
    main()
