"""A volume backend of files that the hypervisor opens by itself: raw, sparse, LUKS where the volume type says so.

Nova knows file systems by the names of products only; of these ``gpfs`` stands for a path that is there already, and
asks for nothing else. A LUKS file is opened by QEMU, with a key that nova reads from Barbican and gives to libvirt.
"""

import binascii
import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from castellan import key_manager
from cinder import exception, interface
from cinder.image import image_utils
from cinder.volume import driver, volume_utils
from oslo_config import cfg

GIB = 2**30
LUKS_HEADER = 2 * 2**20 + 64 * 2**10
"""Bytes, rounded up: what a LUKS volume holds beside the guest's data."""


@interface.volumedriver
class FileVolumeDriver(driver.VolumeDriver):
    """One file a volume or snapshot, all in one folder."""

    VERSION = "1.0"

    def check_for_setup_error(self) -> None:
        """Make the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        Path(cfg.CONF.image_conversion_dir).mkdir(parents=True, exist_ok=True)

    def create_volume(self, volume: Any) -> None:
        """An empty volume; an encrypted one has its header already."""
        if volume.encryption_key_id:
            with tempfile.NamedTemporaryFile(dir=cfg.CONF.image_conversion_dir) as nothing:
                self._encrypt(volume.obj_context, volume, Path(nothing.name))
        else:
            self._path(volume).touch(0o600)
        self.extend_volume(volume, volume.size)

    def delete_volume(self, volume: Any) -> None:
        """Remove the file."""
        self._path(volume).unlink(missing_ok=True)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """To so many GiB, header included."""
        os.truncate(self._path(volume), new_size * GIB)

    def create_snapshot(self, snapshot: Any) -> None:
        """A copy: what a guest has not written to its disk yet is not in it."""
        _copy(self._path(snapshot.volume), self._path(snapshot))

    delete_snapshot = delete_volume

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """A copy, perhaps larger."""
        _copy(self._path(snapshot), self._path(volume))
        self.extend_volume(volume, volume.size)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """A copy, perhaps larger."""
        _copy(self._path(src_vref), self._path(volume))
        self.extend_volume(volume, volume.size)

    def copy_image_to_volume(
        self, context: Any, volume: Any, image_service: Any, image_id: str, disable_sparse: bool = False
    ) -> None:
        """Write an image into a plain volume; its holes stay holes."""
        path = str(self._path(volume))
        image_utils.fetch_to_raw(
            context, image_service, image_id, path, self.configuration.volume_dd_blocksize,
            size=volume.size, disable_sparse=disable_sparse,
        )  # fmt: skip
        self.extend_volume(volume, volume.size)

    def copy_image_to_encrypted_volume(
        self, context: Any, volume: Any, image_service: Any, image_id: str, disable_sparse: bool = False
    ) -> None:
        """Write an image into an encrypted volume, its zeros too: a hole would read as noise."""
        with tempfile.NamedTemporaryFile(dir=cfg.CONF.image_conversion_dir) as plain:
            image_utils.fetch_to_raw(
                context, image_service, image_id, plain.name, self.configuration.volume_dd_blocksize,
                size=volume.size, disable_sparse=disable_sparse,
            )  # fmt: skip
            if Path(plain.name).stat().st_size + LUKS_HEADER > volume.size * GIB:
                size = "that of its disk and a LUKS header"
                raise exception.ImageTooBig(image_id=image_id, image_size=size, volume_size=volume.size)
            self._encrypt(context, volume, Path(plain.name))
        self.extend_volume(volume, volume.size)

    def copy_volume_to_image(self, context: Any, volume: Any, image_service: Any, image_meta: Any) -> None:
        """Upload it."""
        volume_utils.upload_volume(context, image_service, image_meta, str(self._path(volume)), volume)

    def ensure_export(self, context: Any, volume: Any) -> None:
        """A file needs no export."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """A file needs no export."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """A file needs no export."""

    def terminate_connection(self, volume: Any, connector: Any, **_: Any) -> None:
        """A file needs no connection."""

    def clone_image(self, *_: Any) -> tuple[dict[str, Any], bool]:
        """Images are copied."""
        return {}, False

    def initialize_connection(self, volume: Any, connector: Any, **_: Any) -> dict[str, Any]:
        """Where the hypervisor finds the file."""
        del connector
        data = {"volume_id": volume.id, "device_path": str(self._path(volume)), "access_mode": "rw"}
        return {"driver_volume_type": "gpfs", "data": data}

    def _update_volume_stats(self) -> None:
        place = os.statvfs(self._folder)
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "lab", "driver_version": self.VERSION, "storage_protocol": "file", "multiattach": False,
            # files are sparse: what is promised may be more than there is
            "total_capacity_gb": "infinite", "free_capacity_gb": "infinite",
            "allocated_capacity_gb": (place.f_blocks - place.f_bavail) * place.f_frsize // GIB,
            "reserved_percentage": 0, "QoS_support": True, "thin_provisioning_support": False,
        }  # fmt: skip

    @property
    def _folder(self) -> Path:
        return Path(cfg.CONF.state_path) / "volumes"

    def _path(self, thing: Any) -> Path:
        return self._folder / str(thing.id)

    def _encrypt(self, context: Any, volume: Any, plain: Path) -> None:
        """Write a file's content into the volume, encrypted as its type says with the key that its tenant has."""
        encryption = volume_utils.check_encryption_provider(volume, context)
        key = key_manager.API(cfg.CONF).get(context, encryption["encryption_key_id"])
        with _secret(binascii.hexlify(key.get_encoded())) as passphrase:
            image_utils.convert_image(
                str(plain), str(self._path(volume)), "luks", src_format="raw",
                cipher_spec=image_utils.decode_cipher(encryption["cipher"], encryption["key_size"]),
                passphrase_file=passphrase,
            )  # fmt: skip


@contextlib.contextmanager
def _secret(content: bytes) -> Iterator[str]:
    """A file that only its owner reads, for as long as it is needed."""
    with tempfile.NamedTemporaryFile(dir=cfg.CONF.image_conversion_dir) as file:
        file.write(content)
        file.flush()
        yield file.name


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", "--", source, target], check=True)
