"""Whether a host can be changed without locking anyone out: asked before anything is. Writes nothing.

Each refusal is one line that says what is wrong and how to mend it, in French and English.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import time
from typing import TYPE_CHECKING, Any

from ansible.module_utils.joliba.restore import commands, points, revert
from ansible.module_utils.joliba.ssh_keys import opening_key

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = {"/": 64 << 20, "/var": 256 << 20, "/etc": 16 << 20}
"""Free bytes, by folder: restore points lie in /var."""
CLOCK = 300
"""Seconds that the host's clock may differ from the controller's."""
SHADOW = "/etc/shadow"
SUDO = "/usr/bin/sudo"
_INODES = 1000
_PAUSE = 2  # seconds between two looks at a lock
_DAY = 24 * 3600
_LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock")
_NO_LOGIN = ("nologin", "false", "sync")

Refusal = dict[str, str]


def refusals(asked: dict[str, Any]) -> list[Refusal]:
    """All that speaks against a run, each with ``code``, ``en`` and ``fr``.

    Args:
        asked: ``run`` (its id, may be empty), ``sudo_group`` and ``login_groups`` (what hardening will require of the
            account), ``joining`` (accounts that it makes members itself), ``now`` (the controller's seconds since 1970;
            0: not compared), ``second_way``, ``patience`` (seconds for which dpkg's and apt's locks are waited for: a
            host that has just booted updates itself).
    """
    account = os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    sudo_group, login_groups = asked["sudo_group"], asked["login_groups"]
    told = [
        *(_groups(account, sudo_group, login_groups) if account not in asked["joining"] else ()),
        *(_second_way(account, sudo_group, login_groups) if asked["second_way"] else ()),
        *(_loses_sudo({account, *asked["joining"]}, sudo_group) if sudo_group else ()),
        *_disk(),
        *_other_run(asked["run"]),
        *_clock(asked["now"]),
        *_configuration(),
    ]
    return [*told, *_packages(0 if told else asked["patience"])]


def _refusal(code: str, en: str, fr: str) -> Refusal:
    return {"code": code, "en": en, "fr": fr}


def _groups(account: str, sudo_group: str, login_groups: list[str]) -> Iterator[Refusal]:
    if account == "root":
        return
    if sudo_group and sudo_group not in groups_of(account):
        yield _refusal(
            "sudo-group",
            f"{account} is not in the group {sudo_group}, which alone may run sudo after R38: "
            f"usermod -aG {sudo_group} {account}",
            f"{account} n'est pas dans le groupe {sudo_group}, qui seul pourra lancer sudo après R38 : "
            f"usermod -aG {sudo_group} {account}",
        )
    if login_groups and not groups_of(account) & set(login_groups):
        listed = ", ".join(login_groups)
        yield _refusal(
            "login-group",
            f"{account} is in none of the groups that may log in by SSH ({listed}): "
            f"usermod -aG {login_groups[0]} {account}",
            f"{account} n'est dans aucun des groupes admis par SSH ({listed}) : "
            f"usermod -aG {login_groups[0]} {account}",
        )


def groups_of(account: str) -> set[str]:
    """Names of an account's groups at its next login."""
    try:
        gids = os.getgrouplist(account, pwd.getpwnam(account).pw_gid)
    except KeyError:
        return set()
    known = {each.gr_gid: each.gr_name for each in grp.getgrall()}
    return {known[gid] for gid in gids if gid in known}


def _second_way(account: str, sudo_group: str, login_groups: list[str]) -> Iterator[Refusal]:
    others = (each for each in pwd.getpwall() if each.pw_name != account and may_log_in(each))
    if not any(
        administers(each) and has_key(each) and stays(each.pw_name, sudo_group, login_groups) for each in others
    ):
        yield _refusal(
            "second-way",
            f"{account} is the only administrator with a key (root is none): "
            "give a second one an SSH key and sudo before this run",
            f"{account} est le seul administrateur muni d'une clé (root n'en est pas un) : "
            "donnez à un second une clé SSH et sudo avant ce passage",
        )


