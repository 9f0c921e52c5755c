"""The kernel's audit rules, which stay loaded when their files, or auditd itself, go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .commands import found, run

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCKED = "2"
"""``auditctl -e 2``: the rules cannot be changed until the next boot."""


def capture() -> dict[str, Any]:
    """The loaded rules and whether they are on; nothing where there is no auditctl, or we may not ask."""
    if not found("auditctl"):
        return {}
    status = run("auditctl", "-s")
    if status.returncode:
        return {}
    words = dict(line.split()[:2] for line in status.stdout.splitlines() if len(line.split()) > 1)
    return {"rules": run("auditctl", "-l").stdout, "enabled": words.get("enabled", "")}


def differences(saved: dict[str, Any]) -> list[str]:
    """``audit`` if other rules than before are locked; others that are loaded come from files, or are others' work."""
    now = capture()
    return ["audit"] if now != saved and now.get("enabled") == _LOCKED else []


def put_back(saved: dict[str, Any], problem: Callable[..., None]) -> list[str]:
    """Load the rules of before, while auditctl is still there; ``audit`` if that changed something."""
    now = capture()
    if now == saved or not now:
        return []
    if now["enabled"] == _LOCKED:
        problem("audit", "the loaded audit rules are locked until the next boot: reboot", until_boot=True)
        return []
    run("auditctl", "-D")
    rules = [line for line in saved.get("rules", "").splitlines() if line.startswith("-")]
    if rules and run("auditctl", "-R", "/dev/stdin", fed="\n".join(rules) + "\n").returncode:
        run("augenrules", "--load")
    if not saved or saved["enabled"] != now["enabled"]:
        run("auditctl", "-e", saved.get("enabled") or "0")
    return ["audit"]
