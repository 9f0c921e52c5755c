"""A request becomes machines: reached, closed where nothing was declared, encrypted, and gone without a trace.

In this order: the last tests stop, destroy and drop what the first ones use.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from real_site import APP, BASE, BASTION, SITE, TENANT

from infra.hosts.catalogue import read_catalogue
from infra.hosts.first_login import NO_CONNECTION
from infra.hosts.record import Assessment, Verdict, decode_record
from infra.lab import State
from infra.lab.machines import uplink
from infra.lab.processes import running

LISTEN = "sudo systemd-run --quiet --collect --unit listen-{port} python3 -m http.server {port}"
CONNECT = "timeout 20 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>&1"
REFUSED_OR_TIMEOUT = (1, 124)
LABEL, MOUNTED = "courriers", "/srv/courriers"
"""The volume as B3 mounts it: by its name."""
HOUR = 3600
OF_HOSTS_THAT_ANSWERED = (0, 1)
"""Exit codes: 1 is what only a person can mend, 3 would be a host that failed."""
WRITTEN = "dossier-numero-4711"


def volume_file(real) -> Path:
    """The file behind the tenant's data volume."""
    (volume,) = [found for found in real.cloud.block_storage.volumes(all_projects=True) if found.name]
    return real.lab.folder / "data" / "cinder" / "volumes" / volume.id


def test_a_server_is_the_one_that_was_asked_for(real):
    said = real.run(APP, "hostname; id -un; sudo -n id -u; . /etc/os-release; echo $ID-$VERSION_ID").stdout.split()

    assert said == [APP, "joliba", "0", "debian-12"]