def _loses_sudo(spared: set[str], sudo_group: str) -> Iterator[Refusal]:
    """Whom a rule of sudoers lets use sudo, and who could not execute it after R38."""
    losing = [
        user.pw_name
        for user in pwd.getpwall()
        if user.pw_name not in spared
        and not groups_of(user.pw_name) & {sudo_group, "sudo"}
        and may_log_in(user)
        and administers(user)
    ]
    if losing and _everybody_executes(SUDO):
        listed = ", ".join(losing)
        yield _refusal(
            "loses-sudo",
            f"sudoers lets {listed} use sudo, which only the group {sudo_group} can after R38: "
            f"usermod -aG {sudo_group} {losing[0]}, or take the rule away",
            f"sudoers admet {listed}, et seul le groupe {sudo_group} pourra lancer sudo après R38 : "
            f"usermod -aG {sudo_group} {losing[0]}, ou retirez la règle",
        )


def _everybody_executes(program: str) -> bool:
    try:
        return bool(os.stat(program).st_mode & stat.S_IXOTH)
    except FileNotFoundError:
        return False


def may_log_in(user: pwd.struct_passwd) -> bool:
    """Whether an account has a shell and has not expired."""
    has_shell = os.path.basename(user.pw_shell) not in _NO_LOGIN and os.access(user.pw_shell or "/bin/sh", os.X_OK)
    expires = _expiries().get(user.pw_name, "")
    return has_shell and not (expires.isdecimal() and int(expires) <= time.time() // _DAY)


def _expiries() -> dict[str, str]:
    """The day since 1970 on which each account ends, empty for none."""
    with open(SHADOW, encoding="utf-8", errors="replace") as source:
        rows = [line.rstrip("\n").split(":") for line in source]
    return {row[0]: row[7] for row in rows if len(row) > 7}  # noqa: PLR2004  shadow(5)


def administers(user: pwd.struct_passwd) -> bool:
    """Whether an account may use sudo. root is nobody's own, and hardening closes its login (R33)."""
    asked = commands.run("sudo", "-n", "-l", "-U", user.pw_name) if user.pw_uid else None
    return asked is not None and "may run the following" in asked.stdout


def stays(account: str, sudo_group: str, login_groups: list[str]) -> bool:
    """Whether the run leaves an administrator in: R38 takes the members of the group sudo along."""
    groups = groups_of(account)
    return (not sudo_group or bool(groups & {sudo_group, "sudo"})) and (
        not login_groups or bool(groups & set(login_groups))
    )


def has_key(user: pwd.struct_passwd) -> bool:
    """Whether an account has a public key where sshd looks, or sshd trusts an authority for users."""
    settings = _sshd(user.pw_name)
    if settings.get("trustedusercakeys", "none") != "none":
        return True
    for pattern in settings.get("authorizedkeysfile", ".ssh/authorized_keys").split():
        path = pattern.replace("%h", user.pw_dir).replace("%u", user.pw_name).replace("%%", "%")
        try:
            with open(os.path.join(user.pw_dir, path), encoding="utf-8", errors="replace") as source:
                if any(map(opening_key, source)):
                    return True
        except OSError:
            continue
    return False


def _sshd(account: str) -> dict[str, str]:
    shown = commands.run("sshd", "-T", "-C", f"user={account},host=localhost,addr=127.0.0.1").stdout
    return {name: value for name, _, value in (line.partition(" ") for line in shown.splitlines())}


def _disk() -> Iterator[Refusal]:
    for folder, needed in NEEDED.items():
        status = os.statvfs(folder)
        if status.f_flag & os.ST_RDONLY:
            yield _refusal(
                "read-only",
                f"{folder} is mounted read-only: see dmesg for the disk's errors, then mount -o remount,rw {folder}",
                f"{folder} est monté en lecture seule : voir dmesg pour les erreurs du disque, "
                f"puis mount -o remount,rw {folder}",
            )
        elif status.f_bavail * status.f_frsize < needed or (status.f_files and status.f_favail < _INODES):
            mib = needed >> 20
            yield _refusal(
                "disk-full",
                f"{folder} has less than {mib} MiB or {_INODES} files left: free some "
                "(apt-get clean, journalctl --vacuum-size=50M)",
                f"{folder} a moins de {mib} Mio ou {_INODES} fichiers libres : libérez-en "
                "(apt-get clean, journalctl --vacuum-size=50M)",
            )


def _packages(patience: float) -> Iterator[Refusal]:
    end = time.monotonic() + patience
    while held := [(holder, path) for path in _LOCKS if (holder := lock_holder(path))]:
        if time.monotonic() > end:
            holder, path = held[0]
            yield _refusal(
                "packages-locked",
                f"{holder} holds {path}: wait until it ends (systemctl stop unattended-upgrades)",
                f"{holder} tient {path} : attendez qu'il finisse (systemctl stop unattended-upgrades)",
            )
            return
        time.sleep(_PAUSE)
    if commands.found("dpkg") and commands.run("dpkg", "--audit").stdout.strip():
        yield _refusal(
            "packages-broken",
            "an installation was interrupted: dpkg --configure -a",
            "une installation a été interrompue : dpkg --configure -a",
        )


def lock_holder(path: str) -> str:
    """Who holds dpkg's or apt's lock on a file, like ``apt-get (412)``; empty if nobody does. Takes no lock itself."""
    try:
        inode = os.stat(path).st_ino
        with open("/proc/locks", encoding="ascii") as source:
            held = [line.split() for line in source]
    except OSError:
        return ""
    for row in held:
        if row[1] == "POSIX" and row[5].rpartition(":")[2] == str(inode):
            return f"{_program(row[4])} ({row[4]})"
    return ""


def _program(pid: str) -> str:
    try:
        with open(f"/proc/{int(pid)}/comm", encoding="utf-8", errors="replace") as source:
            return source.read().strip()
    except OSError:
        return "a program"


def _other_run(run: str) -> Iterator[Refusal]:
    state = revert.at_work()
    if not state or state["run"] == run:
        return
    left = max(0, round(revert.remaining(state)))
    if state["run"] == points.ROLLBACK:
        yield _refusal(
            "other-run",
            f"a rollback waits here for a new login, and is taken back in {left} s: wait for it, or roll back again",
            f"un retour arrière attend ici une nouvelle connexion, et part dans {left} s : attendez, ou refaites-le",
        )
    else:
        yield _refusal(
            "other-run",
            f"run {state['run']} is at work here, its revert fires in {left} s: wait for it, "
            f"or joliba rollback {state['run']}",
            f"le passage {state['run']} est en cours ici, son retour arrière part dans {left} s : attendez-le, "
            f"ou joliba rollback {state['run']}",
        )


def _clock(now: float) -> Iterator[Refusal]:
    off = round(time.time() - now) if now else 0
    if abs(off) > CLOCK:
        yield _refusal(
            "clock",
            f"the clock is {off:+d} s off the controller's: set it (timedatectl set-ntp true, or chronyc makestep)",
            f"l'horloge diffère de {off:+d} s de celle du contrôleur : mettez-la à l'heure "
            "(timedatectl set-ntp true, ou chronyc makestep)",
        )


def _configuration() -> Iterator[Refusal]:
    """What is broken already would only show at the next restart, and be blamed on the run."""
    for program, *command in (("sshd", "sshd", "-t"), ("visudo", "visudo", "-c", "-q")):
        done = commands.run(*command) if commands.found(program) else None
        if done and done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[:200]
            yield _refusal(
                f"{program}-refuses",
                f"{' '.join(command)} refuses the present configuration: mend it first: {said}",
                f"{' '.join(command)} refuse la configuration actuelle : corrigez-la d'abord : {said}",
            )
