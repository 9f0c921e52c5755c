"""Host keys over the compute API: of the lab's servers, and out of a log that somebody else wrote into."""

import base64
from types import SimpleNamespace

import pytest

from infra.hosts.host_keys import host_keys
from infra.lab.guests.console import BEGIN, END
from infra.lab.problem import LabError


def body(key=b"k" * 32):
    return base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", key))).decode()


def cloud_that_shows(log):
    """A connection whose servers have this console log."""
    return SimpleNamespace(compute=SimpleNamespace(get_server_console_output=lambda _server: {"output": log}))


def test_the_key_that_a_server_prints_is_known_without_its_comment():
    log = f"boot\n{BEGIN}\nssh-ed25519 {body()} root@web-1\n{END}\nlogin: "

    assert host_keys(cloud_that_shows(log), "web-1") == (f"ssh-ed25519 {body()}",)


@pytest.mark.parametrize("log", [None, "", "boot", f"{BEGIN}\nssh-ed25519 {body()} root@web-1\n"])
def test_a_log_without_a_whole_announcement_has_no_key(log):
    assert host_keys(cloud_that_shows(log), "web-1") == ()


@pytest.mark.parametrize(
    "line",
    [
        f"ssh-ed25519 {body()}\x1b[2J root@web-1",
        f"@cert-authority * ssh-ed25519 {body()}",
        f'command="reboot" ssh-ed25519 {body()}',
        "ssh-ed25519 {{ lookup('pipe', 'id') }} root@web-1",
        f"evil.example,* ssh-ed25519 {body()}",
        "<script>alert(1)</script>",
    ],
)
def test_what_only_looks_like_a_key_is_passed_over_and_the_key_beside_it_is_not(line):
    good = f"ssh-ed25519 {body(b'g' * 32)}"

    assert host_keys(cloud_that_shows(f"{BEGIN}\n{line}\n{good} root@web-1\n{END}\n"), "web-1") == (good,)


def test_a_second_announcement_with_another_key_is_refused():
    def announced(key):
        return f"{BEGIN}\nssh-ed25519 {body(key)} root@web-1\n{END}\n"

    with pytest.raises(LabError, match="two different host keys"):
        host_keys(cloud_that_shows(announced(b"a" * 32) + announced(b"b" * 32)), "web-1")
    assert host_keys(cloud_that_shows(announced(b"a" * 32) * 2), "web-1") == (f"ssh-ed25519 {body(b'a' * 32)}",)


def test_the_labs_servers_announce_theirs_over_the_api(cloud):
    network = cloud.network.create_network(name="keys")
    cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.20.0.0/24")
    image = cloud.image.create_image(name="keys", data=b"an image", disk_format="raw", container_format="bare")
    flavor = cloud.compute.create_flavor(name="keys", ram=512, vcpus=1, disk=1)
    server = cloud.compute.create_server(
        name="keys", image_id=image.id, flavor_id=flavor.id, networks=[{"uuid": network.id}]
    )
    cloud.compute.wait_for_server(server)
    try:
        (key,) = host_keys(cloud, server.id)
    finally:
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server)
        for made, delete in ((network, cloud.network.delete_network), (image, cloud.image.delete_image),
                             (flavor, cloud.compute.delete_flavor)):  # fmt: skip
            delete(made.id)

    assert key.startswith("ssh-ed25519 AAAA")
