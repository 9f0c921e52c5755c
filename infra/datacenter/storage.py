"""A tenant's buckets; its volumes belong to their tier (`infra.datacenter.compute`)."""

from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.labels import Labels
from infra.model.tenant import Tenant

BYTES_PER_GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class BucketsArgs:
    """Whose buckets."""

    tenant: Tenant
    labels: Labels


class Buckets(pulumi.ComponentResource):
    """One container of the object store for each bucket, protected, with its size as the container's quota.

    ``force_destroy`` lets a confirmed destroy remove the objects too; until then ``protect`` stands before it.
    """

    def __init__(self, name: str, args: BucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Buckets", name, None, opts)
        for bucket in args.tenant.buckets.values():
            openstack.objectstorage.Container(
                f"{name}-{bucket.name}",
                name=bucket.name,
                metadata={**args.labels.metadata(), "quota-bytes": str(bucket.size * BYTES_PER_GIB)},
                force_destroy=True,
                opts=pulumi.ResourceOptions(parent=self, protect=True),
            )
        self.register_outputs({"buckets": list(args.tenant.buckets)})
