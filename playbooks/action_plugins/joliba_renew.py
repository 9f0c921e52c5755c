"""A new deadline for a host's armed revert, between the parts of a long run.

The program beside the run's restore point does it: a module of Ansible's would take a host's Python some seconds
more at each recommendation, most of them to unpack itself.
"""

from __future__ import annotations

import shlex
from typing import Any

from ansible.plugins.action import ActionBase

from infra.hosts.answers import one_line

_STORE = "/var/lib/joliba/restore"  # points.STORE, which only hosts can import


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible has no types
    """``joliba_renew``: fails where the revert fired meanwhile, or was never armed.

    Arguments: ``run``, the run; ``seconds``, from now to the revert.
    """

    _requires_connection = True
    _VALID_ARGS = frozenset(("run", "seconds"))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """``changed``, or ``failed`` with what the program says."""
        task_vars = task_vars or {}
        super().run(tmp, task_vars)
        asked = self._task.args
        python = task_vars.get("ansible_python_interpreter", "/usr/bin/python3")
        renew = [python, "-ISB", f"{_STORE}/{asked['run']}/program", "renew", str(int(asked["seconds"]))]
        done = self._low_level_execute_command(shlex.join(renew))
        if done["rc"]:
            said = one_line(done["stdout"] or done["stderr"])  # over a terminal, which sudo gets, stderr is ssh's
            return {"failed": True, "msg": said or f"the program ended with {done['rc']}"}
        return {"changed": True}
