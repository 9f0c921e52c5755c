"""What the services' configuration says otherwise in a lab with real machines."""

from infra.lab.catalogue import PHYSICAL_NETWORK
from infra.lab.deployment import Deployment
from infra.lab.machines import daemons, room
from infra.lab.machines.profile import Profile
from infra.lab.problem import LabError

Sections = dict[str, dict[str, object]]
LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path on Linux."""
TRANSLATION_CACHE = 96
"""MiB of translated code that QEMU keeps for a guest under software emulation; it takes half a GiB by itself."""


def overrides(lab: Deployment, profile: Profile) -> dict[str, Sections]:
    """Sections by service, to be merged over an ordinary lab's.

    Raises:
        LabError: the lab's folder is too deep for the sockets in it.
    """
    found = sockets(lab)
    return {"neutron": _neutron(found), "nova": _nova(lab, profile, found), "cinder": _cinder(lab)}


def sockets(lab: Deployment) -> dict[str, str]:
    """Where the services find the room's daemons, by what these are.

    Raises:
        LabError: the lab's folder is too deep for the sockets in it.
    """
    inside = {
        "north": daemons.NORTH_SOCKET,
        "south": daemons.SOUTH_SOCKET,
        "switch": daemons.SWITCH_SOCKET,
        "hypervisor": daemons.HYPERVISOR_SOCKET,
    }
    found = {name: str(room.socket(lab, path)) for name, path in inside.items()}
    for path in found.values():
        if len(path.encode()) > LONGEST_SOCKET:
            raise LabError(f"{path} is longer than the {LONGEST_SOCKET} bytes of a socket's path: move JOLIBA_HOME")
    return found


def _neutron(found: dict[str, str]) -> Sections:
    plugins = (
        "ovn-router", "qos", "trunk", "port_forwarding", "segments", "metering", "auto_allocate",
        "network_ip_availability", "revisions", "timestamp", "tag", "flavors",
    )  # fmt: skip
    return {
        "DEFAULT": {"service_plugins": ",".join(plugins)},
        "ml2": {
            "type_drivers": "flat,vlan,geneve,local",
            "tenant_network_types": "geneve",
            "mechanism_drivers": "ovn",
            "overlay_ip_version": 4,
        },
        "ml2_type_geneve": {"vni_ranges": "1:9999", "max_header_size": 38},
        "ml2_type_flat": {"flat_networks": PHYSICAL_NETWORK},
        "ovn": {
            "ovn_nb_connection": f"unix:{found['north']}",
            "ovn_sb_connection": f"unix:{found['south']}",
            "ovn_metadata_enabled": False,
            "enable_distributed_floating_ip": True,
            # libvirt makes them, in the room; nova would in the host's network
            "ovs_create_tap": False,
        },
    }


def _nova(lab: Deployment, profile: Profile, found: dict[str, str]) -> Sections:
    return {
        "DEFAULT": {
            "compute_driver": "libvirt.LibvirtDriver",
            "instances_path": f"{lab.data}/nova/instances",
            # no metadata service: cloud-init reads a disk
            "force_config_drive": True,
            "flat_injected": False,
            # root volumes are copied from images
            "block_device_allocate_retries": 600,
            "reserved_host_memory_mb": 0,
            # guests touch a part of what they are given; nothing says what the cores of an emulation are worth
            "ram_allocation_ratio": 8.0,
            "cpu_allocation_ratio": 64.0,
            "disk_allocation_ratio": 64.0,
            # a stopped lab's guests were shut down with it
            "resume_guests_state_on_host_boot": True,
            "timeout_nbd": 1,
        },
        "libvirt": {
            "virt_type": profile.virt_type,
            "connection_uri": f"qemu+unix:///system?socket={found['hypervisor']}",
            "cpu_mode": "none",
            "images_type": "qcow2",
            "inject_partition": -2,
            "tb_cache_size": TRANSLATION_CACHE,
            "wait_soft_reboot_seconds": 60,
        },
        "os_vif_ovs": {"ovsdb_connection": f"unix:{found['switch']}"},
        **_key_manager(lab),
    }


def _cinder(lab: Deployment) -> Sections:
    return {
        "DEFAULT": {
            "image_conversion_dir": f"{lab.data}/cinder/conversion",
            "allowed_direct_url_schemes": "",
        },
        "lab": {
            "volume_driver": "infra.lab.services.file_volumes.FileVolumeDriver",
            "volume_backend_name": "lab",
        },
        **_key_manager(lab),
    }


def _key_manager(lab: Deployment) -> Sections:
    """Volumes' keys are Barbican's, each its tenant's own."""
    return {
        "key_manager": {"backend": "barbican"},
        "barbican": {
            "barbican_endpoint": lab.url("barbican"),
            "auth_endpoint": lab.url("keystone") + "/v3",
            "send_service_user_token": False,
        },
        "barbican_service_user": {},
    }
