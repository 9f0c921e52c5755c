"""The folder of runs: ``<JOLIBA_HOME>/runs/<run id>/record.json``, each readable by this user alone."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from infra import environment
from infra.errors import JolibaError
from infra.hosts.record import RuleVerdict, RunRecord, decode_record, encode_record
from infra.hosts.signature import public_key, refusal, sign_file, signature_file

LATEST = "latest"
RECORD = "record.json"
_AT_WORK = "ansible"
_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class KeptRecord:
    """A record as it is kept. ``signed`` says whether a signature of this installation covers its bytes."""

    record: RunRecord
    file: Path
    signed: bool


def runs_folder() -> Path:
    """Where runs are kept."""
    return environment.home() / "runs"


def run_ids() -> list[str]:
    """The runs that left a record, the oldest first: their names begin with their start in UTC."""
    return sorted(file.parent.name for file in runs_folder().glob(f"*/{RECORD}"))


@contextmanager
def at_work(folder: Path) -> Iterator[Path]:
    """A run's folder for Ansible, which goes with the run; those that killed runs have left go first."""
    for left in runs_folder().glob(f"*/{_AT_WORK}"):
        with suppress(FileNotFoundError), _held(left.parent) as free:  # another run may have removed it
            if free:
                shutil.rmtree(left, ignore_errors=True)
                with suppress(OSError):  # it has a record
                    left.parent.rmdir()
    with _held(folder):
        private = folder / _AT_WORK
        private.mkdir(mode=0o700)
        try:
            yield private
        finally:
            shutil.rmtree(private, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Whether no other process holds a folder; it is ours meanwhile, and nobody's once this process is gone."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except BlockingIOError:
        free = False
    try:
        yield free
    finally:
        os.close(descriptor)


def keep(record: RunRecord, folder: Path) -> None:
    """Write a run's record into its folder, signed: there is none without its signature."""
    new = folder / "new.json"
    new.touch(mode=0o600)
    new.write_text(encode_record(record), encoding="utf-8")
    sign_file(new).rename(signature_file(folder / RECORD))
    new.rename(folder / RECORD)


def read_run(name: str = LATEST) -> KeptRecord:
    """A run's record by its id, its file, or ``latest``.

    Raises:
        JolibaError: there is no such run, its record cannot be read, or it is not what was signed as that run.
    """
    file = _file(name)
    try:
        text = file.read_bytes()
        record = decode_record(text.decode("utf-8"))
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=file, reason=error.strerror) from error
    except ValueError as error:
        raise JolibaError("{file}: no record that can be read ({reason})", file=file, reason=error) from error
    if not _RUN_ID.fullmatch(record.run):
        raise JolibaError("{file}: no record that can be read ({reason})", file=file, reason=repr(record.run))
    own = runs_folder().resolve() in file.resolve().parents
    if own and record.run != file.resolve().parent.name:
        told = "{file}: it is the record of another run, {run}; no report is made of it"
        raise JolibaError(told, file=file, run=record.run)
    return KeptRecord(record=record, file=file, signed=_signed(file, text, own=own))


def earlier_runs(record: RunRecord) -> tuple[list[RunRecord], list[str]]:
    """The kept runs that began before this one, the oldest first; the names of those that are refused or unreadable."""
    found, left_out = [], []
    known: dict[RuleVerdict, RuleVerdict] = {}
    for name in run_ids():
        if name == record.run:
            continue
        try:
            kept = read_run(name)
        except JolibaError:
            left_out.append(name)
            continue
        if kept.record.started < record.started:
            found.append(_sharing(kept.record, known))
    return found, left_out


def _sharing(record: RunRecord, known: dict[RuleVerdict, RuleVerdict]) -> RunRecord:
    """The record, made of known verdicts where they are the same: most are, of host to host and of day to day.

    A run of 300 hosts and 400 rules takes 40 MB by itself.
    """
    return replace(
        record,
        hosts=tuple(
            replace(host, verdicts=tuple(known.setdefault(each, each) for each in host.verdicts))
            for host in record.hosts
        ),
    )


def _signed(file: Path, content: bytes, *, own: bool) -> bool:
    """Whether what was read of a record is signed with this installation's key; False too if it has none yet.

    Raises:
        JolibaError: one of this installation's ``own`` runs, each of which is signed, is not or no longer; or the key
            is gone.
    """
    key = public_key()
    if key is None:
        return False
    found = refusal(file, key, content)
    if found and own:
        raise JolibaError("{file}: {why}; no report is made of it", file=file, why=found.told)
    return found is None


def _file(name: str) -> Path:
    if name == LATEST:
        known = run_ids()
        if not known:
            raise JolibaError("no run has left a record in {folder}: joliba audit makes one", folder=runs_folder())
        return runs_folder() / known[-1] / RECORD
    if name.endswith(".json"):
        return Path(name)
    if not _RUN_ID.fullmatch(name):
        raise JolibaError("{name!r} is no run's name: write one like 20261124T031500Z-audit-1a2b, or latest", name=name)
    file = runs_folder() / name / RECORD
    if not file.is_file():
        last = ", ".join(run_ids()[-5:]) or "-"
        raise JolibaError("there is no run {name}; the last ones are: {last}", name=name, last=last)
    return file
