"""Packages that apt takes along with those that a run removes, planned by the real apt on a dpkg of the test's own."""

import hashlib
import shutil
import subprocess

import pytest
from ansible.module_utils.joliba.restore import commands, packages, points, restoring, revert
from restore_points import create

INSTALLED = {
    "nis": "ypbind-mt, ypserv", "ypbind-mt": "", "ypserv": "", "python3-apt": "", "auditd": "", "needs": "auditd",
}  # fmt: skip
DONE = subprocess.CompletedProcess((), 0, "", "")
TOUCHED = ["auditd", "ypbind-mt", "ypserv"]


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A host with `INSTALLED`, no mirror and no settings of apt; what is asked of its programs."""
    if not shutil.which("apt-get"):
        pytest.skip("needs apt")
    dpkg = tmp_path / "dpkg"
    (dpkg / "updates").mkdir(parents=True)
    texts = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nMaintainer: a <a@b>\n"
        f"Description: a\n{f'Depends: {needed}' if needed else 'Section: net'}\n"
        for name, needed in INSTALLED.items()
    ]
    (dpkg / "status").write_text("\n".join(texts))
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (tmp_path / folder).mkdir(parents=True)
    places = {"State": "state", "State::status": "dpkg/status", "State::lists": "state/lists", "Cache": "cache"}
    lines = [f'Dir::{name} "{tmp_path / place}";\n' for name, place in places.items()]
    (tmp_path / "apt.conf").write_text("".join([*lines, 'Dir::Etc "/nowhere";\n']))
    plain = {**commands._PLAIN, "APT_CONFIG": str(tmp_path / "apt.conf"), "DPKG_ADMINDIR": str(dpkg)}
    monkeypatch.setattr(commands, "_PLAIN", plain)
    found, run = [], packages.run
    monkeypatch.setattr(packages, "run", lambda *command, **named: found.append(command) or run(*command, **named))
    return found


@pytest.mark.usefixtures("asked")
def test_what_a_removal_takes_along_is_the_runs_and_is_brought_back(tmp_path, monkeypatch):
    point = create("run", tmp_path / "store", packages=TOUCHED, removals=["ypbind-mt", "ypserv", "xinetd"])
    saved, now, problems = point["packages"], packages.installed(), {}
    assert saved["coming"] == ["nis", "ypbind-mt", "ypserv"]
    now.update({name: ["rc", "1"] for name in saved["coming"]})
    monkeypatch.setattr(packages, "installed", lambda: now)
    assert packages.differences(saved) == saved["coming"]

    monkeypatch.setattr(packages, "run", lambda *command, **_: brought.append(command) or DONE)
    brought = []
    changed = packages.put_back(saved, str(tmp_path), problems.__setitem__)

    assert (changed, problems) == (saved["coming"], {})
    assert [command[-3:] for command in brought if "--reinstall" in command] == [("nis=1", "ypbind-mt=1", "ypserv=1")]


@pytest.fixture
def mirror(asked, tmp_path):
    """A mirror that has two of the packages, one of them in another version; `asked` forgets how its list was read."""
    offered = tmp_path / "mirror"
    listed = []
    for name, version in (("auditd", "1"), ("ypserv", "2")):
        control = tmp_path / name / "DEBIAN"
        control.mkdir(parents=True)
        text = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n"
        (control / "control").write_text(text)
        file = offered / f"{name}_{version}_all.deb"
        offered.mkdir(exist_ok=True)
        subprocess.run(["dpkg-deb", "--build", control.parent, file], check=True, capture_output=True)
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        listed.append(f"{text}Filename: {file.name}\nSize: {len(content)}\nSHA256: {digest}\n")
    (offered / "Packages").write_text("\n".join(listed))
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{offered} ./\n")
    with (tmp_path / "apt.conf").open("a") as settings:
        settings.write(f'Dir::Etc::SourceList "{tmp_path}/sources.list";\n')
    assert packages.run("apt-get", "-o", "APT::Sandbox::User=root", "update").returncode == 0
    asked.clear()
    return offered


def downloads(asked):
    return [sorted(command[command.index("download") + 1 :]) for command in asked if "download" in command]


ALL = ["auditd=1", "nis=1", "python3-apt=1", "ypbind-mt=1", "ypserv=1"]


def test_an_archive_that_no_mirror_has_keeps_no_other_from_being_had(asked, mirror, tmp_path):
    saved = packages.capture(TOUCHED, str(tmp_path / "archives"), ["ypserv"])

    assert downloads(asked) == [ALL, ["auditd=1"]]
    assert saved["archives"] == ["auditd_1_all.deb"]


def test_a_mirror_that_is_down_is_asked_twice_and_not_for_each_package(asked, mirror, tmp_path):
    for file in mirror.glob("*.deb"):
        file.unlink()

    assert packages.capture(TOUCHED, str(tmp_path / "archives"), ["ypserv"])["archives"] == []
    assert downloads(asked) == [ALL, ["auditd=1"]]


def test_without_a_mirror_nothing_is_asked_again(asked, tmp_path):
    packages.capture(TOUCHED, str(tmp_path / "archives"), ["ypserv"])

    assert downloads(asked) == [ALL]


def test_packages_are_taken_away_once_their_scripts_may_start(tree, store, monkeypatch):
    done = []
    monkeypatch.setattr(points.packages, "managed", lambda: True)
    monkeypatch.setattr(points.packages, "capture", lambda *_: {})
    monkeypatch.setattr(points.packages, "differences", lambda _saved: [])
    monkeypatch.setattr(restoring.packages, "put_back", lambda *_: done.append("packages") or [])
    monkeypatch.setattr(restoring.kernel, "put_mounts_back", lambda *_: done.append("mounts") or [])
    create("run", store, files=[str(tree / "issue")], packages=["auditd"])

    revert.restore("run", store=str(store))

    assert done == ["mounts", "packages", "mounts"]


def test_what_ansible_installs_for_itself_is_taken_away_too(tmp_path, monkeypatch):
    present = {"auditd": ["ii", "1:3.0.9-1"]}
    monkeypatch.setattr(points.packages, "LISTS", str(tmp_path))
    monkeypatch.setattr(points.packages, "installed", lambda: present)
    monkeypatch.setattr(points.packages, "_planned", lambda _verb, names: dict.fromkeys(names, "Inst"))
    monkeypatch.setattr(points.packages, "_archives", lambda *_: [])
    monkeypatch.setattr(points.packages, "output", lambda *_: "auditd\n")

    saved = points.packages.capture(["auditd"], str(tmp_path))
    assert saved["coming"] == ["python3-apt"]
    assert points.packages.differences(saved) == []

    monkeypatch.setattr(points.packages, "installed", lambda: {**present, "python3-apt": ["ii", "2.6.0"]})
    assert points.packages.differences(saved) == ["python3-apt"]


@pytest.mark.parametrize(
    ("lists", "fetched"), [((), ["update"]), (("deb.debian.org_main_binary-amd64_Packages.lz4",), [])]
)
def test_lists_of_packages_are_fetched_where_there_are_none(tmp_path, monkeypatch, lists, fetched):
    for name in lists:
        (tmp_path / name).touch()
    asked = []
    monkeypatch.setattr(points.packages, "LISTS", str(tmp_path / "*_Packages*"))
    monkeypatch.setattr(points.packages, "installed", dict)
    monkeypatch.setattr(points.packages, "_planned", lambda *_: {"auditd": "Inst"})
    monkeypatch.setattr(points.packages, "output", lambda *_: "")
    monkeypatch.setattr(points.packages, "run", lambda *command, **_: asked.append(command[-1]))

    points.packages.capture(["auditd"], str(tmp_path))

    assert asked == fetched
