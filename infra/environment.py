"""Where Joliba keeps what it makes on this machine, and the environment its programs run in.

Three places, each movable by a variable:

- the *project root* (``JOLIBA_ROOT``, default: this checkout): ``Pulumi.yaml``, ``inventories/``, ``schemas/``; who
  builds must be able to write there, since Pulumi keeps stacks' configuration files nowhere but below ``Pulumi.yaml``;
- the *home* (``JOLIBA_HOME``, default ``<checkout>/.joliba``): virtual environment, ``PULUMI_HOME``, labs with their
  state, keys, passphrase; never in Git;
- the *cache* (``JOLIBA_CACHE``, default ``$XDG_CACHE_HOME/joliba`` or ``~/.cache/joliba``): what can be made again and
  depends on nothing but its pins (the toolchain's binaries, the lab's services and golden copy), each in a folder named
  after the digest of those pins, shared by all checkouts of this user.

Standard library only: ``scripts/env`` runs it in every shell.
"""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PLAYBOOKS = CHECKOUT / "playbooks"
LAB_CLOUD = "lab"
"""The value of a site's ``cloud`` that means: the lab of this machine, not an entry of the user's ``clouds.yaml``."""
APT_GET = ("apt-get", "-o", "DPkg::Lock::Timeout=600")
"""This machine's installer, which waits up to ten minutes for another: who has just booted updates itself."""
RUN = "JOLIBA_RUN"
"""The variable that an ``up`` or ``destroy`` of ``joliba`` bears, and one by hand does not: whose it is."""


def project_root() -> Path:
    """The folder that holds ``Pulumi.yaml`` and ``inventories/``."""
    return Path(os.environ.get("JOLIBA_ROOT") or CHECKOUT).resolve()


def stack_configuration_folder() -> Path:
    """Where the project keeps its stacks' configuration files: ``stackConfigDir`` of ``Pulumi.yaml``."""
    lines = (project_root() / "Pulumi.yaml").read_text(encoding="utf-8").splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("stackConfigDir:")]
    return project_root() / (named[0] if named else ".")


def home() -> Path:
    """The folder of what belongs to this installation and must not be lost: keys, passphrase, labs, state."""
    return Path(os.environ.get("JOLIBA_HOME") or CHECKOUT / ".joliba").resolve()


def cache() -> Path:
    """The folder of what can be made again from its pins."""
    if chosen := os.environ.get("JOLIBA_CACHE"):
        return Path(chosen).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "joliba"


def virtual_environment() -> Path:
    """Joliba's own virtual environment."""
    return home() / "venv"


def pulumi_home() -> Path:
    """The ``PULUMI_HOME`` of this installation; the user's own is never touched."""
    return home() / "pulumi"


def passphrase_file() -> Path:
    """The 0600 file that holds the passphrase of the stacks' secrets."""
    return home() / "passphrase"


def lab_folder(site: str) -> Path:
    """Everything of one site's lab: configuration, databases, logs, ``clouds.yaml``, and the state of its stacks."""
    return home() / "labs" / site


def state_url(site: str, cloud: str, state: str | None = None) -> str:
    """The Pulumi backend of a site: what its file names, else a folder; a lab's stacks live and die with the lab.

    Without sidecar files of metadata: they are not written atomically, and an empty one that a kill left behind makes a
    sound checkpoint unreadable.
    """
    if state and cloud != LAB_CLOUD:
        return state
    folder = lab_folder(site) / "state" if cloud == LAB_CLOUD else home() / "state" / site
    return f"file://{folder}?metadata=skip"


def toolchain_variables() -> dict[str, str]:
    """What ``pulumi`` and ``ansible-playbook`` need in their environment, whatever the site.

    No update check, no plugin download, no telemetry: no host outside the site's list is contacted.
    """
    tools = [str(virtual_environment() / "bin"), str(pulumi_home() / "bin")]
    inherited = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part not in tools]
    return {
        "PATH": os.pathsep.join([*tools, *inherited]),
        "PULUMI_HOME": str(pulumi_home()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        **ansible_variables(),
    }


def ansible_variables() -> dict[str, str]:
    """Our playbooks' configuration, and a place of Joliba's own for what Ansible keeps (sockets, temporary files).

    What keeps a host's answers from becoming variables is said again: the user's own environment comes before any file.
    """
    return {
        "ANSIBLE_CONFIG": str(PLAYBOOKS / "ansible.cfg"),
        "ANSIBLE_HOME": str(home() / "ansible"),
        "ANSIBLE_INJECT_FACT_VARS": "False",
    }


def site_variables(site: str, cloud: str, state: str | None = None) -> dict[str, str]:
    """What ``pulumi up -s <site>.<tenant>`` needs in its environment, beside `toolchain_variables`.

    A passphrase that the user has set already is left alone.
    """
    variables = {"PULUMI_BACKEND_URL": state_url(site, cloud, state)}
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file())
    if cloud == LAB_CLOUD:
        variables["OS_CLIENT_CONFIG_FILE"] = str(lab_folder(site) / "clouds.yaml")
    return variables
