"""Debian's packages: what was installed, in which version, and by whom asked for; and back to that."""

from __future__ import annotations

import glob
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

from . import logs
from .commands import found, output, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_APT = ("apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300", "--no-install-recommends")
_PLANNED = re.compile(r"^(Inst|Remv|Purg) (\S+)(?: \[([^\]]+)\])?", re.MULTILINE)
_PATIENCE = 1800  # seconds for one command that installs or removes
LISTS = "/var/lib/apt/lists/*_Packages*"
"""What a mirror has. A new image has none, and a folder of lists that looks fresh to Ansible's ``cache_valid_time``."""
BROUGHT_BY_ANSIBLE = {"python3-apt"}
"""Its module ``apt`` installs that where it is missing."""
ACCOUNTS = [
    f"/etc/{name}{end}" for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid") for end in ("", "-")
]
"""The account files and their backups: packages' scripts add users."""
WRITTEN_BY_SCRIPTS = [
    *ACCOUNTS,
    "/etc/rc?.d",
    "/etc/init.d/.depend.*",
    "/etc/systemd/system",
    "/etc/alternatives",
    "/etc/pam.d",
    "/var/lib/pam",
    "/var/lib/systemd/deb-systemd-helper-enabled",
    "/var/lib/systemd/deb-systemd-helper-masked",
    "/var/lib/systemd/deb-systemd-user-helper-enabled",
    "/var/lib/dpkg/statoverride",
    "/var/lib/dpkg/diversions",
    "/var/lib/dpkg/alternatives",
]
"""What packages' installation scripts change outside of their own files."""
READ_BY_SCRIPTS = ("/etc/alternatives", "/var/lib/dpkg", "/var/lib/systemd", "/var/lib/pam")
"""Of these, what removal scripts need as installation left it: it is put back only after the packages."""


def installed() -> dict[str, list[str]]:
    """Every package that dpkg knows, by name (with ``:architecture`` where it is foreign): status and version."""
    listed = output("dpkg-query", "-W", "-f", "${binary:Package}\t${db:Status-Abbrev}\t${Version}\n")
    rows = (line.split("\t") for line in listed.splitlines())
    return {_short(name): [status.strip(), version] for name, status, version in rows}


def _short(name: str) -> str:
    """``libc6:amd64`` and ``libc6`` both without the architecture, as apt prints its own."""
    return name.rpartition(":")[0] if name.endswith((":amd64", ":arm64")) else name


def managed() -> bool:
    """Whether this host has dpkg and apt."""
    return found("dpkg-query") and found("apt-get")


def capture(touched: list[str], keep_in: str, removals: Iterable[str] = ()) -> dict[str, Any]:
    """What is installed now, what installing the missing ones of ``touched`` would bring, and ``removals`` take along.

    The archives of those that are installed are kept in the folder ``keep_in`` where the mirror still has them, so that
    a removed one comes back without it.

    Raises:
        CommandError: dpkg does not answer.
    """
    touched = sorted({*touched, *BROUGHT_BY_ANSIBLE})
    known = installed()
    missing = [name for name in touched if not present(known, name)]
    if missing and not glob.glob(LISTS):
        run("apt-get", "-q", "update", patience=_PATIENCE)
    coming = _planned("install", missing) if missing else {}
    if missing and not coming:  # one unknown name must not hide what the others bring
        for name in missing:
            coming.update(_planned("install", [name]))
    leaving = [name for name in removals if present(known, name)]
    going = _planned("remove", leaving) if leaving else {}
    archives = _archives([name for name in {*touched, *going} if present(known, name)], known, keep_in)
    return {
        "known": known,
        "touched": touched,
        "coming": sorted({*coming, *going}),
        "manual": manual(),
        "archives": archives,
    }


def manual() -> list[str]:
    """The packages that somebody asked for, not another package."""
    return output("apt-mark", "showmanual").split()


def present(known: dict[str, list[str]], name: str) -> bool:
    """Whether a package is installed."""
    return known.get(name, [""])[0].endswith("i")


def _planned(verb: str, names: Iterable[str], *options: str) -> dict[str, str]:
    """What apt would do, by package: ``Inst``, ``Remv`` or ``Purg``; nothing if it cannot."""
    done = run("apt-get", "-s", "-q", *options, verb, *names)
    return {} if done.returncode else {_short(name): what for what, name, _ in _PLANNED.findall(done.stdout)}


def _archives(names: list[str], known: dict[str, list[str]], keep_in: str) -> list[str]:
    if not names:
        return []
    os.makedirs(keep_in, mode=0o700, exist_ok=True)
    os.chmod(keep_in, 0o700)
    versions = [f"{name}={known[name][1]}" for name in names]
    download = ("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download")
    if run(*download, *versions, folder=keep_in).returncode:  # one that no mirror has must not keep the others away
        offered = _offered(names)
        versions = [version for version in versions if version in offered]
        if versions:
            run(*download, *versions, folder=keep_in)
    return sorted(each for each in os.listdir(keep_in) if each.endswith(".deb"))


def _offered(names: Iterable[str]) -> set[str]:
    """What mirrors have of packages, as ``name=version``; asks the lists on the host alone."""
    rows = (line.split("|") for line in run("apt-cache", "madison", *names).stdout.splitlines())
    return {f"{row[0].strip()}={row[1].strip()}" for row in rows if len(row) > 1}


