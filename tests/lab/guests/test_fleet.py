"""Light hosts, really started (two of them): each is a host of its own, and none can touch the machine."""

import subprocess
from pathlib import Path

import pytest

from infra.lab.guests.access import NO_CONNECTION
from infra.lab.guests.fleet import LightFleet, obstacle
from infra.lab.guests.fleet_supervisor import hosts
from infra.lab.guests.image import light_tree_folder
from infra.lab.problem import LabError


@pytest.fixture(scope="module")
def fleet(pytestconfig):
    if why := obstacle():
        pytest.skip(why)
    if not pytestconfig.option.full and not light_tree_folder().is_dir():
        pytest.skip("the tree of light hosts is not made yet: scripts/test --full makes it")
    with LightFleet(2) as started:
        yield started


def each(fleet, command):
    return [host.access.run(command).stdout.strip() for host in fleet]


def test_every_host_has_its_own_name_machine_id_and_host_key(fleet):
    assert each(fleet, "hostname") == ["light-001", "light-002"]
    assert len(set(each(fleet, "cat /etc/machine-id"))) == 2
    announced = [f"{host.host_key.algorithm} {host.host_key.body}" for host in fleet]
    assert each(fleet, "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub") == announced
    assert len(set(announced)) == 2


def test_its_user_is_root_by_sudo_without_a_password(fleet):
    assert each(fleet, "id -un && sudo -n id -un") == ["exploitation\nroot"] * 2


def test_what_one_host_writes_the_other_does_not_see(fleet):
    fleet[0].access.run("sudo sh -c 'echo changed >> /etc/issue; rm /etc/motd; pkill -x nobody; true'")

    assert fleet[0].access.run("tail -1 /etc/issue; ls /etc/motd", check=False).stdout == "changed\n"
    assert "changed" not in fleet[1].access.run("cat /etc/issue && ls /etc/motd").stdout


def test_a_hosts_firewall_is_its_own(fleet):
    fleet[0].access.run("sudo nft add table inet mine")

    assert "mine" in fleet[0].access.run("sudo nft list tables").stdout
    assert fleet[1].access.run("sudo nft list tables").stdout == ""


def test_only_its_own_ssh_server_listens_in_a_host(fleet):
    assert {row.split()[3] for row in each(fleet, "ss -Hltn")[0].splitlines()} == {"0.0.0.0:22", "[::]:22"}


@pytest.mark.parametrize(
    "command",
    [
        "sysctl -w vm.swappiness=$(cat /proc/sys/vm/swappiness)",
        "mount -o remount,rw /proc/sys",
        "mount -t tmpfs none /mnt",
        "mknod /root/disk b 254 0",
        "touch /dev/shared",
        "touch /sys/power/state",
        "dmesg",
        "date --set=now",
    ],
)
def test_even_root_in_a_host_cannot_change_the_machine(fleet, command):
    refused = fleet[0].access.run(f"sudo sh -c {command!r}", check=False)

    assert refused.returncode not in {0, NO_CONNECTION}


def test_root_in_a_host_sees_no_process_but_its_own(fleet):
    assert "fleet_supervisor" not in fleet[0].access.run("sudo ps -eo args").stdout


def test_another_hosts_key_is_refused(fleet, tmp_path):
    first, second = fleet
    wrong = tmp_path / "known_hosts"
    wrong.write_text(f"[127.0.0.1]:{first.access.port} {second.host_key.algorithm} {second.host_key.body}\n")
    command = [part.replace(str(first.access.known_hosts), str(wrong)) for part in first.access.command()]

    refused = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)

    assert refused.returncode == NO_CONNECTION
    assert "HOST IDENTIFICATION HAS CHANGED" in refused.stderr
    assert first.access.run("true").returncode == 0


def test_the_machines_network_is_not_touched_and_nothing_is_left(fleet):
    with LightFleet(1) as other:
        process, folder, port = other._process, other.folder, other[0].access.port
        links = [path.name for path in Path("/sys/class/net").iterdir()]
        assert [name for name in links if name.startswith(("hosts", "cable"))] == []
        assert Path("/mnt/tree").exists() is False

    assert process.poll() is not None
    assert not folder.exists()
    with pytest.raises(LabError):
        fleet[0].access.__class__(**{**vars(fleet[0].access), "port": port}).run("true")


def test_fifty_hosts_are_up_in_under_half_a_minute(full):
    if why := obstacle():
        pytest.skip(why)
    with LightFleet(50) as many:
        assert len(many) == 50
        assert {host.access.greets() for host in many} == {True}


def test_hosts_have_addresses_of_their_own_beyond_the_first_256():
    found = hosts([f"h{number}" for number in range(300)], range(300))

    assert len({host.address.ip for host in found}) == 300
    assert str(found[0].address) == "10.0.0.1/16"
    assert str(found[299].address) == "10.0.1.44/16"


def test_whoever_is_not_root_is_told_why_there_is_no_fleet(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(LabError, match="light hosts need root"):
        LightFleet(1)
