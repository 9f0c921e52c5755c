"""The controller's side of "never locked out": a login from nothing, by key, and ``sudo`` that asks nothing.

A multiplexed connection outlives a broken sshd, PAM or firewall, and sudo remembers who typed a password. So the proof
is an SSH connection of its own, without a control socket, and ``sudo -k -n``, which forgets.
"""

from __future__ import annotations

import re
import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from infra.hosts.answers import one_line

_NEW = "-o ControlMaster=no -o ControlPath=none -o BatchMode=yes -o PreferredAuthentications=publickey"
_ASKED = 'echo "joliba:$(id -un):${SSH_CONNECTION}"; if [ "$(id -u)" != 0 ]; then sudo -k -n true; fi'
_ANSWER = re.compile(r"^joliba:([^:\n]+):([0-9a-fA-F.:%]+) ([0-9]+) ", re.MULTILINE)
_PAUSE = 3  # seconds between two attempts: a restarted daemon needs one or two


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible has no types
    """``joliba_prove_access``: fails, with one line that says why, if nobody could get in now.

    Argument ``patience``: seconds until it gives up (default 60).
    """

    _requires_connection = True
    _VALID_ARGS = frozenset(("patience",))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """``account``, and ``client`` and ``port`` from which the new connection came; ``attempts``."""
        super().run(tmp, task_vars)
        if self._connection.transport != "ssh":
            return {"failed": True, "msg": f"access cannot be proven over {self._connection.transport}: use ssh"}
        before = self._connection.get_option("ssh_args") or ""
        self._connection.set_option("ssh_args", f"{_NEW} {before}")
        try:
            return self._proven(float(self._task.args.get("patience", 60)))
        finally:
            self._connection.set_option("ssh_args", before)

    def _proven(self, patience: float) -> dict[str, Any]:
        end, attempts = time.monotonic() + patience, 0
        while True:
            attempts += 1
            result, why = self._attempt()
            if result:
                return {"changed": False, "attempts": attempts, **result}
            if time.monotonic() + _PAUSE > end:
                return {"failed": True, "attempts": attempts, "msg": why}
            time.sleep(_PAUSE)

    def _attempt(self) -> tuple[dict[str, str] | None, str]:
        try:
            done = self._low_level_execute_command(_ASKED, sudoable=False)
        except AnsibleConnectionFailure as error:
            return None, f"no new SSH connection by key: {one_line(str(error))}"
        answer = _ANSWER.search(done["stdout"])
        if answer is None:
            return None, f"the login ends before it answers: {one_line(done['stderr'] or done['stdout'])}"
        if done["rc"]:
            account = answer[1]
            return None, f"{account} logs in, and sudo -n fails (needs NOPASSWD in sudoers): {one_line(done['stderr'])}"
        return {"account": answer[1], "client": answer[2], "port": answer[3]}, ""