def put_back(saved: dict[str, Any], kept_in: str, problem: Callable[[str, object], None]) -> list[str]:
    """Remove what came, with what came along for it; bring back what went; the packages that changed."""
    before = saved["known"]
    logs.put_back()
    settle(problem)
    now = installed()
    came = [name for name in {*saved["touched"], *saved["coming"]} if name in now and not present(before, name)]
    changed = _purge([name for name in came if _state(now, name) != _state(before, name)], before, problem)
    if came:
        # what another package only suggests was not installed for its sake
        plan = _planned("autoremove", (), "--purge", "-o", "APT::AutoRemove::SuggestsImportant=false")
        orphans = [name for name in plan if not present(before, name)]
        changed += _purge(orphans, before, problem)
    now = installed()
    gone = [
        name
        for name in {*saved["touched"], *saved["coming"]}
        if present(before, name) and now.get(name) != before[name]
    ]
    changed += _bring_back(sorted(gone), before, saved["archives"], kept_in, problem)
    _put_marks_back(saved, changed)
    return sorted(set(changed))


def settle(problem: Callable[[str, object], None]) -> None:
    """Finish what an interrupted dpkg left, waiting for one that still works."""
    interrupted = os.listdir("/var/lib/dpkg/updates") if os.path.isdir("/var/lib/dpkg/updates") else []
    if not interrupted and not run("dpkg", "--audit").stdout.strip():
        return
    # through apt, which waits for the lock; with nothing to install it configures what is left
    done = run("dpkg", "--force-confold", "--configure", "-a", patience=_PATIENCE)
    if done.returncode:
        done = run(*_APT, "-o", "Dpkg::Options::=--force-confold", "-f", "install", patience=_PATIENCE)
    if done.returncode:
        problem("dpkg --configure -a", done.stderr.strip()[-300:])


def _purge(names: list[str], before: dict[str, list[str]], problem: Callable[[str, object], None]) -> list[str]:
    """Take packages away, none else going with them; one whose configuration was there before leaves it."""
    names = sorted(set(names))
    if names and set(_planned("purge", names)) - set(names):
        kept = [name for name in names if set(_planned("purge", [name])) - set(names)]
        for name in kept:
            problem(name, "it stays: a package that was installed since needs it")
        names = [name for name in names if name not in kept]
    logs.set_aside(names)
    try:
        _take_away(names, before, problem)
    finally:
        logs.put_back()
    return names


def _take_away(names: list[str], before: dict[str, list[str]], problem: Callable[[str, object], None]) -> None:
    for verb, option, chosen in (
        ("remove", "--remove", [name for name in names if name in before]),
        ("purge", "--purge", [name for name in names if name not in before]),
    ):
        if chosen and run(*_APT, verb, *chosen, patience=_PATIENCE).returncode:
            # a half-installed one can block apt
            done = run("dpkg", option, "--force-remove-reinstreq", *chosen, patience=_PATIENCE)
            if done.returncode:
                problem(f"{verb} {' '.join(chosen)}", done.stderr.strip()[-300:])


def _bring_back(
    names: list[str],
    before: dict[str, list[str]],
    archives: list[str],
    kept_in: str,
    problem: Callable[[str, object], None],
) -> list[str]:
    if not names:
        return []
    files = {each.split("_")[0]: os.path.join(kept_in, each) for each in archives}
    wanted = [files.get(name, f"{name}={before[name][1]}") for name in names]
    options = (
        "--allow-downgrades",
        "--reinstall",
        "-o",
        "Dpkg::Options::=--force-confold",
        "-o",
        "Dpkg::Options::=--force-confmiss",
    )
    done = run(*_APT, *options, "install", *wanted, patience=_PATIENCE)
    if not done.returncode:
        return names
    back = []
    for name, source in zip(names, wanted):
        done = run(*_APT, *options, "install", source, patience=_PATIENCE)
        if done.returncode:
            problem(name, f"version {before[name][1]} cannot be had: {done.stderr.strip()[-200:]}")
        else:
            back.append(name)
    return back


def _put_marks_back(saved: dict[str, Any], changed: list[str]) -> None:
    known, asked_for = installed(), set(saved["manual"])
    about = [name for name in {*saved["touched"], *saved["coming"], *changed} if present(known, name)]
    now = set(manual())
    for verb, names in (
        ("auto", [name for name in about if name in now - asked_for]),
        ("manual", [name for name in about if name in asked_for - now]),
    ):
        if names:
            run("apt-mark", verb, *names)


def differences(saved: dict[str, Any]) -> list[str]:
    """The touched packages, and those that came with them, which are not as they were."""
    now, before = installed(), saved["known"]
    return sorted(name for name in {*saved["touched"], *saved["coming"]} if _state(now, name) != _state(before, name))


def _state(known: dict[str, list[str]], name: str) -> list[str]:
    """Status and version; a package of which nothing is left is like one that was never known."""
    status, version = known.get(name, ["un", ""])
    return ["un", ""] if status in ("un", "pn") else [status, version]


def space(folder: str) -> int:
    """Free bytes for root where a folder is."""
    return shutil.disk_usage(folder).free
