"""``scripts/setup``: everything that Joliba needs on this machine. Quick when nothing has changed."""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from infra import environment
from infra.errors import JolibaError
from infra.lab import shared
from infra.toolchain import build, installation, pins, virtualenv
from infra.toolchain.release import LIST


class Steps:
    """What is being done, one line when it begins and one when it has ended."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet

    def say(self, text: str) -> None:
        """One line, at once."""
        if not self.quiet:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step, with its duration."""
        start = time.monotonic()
        self.say(f"- {name}")
        yield
        self.say(f"  done: {name} ({time.monotonic() - start:.0f} s)")


def main() -> None:
    """Set up, or say that there is nothing to do."""
    parser = argparse.ArgumentParser(prog="scripts/setup", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="say nothing unless something fails")
    steps = Steps(quiet=parser.parse_args().quiet)
    os.environ.pop("PYTHONPATH", None)  # it brought this module here, and is nothing for other programs
    try:
        environment.home().mkdir(parents=True, exist_ok=True)
        with one_at_a_time(environment.home() / "setup.lock"):
            set_up(steps)
    except JolibaError as mistake:
        sys.stderr.write(f"scripts/setup: {mistake}\n")
        sys.exit(mistake.exit_code)


def set_up(steps: Steps) -> None:
    """Do what is missing: the environment first, then Pulumi and the lab side by side."""
    mark = environment.home() / "setup.digest"
    unchanged = mark.is_file() and mark.read_text() == digest()
    has_toolchain, has_lab = unchanged and installation.is_complete(), shared.is_complete()
    if has_toolchain and has_lab and virtualenv.is_ready():
        steps.say("Joliba is set up; nothing has changed.")
        return
    mark.unlink(missing_ok=True)
    os.environ.update(virtualenv.index_settings())
    if shutil.which("git") is None:
        virtualenv.system_package("git", "git is missing; resources carry the commit that made them")
    if not virtualenv.is_ready():
        with steps.step(f"Python packages into {environment.virtual_environment()}"):
            virtualenv.install()
    missing = [part for part, is_there in ((toolchain, has_toolchain), (lab, has_lab)) if not is_there]
    with ThreadPoolExecutor() as side_by_side:
        work = [side_by_side.submit(part, steps) for part in missing]
    for done in work:
        done.result()
    mark.write_text(digest())
    steps.say('Joliba is set up. Try ./scripts/demo, or: eval "$(scripts/env)"; pulumi stack ls')


def toolchain(steps: Steps) -> None:
    """Pulumi's command line, language host and OpenStack plugin."""
    with ThreadPoolExecutor() as side_by_side:
        parts: dict[str, Future[Path]] = {}
        for name, what in (("provider", "OpenStack plugin"), ("pulumi", "Pulumi's command line (some minutes, once)")):
            parts[name] = side_by_side.submit(timed, steps, what, name)
    installation.install(parts["pulumi"].result(), parts["provider"].result())


def timed(steps: Steps, what: str, name: str) -> Path:
    """One part of the toolchain, as a step."""
    with steps.step(what):
        return installation.part(name)


def lab(steps: Steps) -> None:
    """The lab's services and their golden copy, in the cache."""
    python = environment.virtual_environment() / "bin" / "python"
    prepare = "import sys; from infra.lab.setup import main; sys.exit(main())"
    with steps.step("The lab's OpenStack services"):
        done = subprocess.run([python, "-P", "-c", prepare], capture_output=steps.quiet, text=True, check=False)
        if done.returncode:
            told = f":\n{done.stderr.strip()}" if steps.quiet else " (see above)"
            raise JolibaError(f"the lab could not be prepared{told}")


def digest() -> str:
    """The digest of all pins, this module's own room included: it decides what is installed."""
    modules = Path(__file__).parent.glob("*.py")
    pinned = [*pins.REQUIREMENTS.glob("*.txt"), LIST, *modules]
    targets = [build.TARGETS[name].digest for name in ("pulumi", "provider")]
    return pins.digest(virtualenv.digest(), *targets, os.environ.get("JOLIBA_TOOLCHAIN", ""), files=pinned)


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until no other setup works on this installation; the kernel gives the lock back when a process dies."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Another scripts/setup is at work here; waiting for it.\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
