"""A project of its own with a small program, run by the real ``pulumi``; its cloud is a folder (see ``plugin/``)."""

import json
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra import environment
from infra.fleet import recovery
from infra.fleet.backend import Backend
from infra.fleet.building import Job
from infra.fleet.datacenter import Datacenter
from infra.fleet.leftovers import Leftovers
from infra.fleet.preparation import prepare
from infra.fleet.running import Runner
from infra.fleet.stacks import StackName
from infra.fleet.state import read

PLUGIN = Path(__file__).parent / "plugin" / "pulumi-resource-folder"
PROGRAM = """
import json
import os
from pathlib import Path
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name, properties, opts):
        super().__init__("folder:index:Thing", name, properties, opts)

for name, wanted in json.loads(Path(os.environ["THINGS"]).read_text()).items():
    protect = wanted.pop("protect", False)
    Thing(name, {"name": name, **wanted}, pulumi.ResourceOptions(protect=protect))
pulumi.export("contract", {"password": pulumi.Config("joliba").get_secret("servicePassword") is not None})
"""


@dataclass
class Project:
    """``want`` says what the program declares: ``{"a": {"seconds": 2, "protect": True}}``; ``cloud`` is the folder."""

    root: Path
    cloud: Path
    things: Path
    datacenter: Datacenter

    def want(self, **things) -> None:
        self.things.write_text(json.dumps(things))

    def job(self, name: str, runner: Runner | None = None) -> Job:
        stack = StackName.parse(name)
        prepare(stack, self.datacenter)
        return Job(stack, self.datacenter, runner or Runner())

    def made(self) -> list[str]:
        return sorted(path.name.rpartition("-")[0] for path in self.cloud.iterdir())

    def state(self, name: str):
        return read(StackName.parse(name), self.datacenter.backend)


@pytest.fixture
def project(tmp_path, monkeypatch):
    root, home, cloud, plugins = (tmp_path / name for name in ("project", "home", "cloud", "plugins"))
    for folder in (root / "infra", home, cloud, plugins):
        folder.mkdir(parents=True)
    for made_by_setup in ("venv", "pulumi", "setup.digest"):
        (home / made_by_setup).symlink_to(environment.home() / made_by_setup)
    shutil.copy(environment.CHECKOUT / "Pulumi.yaml", root)
    (root / "infra" / "__main__.py").write_text(PROGRAM)
    plugin = plugins / PLUGIN.name
    plugin.write_text(PLUGIN.read_text().replace("/usr/bin/env python3", sys.executable))
    plugin.chmod(stat.S_IRWXU)
    for name, value in {
        "JOLIBA_ROOT": root,
        "JOLIBA_HOME": home,
        "PATH": f"{plugins}{os.pathsep}{os.environ['PATH']}",
        "FOLDER_CLOUD": cloud,
        "THINGS": tmp_path / "things.json",
    }.items():
        monkeypatch.setenv(name, str(value))
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    site = SimpleNamespace(name="ml-bko", cloud="lab", administration=SimpleNamespace(key=None))
    made = Project(root, cloud, tmp_path / "things.json", Datacenter(site, Backend("ml-bko", "lab")))
    made.want()
    return made


@pytest.fixture
def folder_leftovers(project, monkeypatch):
    """Recovery looks for what a create has left in the folder, where `infra.fleet.leftovers` would ask OpenStack."""

    def remove(entries, state, _):
        known = {entry.get("id") for entry in state.resources}
        names = {entry["inputs"]["name"] for entry in entries}
        left = [
            path for path in project.cloud.iterdir() if path.name.rpartition("-")[0] in names and path.name not in known
        ]
        for path in left:
            path.unlink()
        return Leftovers(removed=[path.name.rpartition("-")[0] for path in left])

    monkeypatch.setattr(recovery, "_remove_leftovers", remove)
