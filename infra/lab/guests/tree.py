"""Makes the tree of a Debian system by mmdebstrap, from this machine's own apt sources, as a tar archive.

As root or as an ordinary user with subordinate ids (``/etc/subuid``): mmdebstrap chooses.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from infra.lab.guests.prerequisites import program
from infra.lab.guests.recipe import SUITE, Recipe
from infra.lab.problem import LabError

APT = Path("/etc/apt")
LEFT_OUT = ("./dev/*", "./etc/ssh/ssh_host_*", "./etc/apt/apt.conf.d/99mmdebstrap", "./var/lib/dbus/machine-id",
            "./var/lib/systemd/random-seed", "./var/lib/chrony/*")  # fmt: skip
"""What must not be the same on two machines, or is the machine's that built it."""


def apt_sources(suite: str, folder: Path = APT) -> dict[str, str]:
    """This machine's apt sources that name a suite of Debian, file by file; none on a machine that is not Debian's.

    Of a suite that none names, those of `SUITE` with that name in its place: a mirror has both.
    """
    found = (folder / "sources.list", *sorted((folder / "sources.list.d").glob("*")))
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in found if path.suffix in (".list", ".sources") and path.is_file()
    }  # fmt: skip
    for name in (suite, SUITE):
        wanted = re.compile(rf"^(?!\s*#).*\b{re.escape(name)}\b", re.MULTILINE)
        if ours := {file: text for file, text in texts.items() if wanted.search(text)}:
            return {file: re.sub(rf"\b{re.escape(name)}\b", suite, text) for file, text in ours.items()}
    return {}


def make(recipe: Recipe, target: Path) -> None:
    """Write the tree of a recipe to a tar archive; `target` must end in ``.tar``.

    Raises:
        LabError: mmdebstrap failed; the message has the end of what it said.
    """
    command = [
        program("mmdebstrap"), "--variant=minbase", "--format=tar", f"--include={','.join(recipe.all_packages())}",
        *(f"--aptopt={line}" for line in _ways_out()),
    ]  # fmt: skip
    if not recipe.light:
        command.append('--customize-hook=chroot "$1" systemctl --quiet enable systemd-networkd.service')
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="sources-") as folder:
        texts = {Path(folder, name): text for name, text in apt_sources(recipe.suite).items()}
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [*command, recipe.suite, target, *texts],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise LabError(f"mmdebstrap failed:\n{done.stdout[-3000:]}")


def extract(archive: Path, target: Path) -> None:
    """Unpack a tree without what two machines must not share; owners are kept, so as root of some user namespace."""
    target.mkdir()
    subprocess.run(
        [program("tar"), "--extract", "--file", archive, "--directory", target, "--numeric-owner", "--same-owner",
         "--preserve-permissions", "--xattrs", *(f"--exclude={pattern}" for pattern in LEFT_OUT)],
        check=True,
    )  # fmt: skip
    (target / "etc" / "machine-id").write_text("", encoding="utf-8")


def _ways_out() -> list[str]:
    """The proxies that this machine's apt is configured with."""
    dumped = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False).stdout
    return [line for line in dumped.splitlines() if re.match(r'Acquire::https?::Proxy\S* "[^"]', line)]
