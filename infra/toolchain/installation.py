"""This installation's ``PULUMI_HOME``: CLI and OpenStack plugin, from the vendor or built here, and our language host.

The vendor's language host stays out of it: it looks for a virtual environment where ``Pulumi.yaml`` says, which cannot
follow ``JOLIBA_HOME``, and it has not been tested to do what ours does.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path

from infra import environment
from infra.errors import JolibaError
from infra.toolchain import build, pins, versions
from infra.toolchain.release import LIST, Release, UnavailableError

ORIGINS = ("official", "build")
PLUGIN = "pulumi-resource-openstack"
HOST = "pulumi-language-python"


def part(name: str) -> Path:
    """The folder in the cache with the programs of ``pulumi`` or ``provider``.

    Got where ``JOLIBA_TOOLCHAIN`` says: ``official``, ``build``; else the first of them that can be had.

    Raises:
        JolibaError: it can be had from neither, or the vendor's archive is not the one that it must be.
    """
    wanted = os.environ.get("JOLIBA_TOOLCHAIN", "")
    if wanted and wanted not in ORIGINS:
        raise JolibaError(f"JOLIBA_TOOLCHAIN is {wanted!r}; it can be {' or '.join(ORIGINS)}, or unset")
    release = Release.read(name)
    if wanted == "official" or (not wanted and (official_place(release).exists() or release.answers())):
        try:
            return official(release)
        except UnavailableError as failure:
            if wanted:
                raise
            sys.stdout.write(f"  {failure}; building it instead\n")
            sys.stdout.flush()
    return build.build(name).parent


def official(release: Release) -> Path:
    """The folder with the vendor's programs, from the cache or the vendor.

    Raises:
        JolibaError: the archive cannot be had, or is not the one that it must be.
    """
    place = official_place(release)
    if not place.exists():
        with pins.replacing(place) as draft:
            release.unpack(draft)
    return folder_with(place, "pulumi" if release.name == "pulumi" else PLUGIN)


def official_place(release: Release) -> Path:
    """Where an archive of the vendor is unpacked."""
    return pins.cached(f"{release.name}-official", pins.digest(release.archive, files=[LIST]))


def folder_with(place: Path, program: str) -> Path:
    """The folder below `place` that holds this program."""
    found = next((path.parent for path in place.rglob(program) if path.is_file()), None)
    if found is None:
        raise JolibaError(f"the vendor's archive in {place} has no {program}")
    return found


def plugin() -> Path:
    """The OpenStack plugin of this installation: the same place for our build, since `pulumi install` looks there."""
    return environment.pulumi_home() / "plugins" / f"resource-openstack-v{versions.OPENSTACK}" / PLUGIN


def is_complete() -> bool:
    """Whether everything that `install` puts into ``PULUMI_HOME`` is there."""
    programs = environment.pulumi_home() / "bin"
    return all(path.is_file() for path in (programs / "pulumi", programs / HOST, plugin()))


def install(pulumi: Path, provider: Path) -> None:
    """Put the parts into this installation's ``PULUMI_HOME``, and take out what an earlier one put there."""
    with pins.replacing(environment.pulumi_home() / "bin") as programs:
        for program in pulumi.iterdir():
            if not program.name.startswith(HOST):  # the vendor's, and the executor that comes with it
                place(program, programs / program.name)
        write_host(programs / HOST)
    current = plugin().parent
    for old in current.parent.glob("resource-openstack-v*"):
        if old != current:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    with pins.replacing(current) as draft:
        place(provider / PLUGIN, draft / PLUGIN)


def place(program: Path, target: Path) -> None:
    """The same file under another name where the file system allows it (100 MB less), else a copy.

    Not a symbolic link: the CLI looks for its language host beside the file that a link leads to.
    """
    try:
        os.link(program, target)
    except OSError:
        shutil.copy2(program, target)


def write_host(script: Path) -> None:
    """The program that the engine starts: our language host in this installation's environment, from wherever."""
    python = shlex.quote(str(environment.virtual_environment() / "bin" / "python"))
    script.write_text(f'#!/bin/sh\nexec {python} -P -m infra.toolchain.host "$@"\n')
    script.chmod(0o755)