def test_the_automation_account_is_the_only_way_in_and_only_with_its_key(real, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    way = real.login(BASTION)
    other = replace(way, key=tmp_path / "other").command()
    *options, target = way.command()
    root = [*options, target.replace("joliba@", "root@")]

    refused, sent_away, let_in = (
        subprocess.run([*command, "id -u"], capture_output=True, text=True, check=False)
        for command in (other, root, way.command())
    )

    assert refused.returncode == NO_CONNECTION
    assert "Permission denied (publickey)" in refused.stderr
    assert sent_away.returncode not in (0, NO_CONNECTION)
    assert "Please login as the user" in sent_away.stdout
    assert let_in.stdout == "1000\n"


def test_a_declared_flow_is_open_and_the_port_beside_it_is_closed(real):
    base = real.address(BASE)
    for port in (5432, 5433):
        real.run(BASE, LISTEN.format(port=port))
        real.run(BASE, f"timeout 60 bash -c 'until exec 3<>/dev/tcp/127.0.0.1/{port}; do sleep 1; done' 2>/dev/null")

    real.run(APP, CONNECT.format(address=base, port=5432))
    closed = real.run(APP, CONNECT.format(address=base, port=5433), expect=None)

    assert closed.returncode in REFUSED_OR_TIMEOUT, closed.stdout


def test_a_flow_has_one_direction_and_administration_is_not_a_way_around_it(real):
    real.run(APP, LISTEN.format(port=5432))
    real.run(APP, "timeout 60 bash -c 'until exec 3<>/dev/tcp/127.0.0.1/5432; do sleep 1; done' 2>/dev/null")
    back = real.run(BASE, CONNECT.format(address=real.address(APP), port=5432), expect=None)
    around = real.run(BASTION, CONNECT.format(address=real.address(BASE), port=5432), expect=None)

    assert back.returncode in REFUSED_OR_TIMEOUT
    assert around.returncode in REFUSED_OR_TIMEOUT
    real.run(BASTION, CONNECT.format(address=real.address(BASE), port=22))


def test_a_neighbour_is_not_reached_by_ssh_and_the_host_reaches_no_server_directly(real):
    beside = real.run(APP, CONNECT.format(address=real.address(BASE), port=22), expect=None)

    assert beside.returncode in REFUSED_OR_TIMEOUT
    assert greeting(real.address(BASTION)) == "SSH-"
    assert greeting(real.address(APP)) != "SSH-"


def greeting(address: str) -> str:
    """What a server says first to this host; a gateway on the way may take every connection, and say nothing."""
    said = f"exec 3<>/dev/tcp/{address}/22 && head -c 4 <&3"
    return subprocess.run(["timeout", "20", "bash", "-c", said], capture_output=True, text=True, check=False).stdout


@pytest.mark.timeout(2 * HOUR)
def test_the_tenant_is_hardened_looked_at_and_reported(real, tmp_path):
    said = real.joliba("harden", f"{SITE}.{TENANT}", "--yes", "--json", expect=None, timeout=HOUR)
    hardened = decode_record(said.stdout)
    assert said.returncode in OF_HOSTS_THAT_ANSWERED, said.stderr
    assert {host.assessment for host in hardened.hosts} == {Assessment.ASSESSED}
    assert all(host.changed for host in hardened.hosts)

    record = decode_record(real.joliba("audit", f"{SITE}.{TENANT}", "--json", expect=None, timeout=HOUR).stdout)
    rules = read_catalogue().rules
    for host in record.hosts:
        failing = [each.rule for each in host.verdicts if each.verdict is Verdict.FAIL]
        print(f"{host.name}: {host.seconds:.0f} s, {len(host.verdicts)} rules, fail: {failing}")
        assert not [name for name in failing if rules[name].remedied]
    names = [name.removeprefix(f"{TENANT}-") for name in (APP, BASE)]
    assert [host.name for host in record.hosts] == [f"{SITE}.{TENANT}.{name}" for name in names]

    page = tmp_path / "report.html"
    real.joliba("report", record.run, "-o", str(page), "--lang", "fr")
    real.joliba("verify", str(page))
    under = {"tcg": "sous émulation logicielle (TCG)", "kvm": "sous KVM"}[real.lab.machines.accelerator]
    assert (record.accelerator, under in page.read_text(encoding="utf-8")) == (real.lab.machines.accelerator, True)


def test_a_hardened_server_still_keeps_to_the_declared_flows(real):
    real.run(BASE, LISTEN.format(port=5442))
    real.run(BASE, "timeout 60 bash -c 'until exec 3<>/dev/tcp/127.0.0.1/5432; do sleep 1; done' 2>/dev/null")

    assert keeps_to_the_declared_flows(real)


def keeps_to_the_declared_flows(real) -> bool:
    """Whether a declared port lets in, and the one beside it, where something listens too, does not."""
    base = real.address(BASE)
    real.run(APP, CONNECT.format(address=base, port=5432))
    return real.run(APP, CONNECT.format(address=base, port=5442), expect=None).returncode in REFUSED_OR_TIMEOUT


def test_a_switch_that_crashes_comes_back_with_its_flows_and_no_server_is_lost(real):
    booted = real.run(APP, "cat /proc/sys/kernel/random/boot_id").stdout
    before = switch(real.lab)

    os.kill(before, signal.SIGABRT)
    while switch(real.lab) in (None, before):
        time.sleep(0.2)

    assert real.run(APP, "cat /proc/sys/kernel/random/boot_id").stdout == booted
    assert keeps_to_the_declared_flows(real)


def switch(lab) -> int | None:
    """The process of the room's Open vSwitch."""
    door = json.loads((lab.folder / "run" / "processes.json").read_text())["machines"]["pid"]
    (keeper,) = Path(f"/proc/{door}/task/{door}/children").read_text().split()
    for child in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split():
        if Path(f"/proc/{child}/comm").read_text().strip() == "ovs-vswitchd":
            return int(child)
    return None


def test_a_volume_of_an_encrypted_type_is_mounted_by_its_name_and_noise_on_the_hypervisor(real):
    file = volume_file(real)

    mounted = real.run(BASE, f"findmnt --noheadings --output SOURCE,LABEL,FSTYPE,OPTIONS {MOUNTED}").stdout.split()
    real.run(BASE, f"echo {WRITTEN} | sudo tee {MOUNTED}/dossier && sync")

    assert mounted[1:3] == [LABEL, "ext4"]
    assert {"nodev", "nosuid"} <= set(mounted[3].split(","))
    content = file.read_bytes()
    assert content.startswith(b"LUKS\xba\xbe\x00\x01")
    assert LABEL.encode() not in content
    assert WRITTEN.encode() not in content
    assert file.stat().st_size == 2 * 2**30
    assert int(real.run(BASE, f"sudo blockdev --getsize64 {mounted[0]}").stdout) < file.stat().st_size


def test_nothing_is_changed_by_a_second_run(real):
    real.joliba("up", f"{SITE}.foundation", f"{SITE}.{TENANT}", "--yes", "--expect-no-changes")


def test_a_stopped_lab_leaves_no_process_and_no_device_and_started_again_has_its_servers_with_their_data(real):
    keys = real.keys(BASE)
    address = (real.address(BASTION), real.address(BASE))

    real.lab.stop()
    assert not running(real.lab.folder / "run")
    assert not devices(real.lab)
    real.lab.start(print)

    assert (real.address(BASTION), real.address(BASE)) == address
    assert real.run(BASE, f"sudo cat {MOUNTED}/dossier").stdout.strip() == WRITTEN, "mounted by itself"
    assert set(real.run(BASE, "cut -d' ' -f1,2 /etc/ssh/ssh_host_*_key.pub").stdout.splitlines()) == set(keys)


def test_a_destroyed_site_leaves_no_guest_no_port_no_volume_and_no_key(real):
    real.joliba("destroy", SITE, "--delete-data", "--confirm", f"{SITE}.{TENANT}", "--yes")
    data = real.lab.folder / "data"

    assert not list(real.cloud.compute.servers(all_projects=True))
    assert not list((data / "cinder" / "volumes").iterdir())
    assert not list((data / "machines" / "libvirt" / "etc" / "secrets").iterdir())
    assert not list((data / "machines" / "libvirt" / "etc" / "qemu").glob("*.xml"))
    kept = {"_base", "locks", "compute_nodes"}  # images, and nova's note of who uses this folder
    assert {path.name for path in (data / "nova" / "instances").iterdir()} <= kept


@pytest.mark.parametrize("ended", ["killed", "reset"])
def test_however_a_lab_ends_nothing_is_left_of_it(lab, ended):
    table = json.loads((lab.folder / "run" / "processes.json").read_text())
    assert devices(lab), "the link is there before"

    if ended == "killed":
        subprocess.run(["kill", "-KILL", str(table["supervisor"]["pid"])], check=True)
        subprocess.run(["timeout", "20", "bash", "-c", f"while kill -0 {table['machines']['pid']}; do sleep .1; done"],
                       check=False, capture_output=True)  # fmt: skip
    else:
        lab.reset()

    assert not running(lab.folder / "run")
    assert not devices(lab)
    assert str(lab.folder) not in Path("/proc/mounts").read_text()
    if ended == "killed":
        lab.start(print)
        assert {row.state for row in lab.status()} == {State.READY}
    else:
        assert not (lab.folder / "data").exists()


def devices(lab) -> list[str]:
    """The lab's link on the host, and any tap or bridge that is not where it belongs."""
    found = json.loads(subprocess.run(["ip", "-json", "link"], capture_output=True, check=True).stdout)
    ours = (uplink.device(lab.folder), "br-int", "br-ex", "ovs-netdev")
    return [link["ifname"] for link in found if link["ifname"] in ours or link["ifname"].startswith("tap")]
