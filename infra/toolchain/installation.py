"""This installation's ``PULUMI_HOME``: CLI, language host and OpenStack plugin, from the vendor or built here."""

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from infra import environment
from infra.errors import JolibaError
from infra.toolchain import build, pins, versions
from infra.toolchain.release import LIST, Release

ORIGINS = ("official", "build")
PLUGIN = "pulumi-resource-openstack"
HOST = "pulumi-language-python"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the toolchain: a folder of programs in the cache, and whether it is our own build."""

    programs: Path
    ours: bool


def part(name: str) -> Part:
    """``pulumi`` or ``provider``, got where ``JOLIBA_TOOLCHAIN`` says: ``official``, ``build``; else the first of them.

    Raises:
        JolibaError: it can be had from neither.
    """
    wanted = os.environ.get("JOLIBA_TOOLCHAIN", "")
    if wanted and wanted not in ORIGINS:
        raise JolibaError(f"JOLIBA_TOOLCHAIN is {wanted!r}; it can be {' or '.join(ORIGINS)}, or unset")
    release = Release.read(name)
    place = official_place(release)
    if wanted == "official" or (not wanted and (place.exists() or release.answers())):
        if not place.exists():
            with pins.replacing(place) as draft:
                release.unpack(draft)
        return Part(programs=folder_with(place, "pulumi" if name == "pulumi" else PLUGIN), ours=False)
    return Part(programs=build.build(name).parent, ours=True)


def official_place(release: Release) -> Path:
    """Where an archive of the vendor is unpacked."""
    return pins.cached(f"{release.name}-official", pins.digest(release.archive, files=[LIST]))


def folder_with(place: Path, program: str) -> Path:
    """The folder below `place` that holds this program."""
    found = next((path.parent for path in place.rglob(program) if path.is_file()), None)
    if found is None:
        raise JolibaError(f"the vendor's archive in {place} has no {program}")
    return found


def install(pulumi: Part, provider: Part) -> None:
    """Put the parts into this installation's ``PULUMI_HOME``, and take out what an earlier one put there."""
    home = environment.pulumi_home()
    with pins.replacing(home / "bin") as programs:
        for program in pulumi.programs.iterdir():
            place(program, programs / program.name)
        if pulumi.ours:
            write_host(programs / HOST)
    plugins = home / "plugins"
    current = f"resource-openstack-v{versions.OPENSTACK}"  # also for our build: `pulumi install` looks for this name
    for old in plugins.glob("resource-openstack-v*"):
        if old.name != current:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    with pins.replacing(plugins / current) as plugin:
        place(provider.programs / PLUGIN, plugin / PLUGIN)


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
