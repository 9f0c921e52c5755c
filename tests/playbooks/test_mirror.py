"""Packages from the site's mirror: the tasks of B4 in a tree of their own, with a real apt."""

import base64
import json
import platform
import shutil
import sys
from types import SimpleNamespace

import pytest
from mirrors import Signer, release
from playing import PLAYBOOKS, playbook

ROLE = PLAYBOOKS / "roles/base"
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
LOCAL = SimpleNamespace(inventory=lambda: HERE)
SYSTEM = platform.freedesktop_os_release()
SUITES = ("debian/dists/{0}", "debian/dists/{0}-updates", "debian-security/dists/{0}-security")
FOLDERS = ("etc/apt/sources.list.d", "run", "keyrings", "lists/partial", "cache/archives/partial", "templates")
CONFIGURATION = """\
APT::Sandbox::User "root";
Dir::Etc "{0}/etc/apt/";
Dir::State::lists "{0}/lists/";
Dir::Cache "{0}/cache/";
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The role with all paths in a folder, and an apt that writes nowhere else."""
    if SYSTEM["ID"] != "debian" or not shutil.which("gpg"):
        pytest.skip("no Debian with gpg here")
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)

    def moved(text):
        for path in ("/etc/apt", "/run/"):
            text = text.replace(path, f"{tmp_path}{path}")
        owners = text.replace("    owner: root\n    group: root\n", "")
        return owners.replace("/usr/share/keyrings", f"{tmp_path}/keyrings")

    steps = moved((ROLE / "tasks/B04.yml").read_text("utf-8"))
    (tmp_path / "templates/joliba.sources.j2").write_text(
        moved((ROLE / "templates/joliba.sources.j2").read_text("utf-8"))
    )
    (tmp_path / "tasks.yml").write_text(steps)
    tasks = [{"ansible.builtin.import_tasks": str(tmp_path / "tasks.yml")}]
    plays = [{"name": "Test", "hosts": "all", "gather_facts": False, "tasks": tasks}]
    (tmp_path / "book.yml").write_text(json.dumps(plays))
    (tmp_path / "apt.conf").write_text(CONFIGURATION.format(tmp_path))
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return tmp_path


def remedied(tree, mirror):
    facts = {"joliba": {"facts": {"mirror_url": mirror}}}
    playbook(LOCAL, tree, tree / "book.yml", **facts, joliba_remedy={"rules": ["packages-from-the-sites-mirror"]})
    assert list((tree / "run").iterdir()) == []
    return sorted(path.name for path in (tree / "etc/apt").rglob("*") if path.is_file())


def serve(tree):
    """The address of a mirror in a folder."""
    with Signer(tree / "gpg") as signer:
        for suite in (each.format(SYSTEM["VERSION_CODENAME"]) for each in SUITES):
            folder = tree / "mirror" / suite
            (folder / "main/binary-amd64").mkdir(parents=True)
            (folder / "main/binary-amd64/Packages").write_text("")
            (folder / "InRelease").write_text(signer.signed(release(suite)))
        (tree / "keyrings/debian-archive-keyring.gpg").write_bytes(base64.b64decode(signer.public()))
    return f"file://{tree}/mirror"


def test_a_mirror_that_is_down_leaves_every_source_and_one_that_serves_takes_their_place(tree):
    (tree / "etc/apt/sources.list").write_text("deb http://elsewhere.example/debian bookworm main\n")
    down = "http://127.0.0.1:9"
    assert remedied(tree, down) == ["sources.list"]

    mirror = serve(tree)
    assert remedied(tree, mirror) == ["joliba.sources", "sources.list.disabled"]
    written = (tree / "etc/apt/sources.list.d/joliba.sources").read_text()
    assert mirror in written

    assert remedied(tree, down) == ["joliba.sources", "sources.list.disabled"]
    assert (tree / "etc/apt/sources.list.d/joliba.sources").read_text() == written
