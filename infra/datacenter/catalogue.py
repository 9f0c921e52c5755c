"""What a site offers: flavors, images, volume types, bandwidth limits."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_openstack as openstack

from infra.errors import JolibaError
from infra.model.site import ImageVersion, Site

if TYPE_CHECKING:
    from infra.lab.machines.profile import BootableImage

PLACEHOLDER = "placeholder"


@dataclass(frozen=True, kw_only=True)
class CatalogueArgs:
    """``placeholders`` is the folder where a lab's stand-ins for images are written.

    ``root`` what sources are relative to. ``bootable`` are the images that a lab with real machines has instead, by the
    names that requests use; only their current versions boot.
    """

    site: Site
    root: Path
    placeholders: Path
    bootable: Mapping[str, "BootableImage"] = field(default_factory=dict)


class Catalogue(pulumi.ComponentResource):
    """A site's flavors, image versions, volume types and bandwidth limits.

    Maps of ids by the names that requests use: ``flavors``, ``images`` (current versions), ``qos``.
    """

    flavors: dict[str, pulumi.Output[str]]
    images: dict[str, pulumi.Output[str]]
    qos: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: CatalogueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Catalogue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        site = args.site
        self.flavors = {
            flavor.name: openstack.compute.Flavor(
                f"{name}-flavor-{flavor.name}",
                name=flavor.name,
                vcpus=flavor.vcpus,
                ram=flavor.ram_mib,
                disk=flavor.disk,
                is_public=True,
                opts=child,
            ).id
            for flavor in site.flavors.values()
        }
        versions = {
            version.name: self._image(name, version, args)
            for image in site.images.values()
            for version in image.versions
        }
        self.images = {image.name: versions[image.current.name] for image in site.images.values()}
        for volume_type in site.volume_types.values():
            openstack.blockstorage.VolumeTypeV3(
                f"{name}-volume-type-{volume_type.name}",
                name=volume_type.name,
                description=volume_type.description,
                extra_specs=dict(volume_type.extra_specs),
                is_public=True,
                opts=child,
            )
        self.qos = {policy: self._qos(name, site, policy) for policy in site.qos}
        self.register_outputs({"flavors": self.flavors, "images": self.images, "qos": self.qos})

    def _image(self, name: str, version: ImageVersion, args: CatalogueArgs) -> pulumi.Output[str]:
        """One version, never changed once made: another build is another version."""
        current = version == args.site.images[version.image].current
        if version.source == PLACEHOLDER and current and version.image in args.bootable:
            return self._bootable_image(name, version, args.bootable[version.image])
        image = openstack.images.Image(
            f"{name}-image-{version.name}",
            name=version.name,
            container_format="bare",
            disk_format="raw" if version.source == PLACEHOLDER else "qcow2",
            local_file_path=str(_image_file(version, args)),
            min_disk_gb=0 if version.source == PLACEHOLDER else args.site.images[version.image].disk,
            properties=dict(version.properties),
            tags=["joliba"],
            visibility="public",
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["localFilePath"]),
        )
        return image.id

    def _bootable_image(self, name: str, version: ImageVersion, files: "BootableImage") -> pulumi.Output[str]:
        """A lab's real image. QEMU boots its kernel directly, so kernel and initrd are images too."""
        parts = {
            part: openstack.images.Image(
                f"{name}-image-{version.name}-{part}",
                name=f"{version.name}-{part}",
                container_format=kind,
                disk_format=kind,
                local_file_path=str(file),
                tags=["joliba"],
                visibility="public",
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["localFilePath"]),
            ).id
            for part, kind, file in (("kernel", "aki", files.kernel), ("initrd", "ari", files.initrd))
        }
        return openstack.images.Image(
            f"{name}-image-{version.name}",
            name=version.name,
            container_format="bare",
            disk_format="qcow2",
            local_file_path=str(files.disk),
            properties={
                **version.properties,
                "kernel_id": parts["kernel"],
                "ramdisk_id": parts["initrd"],
                "os_command_line": files.command_line,
            },
            tags=["joliba"],
            visibility="public",
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["localFilePath"]),
        ).id

    def _qos(self, name: str, site: Site, policy: str) -> pulumi.Output[str]:
        made = openstack.networking.QosPolicy(
            f"{name}-qos-{policy}", name=policy, shared=True, opts=pulumi.ResourceOptions(parent=self)
        )
        for direction in ("egress", "ingress"):
            openstack.networking.QosBandwidthLimitRule(
                f"{name}-qos-{policy}-{direction}",
                qos_policy_id=made.id,
                direction=direction,
                max_kbps=site.qos[policy].max_kbps,
                max_burst_kbps=site.qos[policy].max_burst_kbps,
                opts=pulumi.ResourceOptions(parent=made, deleted_with=made),
            )
        return made.id


def _checked(file: Path, version: ImageVersion) -> Path:
    """The file of an image version, which has the digest that the site's file says.

    Raises:
        JolibaError: it is not there, or is another file.
    """
    try:
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise JolibaError(
            "image {name}: {file}: {reason}", name=version.name, file=file, reason=error.strerror
        ) from None
    if found != version.sha256:
        told = "image {name}: {file} has SHA-256 {found}, not {said} as the site's file says"
        raise JolibaError(told, name=version.name, file=file, found=found, said=version.sha256)
    return file


def _image_file(version: ImageVersion, args: CatalogueArgs) -> Path:
    """The file to upload. A placeholder is written here: a few bytes that say what they stand for."""
    if version.source != PLACEHOLDER:
        return _checked(args.root / version.source, version)
    path = args.placeholders / f"{version.name}.raw"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"Stands in for the image {version.name} in a lab without virtual machines.\n", encoding="ascii")
    return path
