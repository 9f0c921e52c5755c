"""Units of systemd: whether they run, whether they will, and what their services may do."""

from __future__ import annotations

import fnmatch
import functools

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, output

_KINDS = ("*.service", "*.socket", "*.timer")
_PROPERTIES = "Id,Names,LoadState,ActiveState,SubState,StandardOutput,User,DynamicUser,NoNewPrivileges,ProtectSystem"
_LASTING = {"enabled", "enabled-runtime", "static", "alias", "generated", "indirect"}
_FULL_RIGHTS = {"", "root", "0"}


def unit(name: str) -> Observed:
    """A unit, ``enabled`` or ``disabled``: running now, and at the next start. None if there is none."""
    files = _files()
    if name not in files and name not in _loaded():
        return Observed(None, None)
    active = _loaded().get(name, {}).get("ActiveState") in ("active", "activating", "reloading")
    lasting = files.get(name) in _LASTING
    return Observed(_word(active), _word(lasting))


def services_beyond(known: dict[str, list[str]]) -> Observed:
    """Services and sockets that run or are enabled, and that nobody declared.

    Args:
        known: ``declared`` and ``base``, names or patterns of names; ``.service`` may be left out.
    """
    patterns = [_full(name) for name in [*known["declared"], *known["base"]]]

    def beyond(names: list[str]) -> list[str]:
        return sorted(name for name in names if not any(fnmatch.fnmatchcase(name, each) for each in patterns))

    running = [name for name, each in _loaded().items() if each.get("SubState") in ("running", "listening")]
    enabled = [name for name, state in _files().items() if state == "enabled"]
    kinds = (".service", ".socket")
    return Observed(
        beyond([name for name in running if name.endswith(kinds)]),
        beyond([name for name in enabled if name.endswith(kinds)]),
    )


def services_as_root(names: list[str]) -> Observed:
    """Which of these services run with all of root's rights."""
    return Observed(
        [name for name, each in _of(names) if each.get("User", "") in _FULL_RIGHTS and each.get("DynamicUser") != "yes"]
    )


def services_unconfined(names: list[str]) -> Observed:
    """Which of these services may gain privileges or write to the system's files."""
    return Observed(
        [
            name
            for name, each in _of(names)
            if each.get("NoNewPrivileges") != "yes" or each.get("ProtectSystem") not in ("yes", "full", "strict")
        ]
    )


def services_unlogged(names: list[str]) -> Observed:
    """Which of these services throw away what they print."""
    return Observed([name for name, each in _of(names) if each.get("StandardOutput") == "null"])


def enabled(name: str) -> bool:
    """Whether a unit is started with the system."""
    return _files().get(name) in _LASTING


def _of(names: list[str]) -> list[tuple[str, dict[str, str]]]:
    if not names:
        raise NotApplicable("no service is declared for this host")
    found = [(name, _loaded()[_full(name)]) for name in names if _full(name) in _loaded()]
    if not found:
        raise Unmeasured(f"none of these services is loaded: {', '.join(names)}")
    return found


def _full(name: str) -> str:
    return name if name.endswith((".service", ".socket", ".timer")) else f"{name}.service"


def _word(holds: bool) -> str:
    return "enabled" if holds else "disabled"


@functools.cache
def _files() -> dict[str, str]:
    lines = output("systemctl", "list-unit-files", "--no-legend", "--no-pager", "--full", *_types()).splitlines()
    return {words[0]: words[1] for words in map(str.split, lines) if len(words) > 1}


@functools.cache
def _loaded() -> dict[str, dict[str, str]]:
    """Properties of each loaded unit, by all of its names."""
    found: dict[str, dict[str, str]] = {}
    shown = output("systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", *_KINDS)
    for paragraph in shown.strip().split("\n\n"):
        each = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)
        if each.get("LoadState") == "loaded":
            found.update(dict.fromkeys([each.get("Id", ""), *each.get("Names", "").split()], each))
    return found


def _types() -> list[str]:
    return [f"--type={kind[2:]}" for kind in _KINDS]


PROBES = {
    "unit": unit,
    "services_beyond": services_beyond,
    "services_as_root": services_as_root,
    "services_unconfined": services_unconfined,
    "services_unlogged": services_unlogged,
}
