"""Building Pulumi's and OpenTofu's programs from their published Go modules.

``python -m infra.toolchain.build TARGET`` builds one if the cache does not have it, and prints where it is. Targets:
``pulumi`` and ``provider`` (what ``scripts/setup`` builds), ``tofu`` and ``terraform-provider-openstack`` (for
``scripts/bench``: OpenTofu with the same provider code, and the same shorter polling, as ours).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.errors import JolibaError
from infra.toolchain import golang, pins, polling, versions, virtualenv

PLUGIN_SDK = "github.com/hashicorp/terraform-plugin-sdk/v2"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A program to build: the folder of its module, its package there, what the linker sets, and its file name."""

    module: str
    package: str
    program: str
    sets: str | None = None
    short_polls: bool = False

    @property
    def folder(self) -> Path:
        """The module's folder."""
        return pins.SOURCES / self.module

    @property
    def digest(self) -> str:
        """The digest of all that the program is made from."""
        sources = [path for path in self.folder.iterdir() if path.is_file()]
        changes = [Path(polling.__file__)] if self.short_polls else []
        return pins.digest(self.package, str(self.sets), files=[*sources, *changes])

    @property
    def path(self) -> Path:
        """Where the program is in the cache, once it is built."""
        return pins.cached(self.program, self.digest) / "bin" / self.program


TARGETS = {
    "pulumi": Target(
        module="pulumi",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        sets=f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{versions.PULUMI}{versions.MARK}",
        program="pulumi",
    ),
    "provider": Target(
        module="provider",
        package=".",
        sets=f"main.version={versions.OPENSTACK}{versions.MARK}",
        program="pulumi-resource-openstack",
        short_polls=True,
    ),
    "tofu": Target(
        module="tofu",
        package="github.com/opentofu/opentofu/cmd/tofu",
        sets="github.com/opentofu/opentofu/version.dev=no",
        program="tofu",
    ),
    "terraform-provider-openstack": Target(
        module="terraform-provider-openstack",
        package="github.com/terraform-provider-openstack/terraform-provider-openstack/v3",
        program="terraform-provider-openstack",
        short_polls=True,
    ),
}


def build(name: str) -> Path:
    """The program, from the cache or newly built.

    Raises:
        JolibaError: it cannot be built; the compiler's last words are in the message.
    """
    target = TARGETS[name]
    if target.path.exists():
        return target.path
    go = golang.compiler(target.folder)
    with pins.replacing(target.path.parents[1]) as draft, tempfile.TemporaryDirectory() as scratch:
        command: list[str | Path] = [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false"]
        linked = f"-s -w -X {target.sets}" if target.sets else "-s -w"
        command += ["-ldflags", linked, "-o", draft / "bin" / target.program]
        if target.short_polls:
            command += ["-modfile", short_polls(go, target.folder, Path(scratch))]
        run([*command, target.package], target.folder)
    return target.path


def short_polls(go: Path, module: Path, scratch: Path) -> Path:
    """The module's ``go.mod``, in `scratch`, with the patched plugin SDK instead of the published one."""
    sdk = json.loads(run([go, "mod", "download", "-json", PLUGIN_SDK], module))
    polling.patch(Path(sdk["Dir"]), scratch / "terraform-plugin-sdk")
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(module / name, scratch / name)
    run([go, "mod", "edit", f"-replace={PLUGIN_SDK}={scratch / 'terraform-plugin-sdk'}", scratch / "go.mod"], module)
    return scratch / "go.mod"


def run(command: list[str | Path], folder: Path) -> str:
    """What a Go command prints. Static programs, no compiler for C needed, no other Go fetched."""
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = "\n".join(done.stderr.strip().splitlines()[-20:])
        raise JolibaError(f"`{' '.join(map(str, command[:2]))}` failed in {folder}:\n{told}")
    return done.stdout.strip()


def main() -> None:
    """Build the targets that are asked for, and print where each is."""
    parser = argparse.ArgumentParser(prog="scripts/toolchain/build", description=__doc__)
    parser.add_argument("targets", nargs="+", choices=TARGETS, metavar="TARGET")
    targets = parser.parse_args().targets
    os.environ.update(virtualenv.index_settings())
    for name in targets:
        sys.stdout.write(f"{build(name)}\n")


if __name__ == "__main__":
    main()
