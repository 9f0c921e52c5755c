"""A real sshd on this machine, for an ordinary run of the playbooks."""

import getpass
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra import environment
from infra.hosts.catalogue import HostRole
from infra.hosts.inventory import Host
from infra.model.classification import HardeningLevel

SSHD = "/usr/sbin/sshd"


@dataclass(frozen=True)
class Server:
    """A host as the playbooks reach it."""

    host: Host
    key: Path
    known_hosts: Path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of Joliba of the test's own."""
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JOLIBA_LANG", "en")
    monkeypatch.setattr(environment, "virtual_environment", lambda: Path(__file__).parents[2] / ".joliba/venv")
    return tmp_path / "home"


@pytest.fixture
def sshd(tmp_path, home):
    """This machine as a host: a real sshd on loopback that knows one key, and its public host key where runs look."""
    for program in (SSHD, "/usr/bin/sudo"):
        if not Path(program).exists():
            pytest.skip(f"{program} is not installed: apt-get install openssh-server sudo")
    if subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not become root without a password")
    keys = home / "keys" / "test"
    keys.mkdir(parents=True)
    for file in (tmp_path / "host_key", keys / "management"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
    authorized = tmp_path / "authorized_keys"
    shutil.copy(keys / "management.pub", authorized)
    port = _free_port()
    configuration = tmp_path / "sshd_config"
    configuration.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {tmp_path}/host_key\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {authorized}\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(configuration)], stderr=subprocess.DEVNULL)
    _await(port)
    known = home / "known_hosts" / "test"
    known.parent.mkdir()
    kind, public, *_ = (tmp_path / "host_key.pub").read_text().split()
    host = Host(
        name="test.sante.here", site="test", tenant="sante", ministry="Santé", platform="dossier", tier="web",
        role=HostRole.GUEST, level=HardeningLevel.HIGH, address="127.0.0.1", port=port, user=getpass.getuser(),
        cloud="lab",
    )  # fmt: skip
    known.write_text(f"{host.alias} {kind} {public}\n")
    yield Server(host, keys / "management", known)
    server.terminate()
    server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("sshd did not start")
