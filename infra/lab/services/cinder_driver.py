"""A volume backend with no storage behind it."""

from typing import Any

from cinder import interface
from cinder.volume import driver

CAPACITY_GIB = 1_000_000


@interface.volumedriver
class LabVolumeDriver(driver.VolumeDriver):
    """Every operation succeeds at once."""

    VERSION = "1.0"

    def _nothing(self, *_: Any, **__: Any) -> None:
        return None

    check_for_setup_error = create_volume = delete_volume = _nothing
    create_snapshot = delete_snapshot = create_volume_from_snapshot = _nothing
    create_cloned_volume = extend_volume = ensure_export = _nothing
    create_export = remove_export = terminate_connection = _nothing
    copy_image_to_volume = copy_volume_to_image = copy_image_to_encrypted_volume = _nothing
    create_export_snapshot = remove_export_snapshot = manage_existing = _nothing

    def initialize_connection(self, volume: Any, connector: Any, **_: Any) -> dict[str, Any]:
        """How a host would reach the volume."""
        del connector
        return {"driver_volume_type": "fake", "data": {"volume_id": volume.id, "access_mode": "rw"}}

    def clone_image(self, *_: Any) -> tuple[dict[str, Any], bool]:
        """A bootable volume is made without reading the image."""
        return {}, True

    def retype(self, *_: Any) -> tuple[bool, None]:
        """No data to move."""
        return True, None

    def manage_existing_get_size(self, *_: Any) -> int:
        """GiB."""
        return 1

    def _update_volume_stats(self) -> None:
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "lab", "driver_version": self.VERSION, "storage_protocol": "lab", "multiattach": True,
            "total_capacity_gb": CAPACITY_GIB, "free_capacity_gb": CAPACITY_GIB, "allocated_capacity_gb": 0,
            "reserved_percentage": 0, "QoS_support": True, "thin_provisioning_support": False,
            "consistent_group_snapshot_enabled": True,
        }  # fmt: skip
