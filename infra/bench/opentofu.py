"""OpenTofu with the provider that Joliba's plugin is made from, both built from their Go modules."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bench.conversion import SOURCE, Configuration, Vocabulary, merged
from infra.errors import JolibaError
from infra.toolchain import build, pins

PROVIDER_MODULE = "github.com/terraform-provider-openstack/terraform-provider-openstack/v3"
PARALLEL = 16
"""As many resources at once as Joliba asks Pulumi for."""


@dataclass(frozen=True)
class OpenTofu:
    """``tofu``, and the file that makes it take our build of the provider."""

    program: Path
    settings: Path

    @classmethod
    def built(cls, folder: Path) -> "OpenTofu":
        """Build it if the cache does not have it (some minutes), and write its settings into `folder`.

        Raises:
            JolibaError: it cannot be built.
        """
        provider = build.build("terraform-provider-openstack")
        settings = folder / "tofu.tfrc"
        overrides = f"dev_overrides {{ {json.dumps(SOURCE)} = {json.dumps(str(provider.parent))} }}\n  direct {{}}"
        settings.write_text(f"disable_checkpoint = true\nprovider_installation {{\n  {overrides}\n}}\n")
        return cls(build.build("tofu"), settings)

    def variables(self) -> dict[str, str]:
        """What it needs in its environment, and a home of its own: it leaves a folder there."""
        return {
            "HOME": str(self.settings.parent),
            "TF_CLI_CONFIG_FILE": str(self.settings),
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_ARGS": "-no-color",
        }

    def apply(self, *flags: str) -> list[str]:
        """The command that builds what the folder's files say."""
        return [str(self.program), "apply", "-auto-approve", "-input=false", f"-parallelism={PARALLEL}", *flags]

    def destroy(self) -> list[str]:
        """The command that removes it again; as Pulumi does, without a look at each resource before."""
        flags = ["-auto-approve", "-input=false", f"-parallelism={PARALLEL}", "-refresh=false"]
        return [str(self.program), "destroy", *flags]

    def vocabulary(self, folder: Path) -> Vocabulary:
        """What our plugin and the provider call everything; `folder` is a new one for a configuration that asks."""
        write(merged([]), folder)
        told = self._asked([self.program, "providers", "schema", "-json"], folder)
        schema = next(iter(told["provider_schemas"].values()))
        return Vocabulary(self._asked([build.build("provider"), "--shapes"], folder), schema)

    def version(self) -> str:
        """The version that it says it has."""
        return str(self._asked([self.program, "version", "-json"], Path.cwd())["terraform_version"])

    def _asked(self, command: Sequence[str | Path], folder: Path) -> Any:  # noqa: ANN401  a tree of JSON
        variables = {**os.environ, **self.variables()}
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise JolibaError(f"{' '.join(map(str, command))}:\n{done.stderr.strip()}")
        return json.loads(done.stdout)


def provider_version() -> str:
    """The version of the provider on both sides.

    Raises:
        JolibaError: the two sides have different ones.
    """
    found = {name: _required(name) for name in ("provider", "terraform-provider-openstack")}
    if len(set(found.values())) != 1:
        raise JolibaError(f"the two sides have different providers: {found}")
    return found["provider"]


def _required(module: str) -> str:
    lines = (pins.SOURCES / module / "go.mod").read_text(encoding="utf-8").splitlines()
    return next(words[1] for line in lines if (words := line.split()) and words[0] == PROVIDER_MODULE)


def write(configuration: Configuration, folder: Path) -> Path:
    """Write a configuration where ``tofu`` will be run; what is secret in it and in the state, 0700.

    Returns:
        The folder.
    """
    folder.mkdir(mode=0o700)
    (folder / "main.tf.json").write_text(json.dumps(configuration.main, indent=1), encoding="utf-8")
    secret = folder / "terraform.tfvars.json"
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(configuration.variables, file)
    return folder
