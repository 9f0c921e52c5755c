"""The vendor's releases, played by a server on loopback."""

import functools
import hashlib
import http.server
import io
import tarfile
import threading

import pytest

from infra.errors import JolibaError
from infra.toolchain import build, installation, pins
from infra.toolchain.release import Release

ARCHIVE = "pulumi-v1.2.3-linux-x64.tar.gz"
CHECKSUMS = "pulumi-1.2.3-checksums.txt"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def vendor(tmp_path):
    """A folder, and the address where it is served."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
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


def test_a_vendor_that_answers_is_preferred_and_one_that_does_not_is_replaced_by_a_build(vendor, tmp_path, monkeypatch):
    folder, address = vendor
    content = archive(pulumi__pulumi=b"#!/bin/sh\n")
    publish(folder, content, hashlib.sha256(content).hexdigest())
    monkeypatch.setenv("JOLIBA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("JOLIBA_TOOLCHAIN", raising=False)
    built = tmp_path / "built" / "pulumi"
    monkeypatch.setattr(build, "build", lambda _name: built)

    monkeypatch.setattr(Release, "read", lambda _name: release(address))
    got = installation.part("pulumi")
    monkeypatch.setattr(Release, "read", lambda _name: release(f"{address}/nothing-here"))
    fallback = installation.part("pulumi")

    assert (got.ours, got.programs.name, (got.programs / "pulumi").is_file()) == (False, "pulumi", True)
    assert (fallback.ours, fallback.programs) == (True, built.parent)


@pytest.mark.parametrize("wanted", ["official", "build"])
def test_the_user_may_insist(vendor, tmp_path, monkeypatch, wanted):
    folder, address = vendor
    content = archive(pulumi__pulumi=b"#!/bin/sh\n")
    publish(folder, content, hashlib.sha256(content).hexdigest())
    monkeypatch.setenv("JOLIBA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JOLIBA_TOOLCHAIN", wanted)
    monkeypatch.setattr(build, "build", lambda _name: tmp_path / "built" / "pulumi")
    monkeypatch.setattr(Release, "read", lambda _name: release(address))

    assert installation.part("pulumi").ours == (wanted == "build")


def test_an_official_release_that_was_insisted_on_and_cannot_be_had_is_an_error(vendor, tmp_path, monkeypatch):
    _, address = vendor
    monkeypatch.setenv("JOLIBA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JOLIBA_TOOLCHAIN", "official")
    monkeypatch.setattr(Release, "read", lambda _name: release(address))

    with pytest.raises(JolibaError, match="cannot be had"):
        installation.part("pulumi")


def test_the_list_names_the_pinned_versions_for_this_machine():
    named = [Release.read(name) for name in ("pulumi", "provider")]

    assert [found.archive.rpartition("/")[2].partition("-v")[0] for found in named] == [
        "pulumi",
        "pulumi-resource-openstack",
    ]
    assert not any("{" in found.archive + found.checksums for found in named)
