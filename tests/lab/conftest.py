"""One lab for all tests of this folder, in a home of its own, and what a foundation would have made in it."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.connection import Connection

from infra.lab import Lab


@dataclass(frozen=True, kw_only=True)
class Foundation:
    flavor: str
    image: str
    external_network: str
    encrypted_type: str


@dataclass(frozen=True, kw_only=True)
class Tenant:
    name: str
    project: str
    member: Connection
    reader: Connection


@contextmanager
def strict(home: Path) -> Iterator[None]:
    """Joliba's home is this folder, and files are made with the strictest umask."""
    former = os.umask(0o077)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JOLIBA_HOME", str(home))
            yield
    finally:
        os.umask(former)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a space in its name."""
    return tmp_path_factory.mktemp("a home")


@pytest.fixture(scope="module", autouse=True)
def in_home(home: Path) -> Iterator[None]:
    with strict(home):
        yield


@pytest.fixture(scope="session")
def lab(home: Path) -> Iterator[Lab]:
    """A running lab."""
    with strict(home):
        running = Lab("ml-bko")
        running.start(print)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def administrator(lab: Lab) -> Connection:
    return openstack.connect(**lab.cloud())


@pytest.fixture(scope="session")
def foundation(administrator: Connection) -> Foundation:
    network = administrator.network.create_network(
        name="public", is_router_external=True, provider_network_type="flat", provider_physical_network="public"
    )
    administrator.network.create_subnet(
        network_id=network.id, ip_version=4, enable_dhcp=False, cidr="172.24.0.0/16", gateway_ip="172.24.0.1"
    )
    encrypted = administrator.block_storage.create_type(name="encrypted")
    administrator.block_storage.create_type_encryption(
        encrypted, provider="luks", cipher="aes-xts-plain64", key_size=256, control_location="front-end"
    )
    image = administrator.image.create_image(
        name="debian-12", data=b"an image", disk_format="raw", container_format="bare", visibility="public"
    )
    return Foundation(
        flavor=administrator.compute.create_flavor(name="SCS-1V-2", ram=2048, vcpus=1, disk=10).id,
        image=image.id,
        external_network=network.id,
        encrypted_type=encrypted.name,
    )


@pytest.fixture
def make_tenant(lab: Lab, administrator: Connection) -> Callable[[], Tenant]:
    """A project with a user of role ``member`` and one of role ``reader``."""

    def make() -> Tenant:
        name, password = f"t{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        project = administrator.identity.create_project(name=name, domain_id="default")
        connections = {}
        for role in ("member", "reader"):
            user = administrator.identity.create_user(name=f"{name}-{role}", password=password, domain_id="default")
            granted = administrator.identity.find_role(role, ignore_missing=False)
            administrator.identity.assign_project_role_to_user(project, user, granted)
            cloud = lab.cloud()
            cloud["auth"] = {**cloud["auth"], "username": user.name, "password": password, "project_name": name}
            connections[role] = openstack.connect(**cloud)
        return Tenant(name=name, project=project.id, **connections)

    return make


@pytest.fixture
def tenant(make_tenant: Callable[[], Tenant]) -> Tenant:
    return make_tenant()


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], None]:
    return wait_until
