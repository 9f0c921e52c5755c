"""The controller's side of ``joliba_audit``: the rules of the host's level, with the host's values, and deviations.

What it reads of the host is the variable ``joliba`` (see `infra.hosts.inventory`). Tags like ``R38`` limit it to these
recommendations; so do the host's ``rules``. With the argument ``whole`` all rules of these recommendations are asked
about: hardening writes whole files.
"""

from __future__ import annotations

import re
from typing import Any

from ansible.plugins.action import ActionBase

from infra.hosts.answers import AnswerError, audited, fit
from infra.hosts.asking import questions, remedies, whole, with_deviations
from infra.hosts.catalogue import chosen, read_catalogue
from infra.policy.days import judged_on

_NUMBER = re.compile(r"[RB][0-9]+")
_FAILURE = ("msg", "module_stdout", "module_stderr")


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible has no types
    """Asks a host, and says what its answers mean."""

    _requires_connection = True
    _VALID_ARGS = frozenset(("whole",))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """One task's result: ``verdicts``, ``os``, and what `remedies` says; fails if the host did not answer."""
        task_vars = task_vars or {}
        super().run(tmp, task_vars)
        host, catalogue = task_vars["joliba"], read_catalogue()
        named = host.get("rules", [])
        tagged = [tag for tag in task_vars.get("ansible_run_tags", []) if _NUMBER.fullmatch(tag)]
        only = chosen(catalogue, [*named, *tagged])
        asked = questions(catalogue, host, whole(catalogue, only) if self._task.args.get("whole") else only)
        answer: dict[str, Any] = self._execute_module(
            module_name="joliba_audit", module_args={"rules": asked, "role": host["role"]}, task_vars=task_vars
        )
        # only what we know is taken on: facts, say, are not the host's to set
        if answer.get("failed") or "verdicts" not in answer:
            return {"failed": True, **{key: fit(answer[key]) for key in _FAILURE if key in answer}}
        try:
            system, verdicts = audited(answer, asked)
        except AnswerError as error:
            return {"failed": True, "msg": str(error)}
        judged = with_deviations(verdicts, host["deviations"], judged_on(host["cloud"]))
        found = remedies(catalogue.on(system), judged, host["facts"], only)
        return {"changed": False, "os": system, "verdicts": judged, **found}
