"""The timed revert: systemd on the host puts a run back by itself, unless the controller proves first that it gets in.

``armed.json`` says what is due and when; the timer only asks. It asks at the deadline, at each boot (a power cut in
the middle of a run is the very case), and once a minute besides, so that one missed elapse locks nobody out.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import Any

from . import durable, files, points, restoring, rollback, since, units
from .commands import CommandError, booted_with_systemd, output, run
from .points import REVERT_LINK, REVERT_UNITS, STORE, Refused

SHORTEST, LONGEST = 5, 24 * 3600  # seconds
_ATTEMPTS = 5
_ROLLBACK = 300  # seconds after which a rollback that was cut off goes on by itself; at a boot it does at once
_SLACK = 2  # seconds that a timer may be early
_TIMER = "joliba-revert.timer"
_SERVICE = """\
# Joliba: written while a run is at work on this host, removed once access to it is proven.
[Unit]
Description=Put back what an unproven Joliba run changed
RequiresMountsFor={program}

[Service]
# no oneshot: once disarming has removed this file, its start would time out by default in the midst of the last steps
Type=simple
ExecStart={python} -ISB {program} due
OOMScoreAdjust=-900
"""
_TIMER_TEXT = """\
# Joliba: written while a run is at work on this host, removed once access to it is proven.
[Unit]
Description=Deadline of a Joliba run

