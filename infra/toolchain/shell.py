"""``scripts/env [SITE]``: what a shell needs so that plain ``pulumi`` works on a site's stacks."""

import os
import shlex
import sys

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from infra import environment
from infra.errors import JolibaError
from infra.toolchain.passphrase import ensure_passphrase

DEFAULT_SITE = "ml-bko"


def exports(site: str) -> list[str]:
    """The lines that a shell evaluates.

    Raises:
        JolibaError: there is no such site, or the toolchain has not been set up.
    """
    if not environment.pulumi_home().is_dir():
        raise JolibaError("the toolchain is not there yet: run scripts/setup")
    cloud, state = cloud_and_state(site)
    variables = environment.toolchain_variables() | environment.site_variables(site, cloud, state)
    if "PULUMI_CONFIG_PASSPHRASE_FILE" in variables:
        ensure_passphrase()
    if (backend := variables["PULUMI_BACKEND_URL"]).startswith("file://"):
        os.makedirs(backend.removeprefix("file://").partition("?")[0], mode=0o700, exist_ok=True)  # noqa: PTH103 - pulumi's own word
    return [f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items())]


def cloud_and_state(site: str) -> tuple[str, str | None]:
    """``cloud:`` and ``state:`` of the site's file; the lab if the site has not been written yet.

    Raises:
        JolibaError: there is no such site, or its file is no map in YAML.
    """
    inventories = environment.project_root() / "inventories"
    file = inventories / site / "site.yaml"
    sites = sorted(path.parent.name for path in inventories.glob("*/site.yaml"))
    if site not in (sites or [DEFAULT_SITE]):
        raise JolibaError(f"there is no site {site!r}; there are: {', '.join(sites) or DEFAULT_SITE}")
    if not file.is_file():
        return environment.LAB_CLOUD, None
    try:
        described = YAML(typ="safe").load(file) or {}
    except (YAMLError, UnicodeDecodeError):
        described = None
    if not isinstance(described, dict):
        raise JolibaError(f"{file} cannot be read: joliba check inventories/{site}")
    return str(described.get("cloud", environment.LAB_CLOUD)), described.get("state")


def main() -> None:
    """Print the lines; a mistake goes to stderr, and the shell then evaluates nothing."""
    try:
        sys.stdout.write("\n".join(exports(*(sys.argv[1:2] or [DEFAULT_SITE]))) + "\n")
    except JolibaError as mistake:
        sys.stderr.write(f"scripts/env: {mistake}\n")
        sys.exit(mistake.exit_code)


if __name__ == "__main__":
    main()
