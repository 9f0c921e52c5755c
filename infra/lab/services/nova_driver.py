"""Nova's fake hypervisor, with hosts and guests that outlive a restart, snapshots, and a console that speaks."""

import base64
import hashlib
import io
import uuid
from typing import Any

from nova import context, objects
from nova.compute import power_state
from nova.image import glance
from nova.virt import fake


class Driver(fake.FakeDriver):
    """One compute host: 1000 vCPU, 800 GB of memory and 600 TB of disk that are nowhere."""

    capabilities = {**fake.FakeDriver.capabilities, "supports_migrate_to_same_host": True}  # noqa: RUF012 - nova's

    def init_host(self, host: str) -> None:
        """Remember the guests that a former process had."""
        super().init_host(host)
        everything = context.get_admin_context()
        for guest in objects.InstanceList.get_by_host(everything, host, expected_attrs=["flavor"]):
            state = power_state.RUNNING if guest.vm_state == "active" else power_state.SHUTDOWN
            self.instances[guest.uuid] = fake.FakeInstance(guest.name, state, guest.uuid)

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """Its one node, with an identity that is the same after a restart."""
        del refresh
        return {identity(node): node for node in self.get_available_nodes()}

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """What the node has. It passes for QEMU, since images say what hypervisor they are made for."""
        found = super().get_available_resource(nodename)
        return {**found, "uuid": identity(nodename), "supported_instances": [("x86_64", "qemu", "hvm")]}

    def snapshot(self, context: Any, instance: Any, image_id: str, update_task_state: Any) -> None:
        """Upload an image, which the fake driver leaves out."""
        super().snapshot(context, instance, image_id, update_task_state)
        metadata = {"disk_format": "raw", "container_format": "bare"}
        glance.API().update(context, image_id, metadata, data=io.BytesIO(b"lab"), purge_props=False)

    def get_console_output(self, context: Any, instance: Any) -> str:
        """What cloud-init prints at a first boot: hosts' public keys are learned from there."""
        del context
        return console(instance.uuid, instance.hostname or instance.display_name)


def identity(node: str) -> str:
    """The identifier of a compute node."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, node))


def console(instance: str, hostname: str) -> str:
    """A console log with an SSH host key of the guest: well formed, stable, and nobody has its private half."""
    seed = hashlib.sha256(f"lab host key {instance}".encode()).digest()
    kind = b"ssh-ed25519"
    blob = len(kind).to_bytes(4, "big") + kind + len(seed).to_bytes(4, "big") + seed
    fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return "\n".join((
        f"{hostname} login: ci-info: no authorized SSH keys fingerprints found for user debian.",
        "<14>cloud-init: #############################################################",
        "<14>cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----",
        f"<14>cloud-init: 256 SHA256:{fingerprint} root@{hostname} (ED25519)",
        "<14>cloud-init: -----END SSH HOST KEY FINGERPRINTS-----",
        "<14>cloud-init: #############################################################",
        "-----BEGIN SSH HOST KEY KEYS-----",
        f"{kind.decode()} {base64.b64encode(blob).decode()} root@{hostname}",
        "-----END SSH HOST KEY KEYS-----",
        "",
    ))  # fmt: skip