[Timer]
OnActiveSec={seconds}
OnBootSec=1
OnUnitInactiveSec=60
AccuracySec=1s
"""


def armed(store: str = STORE) -> dict[str, Any] | None:
    """What is armed: ``run``, ``deadline`` (seconds since this boot), ``boot``; None if nothing is."""
    found: dict[str, Any] | None = durable.read_json(os.path.join(store, "armed.json"))
    return found


def remaining(state: dict[str, Any]) -> float:
    """Seconds until an armed revert is due; 0 or less once it is, as at any boot."""
    return float(state["deadline"] - _uptime()) if state["boot"] == _boot() else 0.0


def _uptime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
        return source.read().strip()


def at_work(store: str = STORE) -> dict[str, Any] | None:
    """What is armed and has a timer that asks for it; what lost its timer holds nobody up."""
    state = armed(store)
    return state if state and run("systemctl", "is-active", "--quiet", _TIMER).returncode == 0 else None


def arm(name: str, seconds: int, *, store: str = STORE) -> float:
    """Arm a run's revert, or give it a new deadline; the seconds that remain.

    Args:
        name: the run, which has a restore point.
        seconds: from now to the deadline.
        store: the folder of all points.

    Raises:
        Refused: there is no such point, another run is at work or has saved this host since, or systemd does not take
            the timer.
    """
    _possible(seconds)
    folder = os.path.join(store, points.checked(name))
    if not booted_with_systemd():
        raise Refused("systemd does not run here: nothing would fire the revert")
    alone(name, store)  # at once, rather than once a rollback that holds the lock is over
    with points.locked(store):
        alone(name, store)
        known = [point["run"] for point in points.listed(store)]
        if name not in known:
            raise Refused(
                f"run {name} has no restore point on this host: create it first, anew if a rollback came in between"
            )
        if name != known[-1] and (armed(store) or {}).get("run") != name:  # that one may be about to begin
            raise Refused(f"run {known[-1]} has saved this host since run {name} did: begin another one")
        durable.write(os.path.join(folder, points.BEGUN), b"")
        for left in (
            points.OUTCOME,
            since.AFTER,
            since.LEFT,
        ):  # by an earlier use of its name: the revert puts all of it back
            durable.remove(os.path.join(folder, left))
        _arm(name, seconds, store)
    return float(seconds)


def alone(name: str, store: str = STORE) -> None:
    """See that no other run is at work.

    Raises:
        Refused: one is.
    """
    other = at_work(store)
    if other and other["run"] != name:
        raise Refused(
            f"run {other['run']} is at work on this host: wait {max(0, remaining(other)):.0f} s, or roll it back"
        )


def _possible(seconds: int) -> None:
    if not SHORTEST <= seconds <= LONGEST:
        raise Refused(f"a deadline of {seconds} s: {SHORTEST} to {LONGEST} are possible")


def _arm(name: str, seconds: int, store: str, *, attempts: int = 0) -> None:
    program = os.path.join(store, name, "program")
    state = {"run": name, "deadline": _uptime() + seconds, "boot": _boot()}
    durable.write_json(os.path.join(store, "armed.json"), {**state, "attempts": attempts})
    service, timer = REVERT_UNITS
    written = [
        durable.write_other(service, _SERVICE.format(python=sys.executable, program=program).encode(), 0o644),
        durable.write_other(timer, _TIMER_TEXT.format(seconds=seconds).encode(), 0o644),
    ]
    os.makedirs(os.path.dirname(REVERT_LINK), exist_ok=True)
    if not os.path.islink(REVERT_LINK):
        durable.remove(REVERT_LINK)
        os.symlink(timer, REVERT_LINK)
        durable.sync_folder(os.path.dirname(REVERT_LINK))
    try:
        if any(written):  # a renewal writes the same: some seconds less on a slow host, at each recommendation
            output("systemctl", "daemon-reload")
        output("systemctl", "restart", _TIMER)
        output("systemctl", "is-active", _TIMER)
    except CommandError as error:
        raise Refused(f"systemd does not take the timer: {error}") from error


def renew(name: str, seconds: int, *, store: str = STORE) -> float:
    """Give an armed run a new deadline; the seconds that remain.

    Raises:
        Refused: it is not armed: its revert fired meanwhile, or it was disarmed.
    """
    _possible(seconds)
    with points.locked(store):  # a revert that just fires ends first, and is not taken for one that waits
        _must_be_armed(name, store)
        _arm(name, seconds, store)
    return float(seconds)


def disarm(name: str, *, store: str = STORE) -> None:
    """Let a run's changes stand.

    Raises:
        Refused: it is not armed: its revert fired meanwhile, or another run is armed; or what it leaves cannot be
            noted, without which a rollback would take what others do from now on for the run's.
    """
    with points.locked(store):  # not in the middle of a revert that just fired
        _must_be_armed(name, store)
        if name != points.ROLLBACK:
            _note_what_stands(name, store)
        os.sync()  # what stands from now on outlives a power cut
        _disarm(name, store)
        if name == points.ROLLBACK:
            rollback.end(store)


def _note_what_stands(name: str, store: str) -> None:
    try:
        since.note(name, store)
    except (*since.UNTOLD, Refused) as why:
        raise Refused(f"what this run leaves cannot be noted, for a rollback to know it: {why}") from why


def _must_be_armed(name: str, store: str) -> None:
    state = armed(store)
    if state is None or state["run"] != points.checked(name) or state["attempts"]:
        point = durable.read_json(os.path.join(store, name, points.OUTCOME))
        fired = " (it fired, and this host is as it was before the run)" if point else ""
        raise Refused(f"no revert of run {name} is armed{fired}")


def _disarm(name: str, store: str) -> None:
    """Remove the timer; ``armed.json`` goes last, since without it nothing is due, and before it nothing is lost."""
    state = armed(store)
    if state is None or state["run"] != name:
        return
    if booted_with_systemd():
        run("systemctl", "stop", _TIMER)
    with _folders_times_kept():
        for path in (REVERT_LINK, *REVERT_UNITS):
            durable.remove(path)
    units.reload_systemd()
    durable.remove(os.path.join(store, "armed.json"))


def _folders_times_kept() -> contextlib.AbstractContextManager[None]:
    return files.times_kept(os.path.dirname(path) for path in (REVERT_LINK, *REVERT_UNITS))


def restore(
    name: str | None,
    *,
    store: str = STORE,
    again: bool = False,
    program: dict[str, str] | None = None,
    seconds: int = _ROLLBACK,
) -> list[restoring.Outcome]:
    """Put back the state of before a run, and of later ones first, and disarm them.

    Armed meanwhile, for half of it may lock out: the group that SSH asks for is gone before SSH asks for none. So may
    the whole, where others removed what a login rested on before: with ``program`` the host is saved first, and goes
    back to that unless `points.ROLLBACK` is disarmed within ``seconds`` from the end. Where it cannot be, or where the
    run's own revert is armed, it is put back without.

    Args:
        name: the run; None for the last one.
        store: the folder of all points.
        again: also if it was put back already, for what has changed in the few minutes since.
        program: this package's files by name, for the way back.
        seconds: until that way is taken.

    Raises:
        Refused: there is no such point, or it cannot be told what others did since.
    """
    _possible(seconds)
    with points.locked(store):
        outcomes = _restore(name, store, again=again, program=program)
        if program and _rolls_back(store):
            with _folders_times_kept():
                _arm(points.ROLLBACK, seconds, store)
        return outcomes


def _rolls_back(store: str) -> bool:
    """Whether a rollback is armed, that waits to be proven."""
    return (at_work(store) or {}).get("run") == points.ROLLBACK


def _restore(
    name: str | None, store: str, *, again: bool, program: dict[str, str] | None = None
) -> list[restoring.Outcome]:
    waits = rollback.undoes(store) if program and _rolls_back(store) else []
    if waits and name is None:
        name = waits[-1]  # one that was cut off is ended
    before, chain = armed(store), restoring.chain(name, store, again=again)
    if waits and not {point["run"] for point in chain} <= {*waits}:
        raise Refused(
            f"a rollback of {waits[0]} waits to be proven: roll back without a run's name, or wait for its end"
        )
    if chain:
        points.forget_unbegun(store)  # they hold what is put back now: whoever saved them is to begin anew
    for point in chain:
        points.free_ballast(point["run"], store)
    if chain and booted_with_systemd() and not (program and _guarded(chain, program, store)):
        with contextlib.suppress(Refused, OSError):  # what cannot be armed is put back all the same
            _arm(chain[-1]["run"], _ROLLBACK, store, attempts=1)
    ended = []

    def finish(outcome: restoring.Outcome) -> None:
        ended.append(outcome["run"])
        _disarm(outcome["run"], store)

    try:
        return restoring.restore(chain, store, finish)
    except Refused:
        if chain and not before:
            _disarm(chain[-1]["run"], store)
            if not ended:  # nothing was changed
                _disarm(points.ROLLBACK, store)
        raise


def _guarded(chain: list[dict[str, Any]], program: dict[str, str], store: str) -> bool:
    """Save the host as it is, and arm the way back to it; whether that could be done."""
    if at_work(store) and not _rolls_back(store):
        return False  # a run that nobody has proven: what it did is no way in to go back to
    try:
        if not _rolls_back(store):
            rollback.end(store)  # of one that is over
            rollback.begin(chain, program, store)
        _arm(points.ROLLBACK, _ROLLBACK, store)
    except (Refused, OSError, CommandError):
        _disarm(points.ROLLBACK, store)
        rollback.end(store)
        return False
    return True


def rescue(name: str, *, store: str = STORE) -> list[restoring.Outcome]:
    """Put back a run that has just failed: its own changes, and no other run's.

    One that was never armed has changed nothing: its point goes. One after which another run has begun is left to that
    run's point, or to the revert that fired before.

    Raises:
        Refused: it cannot be told what others did since.
    """
    if not os.path.exists(os.path.join(store, points.checked(name), points.BEGUN)):
        points.forget([name], store=store)
        return []
    with points.locked(store):
        if (armed(store) or {"run": name})["run"] != name or points.listed(store)[-1]["run"] != name:
            return []
        # if its revert has fired, it went on until it was told: what is there now is its own, too
        return _restore(name, store, again=True)


def due(store: str = STORE) -> list[restoring.Outcome]:
    """What the timer asks: put back what is armed if its time has come; nothing if it has not."""
    with points.locked(store):
        state = armed(store)
        if state is None or remaining(state) > _SLACK:
            return []
        attempts = state["attempts"] + 1
        points.free_ballast(state["run"], store)
        with contextlib.suppress(OSError):  # a full disk holds up no way back
            durable.write_json(os.path.join(store, "armed.json"), {**state, "attempts": attempts})

        def finish(outcome: restoring.Outcome) -> None:
            # what could not be put back is tried again in a minute: dpkg's lock may be free by then
            if attempts >= _ATTEMPTS or not outcome["problems"] or restoring.waits_for_a_boot(outcome):
                _disarm(outcome["run"], store)

        return restoring.restore(restoring.chain(state["run"], store, again=True), store, finish)
