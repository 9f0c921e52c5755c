"""The vendor's releases, played by a server on loopback."""

import functools
import hashlib
import http.server
import io
import shutil
import tarfile
import threading
from pathlib import Path

import pytest

from infra import environment
from infra.errors import JolibaError
from infra.toolchain import build, installation, pins, versions
from infra.toolchain.release import Release

ARCHIVE = "pulumi-v1.2.3-linux-x64.tar.gz"
CHECKSUMS = "pulumi-1.2.3-checksums.txt"


class Vendor(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; of what is there as ``broken-...`` it sends less than it promises."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        whole = self.broken()
        if whole is None:
            super().do_GET()
        else:
            self.promise(len(whole.read_bytes()))
            self.wfile.write(whole.read_bytes()[:-1])

    def do_HEAD(self):
        whole = self.broken()
        if whole is None:
            super().do_HEAD()
        else:
            self.promise(len(whole.read_bytes()))

    def broken(self):
        path = Path(self.directory, f"broken-{self.path.rpartition('/')[2]}")
        return path if path.is_file() else None

    def promise(self, length):
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Length", str(length))
        self.end_headers()


@pytest.fixture
def vendor(tmp_path):
    """A folder, and the address where it is served."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Vendor, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def archive(**files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as members:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size, member.mode = len(text), 0o755
            members.addfile(member, io.BytesIO(text))
    return content.getvalue()


def release(address, **more):
    return Release(name="pulumi", archive=f"{address}/{ARCHIVE}", checksums=f"{address}/{CHECKSUMS}", **more)


def publish(folder, content, digest):
    (folder / ARCHIVE).write_bytes(content)
    (folder / CHECKSUMS).write_text(f"{'0' * 64}  another.tar.gz\n{digest}  {ARCHIVE}\n")


def test_an_archive_with_the_published_sum_is_unpacked(vendor, tmp_path):
    folder, address = vendor
    content = archive(pulumi__pulumi=b"#!/bin/sh\n")
    publish(folder, content, hashlib.sha256(content).hexdigest())

    release(address).unpack(tmp_path / "got")

    assert (tmp_path / "got" / "pulumi" / "pulumi").read_bytes() == b"#!/bin/sh\n"


@pytest.mark.parametrize("pinned", [False, True])
def test_an_archive_with_another_sum_is_refused_and_leaves_nothing(vendor, tmp_path, pinned):
    folder, address = vendor
    content = archive(pulumi__pulumi=b"#!/bin/sh\n")
    publish(folder, content, hashlib.sha256(content).hexdigest() if pinned else "f" * 64)
    pins_of_it = {"-".join(pins.machine()): "f" * 64} if pinned else {}
    place = tmp_path / "cache" / "pulumi-official"

    with pytest.raises(JolibaError, match="refused"), pins.replacing(place) as draft:
        release(address, sha256=pins_of_it).unpack(draft)

    assert list(place.parent.iterdir()) == []


def test_an_archive_that_the_vendors_list_does_not_name_is_refused(vendor, tmp_path):
    folder, address = vendor
    (folder / ARCHIVE).write_bytes(archive(pulumi__pulumi=b""))
    (folder / CHECKSUMS).write_text(f"{'0' * 64}  another.tar.gz\n")

    with pytest.raises(JolibaError, match="no sum for"):
        release(address).unpack(tmp_path / "got")


def test_an_archive_cannot_write_outside_its_folder(vendor, tmp_path):
    folder, address = vendor
    content = archive(**{"..__outside": b"no"})
    publish(folder, content, hashlib.sha256(content).hexdigest())

    with pytest.raises((JolibaError, tarfile.TarError)):
        release(address).unpack(tmp_path / "got")

    assert not (tmp_path / "outside").exists()


@pytest.fixture
def build_instead(tmp_path, monkeypatch):
    """A cache of its own, the user has chosen nothing, and the folder of a build that takes no time."""
    monkeypatch.setenv("JOLIBA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("JOLIBA_TOOLCHAIN", raising=False)
    monkeypatch.setattr(build, "build", lambda name: tmp_path / "built" / name)
    return tmp_path / "built"


@pytest.fixture
def published(vendor, monkeypatch):
    """The vendor's folder with a sound release in it."""
    folder, address = vendor
    content = archive(pulumi__pulumi=b"#!/bin/sh\n")
    publish(folder, content, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(Release, "read", lambda _name: release(address))
    return folder


def test_a_vendor_that_answers_is_preferred(published, build_instead):
    got = installation.part("pulumi")

    assert (got.name, (got / "pulumi").is_file()) == ("pulumi", True)
    assert build_instead not in got.parents


def no_archive(folder):
    (folder / ARCHIVE).unlink()


def no_checksums(folder):
    (folder / CHECKSUMS).unlink()


def checksums_of_other_files(folder):
    (folder / CHECKSUMS).write_text(f"{'0' * 64}  another.tar.gz\n")


def a_page_to_log_in(folder):
    (folder / CHECKSUMS).write_text("<html><p>Accept our conditions first</p></html>\n")


def a_connection_that_breaks(folder):
    (folder / ARCHIVE).rename(folder / f"broken-{ARCHIVE}")


@pytest.mark.parametrize(
    "failure", [no_archive, no_checksums, checksums_of_other_files, a_page_to_log_in, a_connection_that_breaks]
)
def test_what_the_vendor_does_not_give_is_built(published, build_instead, tmp_path, capsys, failure):
    failure(published)

    assert installation.part("pulumi") == build_instead
    assert ("building it instead" in capsys.readouterr().out) == (failure is not no_archive)
    assert list((tmp_path / "cache").glob("*")) == []


def test_a_wrong_sum_stops_the_setup_and_nothing_is_built_in_silence(published, build_instead, tmp_path):
    publish(published, (published / ARCHIVE).read_bytes(), "f" * 64)

    with pytest.raises(JolibaError, match=r"refused.*JOLIBA_TOOLCHAIN=build"):
        installation.part("pulumi")

    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("wanted", ["official", "build"])
def test_the_user_may_insist(build_instead, monkeypatch, wanted):
    monkeypatch.setenv("JOLIBA_TOOLCHAIN", wanted)

    assert (installation.part("pulumi") == build_instead) == (wanted == "build")


@pytest.mark.usefixtures("build_instead")
@pytest.mark.parametrize("failure", [no_archive, no_checksums])
def test_an_official_release_that_was_insisted_on_and_cannot_be_had_is_an_error(published, monkeypatch, failure):
    failure(published)
    monkeypatch.setenv("JOLIBA_TOOLCHAIN", "official")

    with pytest.raises(JolibaError, match="cannot be had"):
        installation.part("pulumi")


def test_the_vendors_programs_run_with_our_language_host(vendor, project, tmp_path, monkeypatch):
    """The real command line as the vendor packs it: with hosts beside it, whose place ours takes."""
    folder, address = vendor
    foreign = b"#!/bin/sh\nexit 1\n"
    content = archive(pulumi__pulumi=b"", pulumi__extra=b"", **{f"pulumi__{installation.HOST}": foreign})
    publish(folder, content, hashlib.sha256(content).hexdigest())
    place = tmp_path / "official"
    release(address).unpack(place)
    installed = environment.pulumi_home()
    shutil.copy2(installed / "bin" / "pulumi", place / "pulumi" / "pulumi")
    home = tmp_path / "home"
    home.mkdir()
    (home / "venv").symlink_to(environment.virtual_environment())
    monkeypatch.setenv("JOLIBA_HOME", str(home))
    provider = installed / "plugins" / f"resource-openstack-v{versions.OPENSTACK}"

    installation.install(place / "pulumi", provider)
    project.program("import pulumi\npulumi.export('it', 'works')\n")
    project.pulumi("stack", "select", "t")  # noted in PULUMI_HOME
    project.up()

    assert project.outputs() == {"it": "works"}
    assert {path.name for path in (home / "pulumi" / "bin").iterdir()} == {"pulumi", "extra", installation.HOST}
    assert (place / "pulumi" / installation.HOST).read_bytes() == foreign


def test_the_list_names_the_pinned_versions_for_this_machine():
    named = [Release.read(name) for name in ("pulumi", "provider")]

    assert [found.archive.rpartition("/")[2].partition("-v")[0] for found in named] == [
        "pulumi",
        "pulumi-resource-openstack",
    ]
    assert not any("{" in found.archive + found.checksums for found in named)
