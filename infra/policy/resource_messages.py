"""What refusals of declared resources say, in English."""

from infra.intake.message import Message

_WHAT = "{name} ({type}): "
_REQUEST = "Declare it in the request: Joliba derives the resource from it."

RESOURCE_MESSAGES: dict[str, Message] = {
    "RESOURCE-TYPE": Message(
        _WHAT + "a tenant has no resources of this type.",
        "Remove it. A new type is added to infra/policy/resources.py, with the rules that it needs.",
    ),
    "RESOURCE-INGRESS": Message(
        _WHAT + "lets {found} reach {ports}; from outside the site only these ports may be reached: {accepted}.",
        "Declare a flow and publish the tier through the load balancer.",
        "SecNumCloud 3.2, 9.6, 13.2",
    ),
    "RESOURCE-EGRESS": Message(
        _WHAT + "lets connections out to {found}, which the request does not name.",
        "Declare the destination under `egress` in the request.",
        "SecNumCloud 3.2, 13.2, 19.2",
    ),
    "RESOURCE-ADDRESS-GROUP": Message(
        _WHAT + "refers to an address group, whose ranges cannot be judged.", "Write the range, or the security group."
    ),
    "RESOURCE-GROUP": Message(
        _WHAT + "keeps the rules that a new security group has: they let everything out.",
        "Write `delete_default_rules=True`.",
    ),
    "RESOURCE-ADDRESS": Message(
        _WHAT + "a public address belongs to a load balancer only, and its port does not come from one.",
        "Publish the tier in the request: its balancer gets the address.",
        "SecNumCloud 3.2, 13.2",
    ),
    "RESOURCE-NETWORK": Message(
        _WHAT + "a tenant's network is its own, and {found} would join it to others.", _REQUEST, "SecNumCloud 3.2, 9.7"
    ),
    "RESOURCE-PORT-SECURITY": Message(
        _WHAT + "without port security no firewall rule holds.",
        "Remove `port_security_enabled=False`.",
        "SecNumCloud 3.2, 13.2",
    ),
    "RESOURCE-ADDRESS-PAIR": Message(
        _WHAT + "could answer for the whole range {found}.",
        "Name the single address that servers share.",
        "SecNumCloud 3.2, 13.2",
    ),
    "RESOURCE-BOOT-VOLUME": Message(
        _WHAT + "its disks must be volumes made from an image: nothing else is encrypted.",
        'Give it block devices with `destination_type="volume"`, the first with `boot_index=0`.',
        "SecNumCloud 3.2, 10.1",
    ),
    "RESOURCE-UNENCRYPTED": Message(
        _WHAT + "the volume type {found} does not encrypt; the tenant's data must be encrypted.",
        "Write a type that encrypts: {accepted}.",
        "SecNumCloud 3.2, 10.1",
    ),
    "RESOURCE-UNPROTECTED": Message(
        _WHAT + "holds data and is not protected: one line less would destroy it.",
        "Declare it with `pulumi.ResourceOptions(protect=True)`.",
        "SecNumCloud 3.2, 12.5",
    ),
    "RESOURCE-PUBLIC-BUCKET": Message(
        _WHAT + "the access list {found} opens the bucket to everyone.",
        "Remove the list. What the public needs is published through a tier.",
        "SecNumCloud 3.2, 9.7",
    ),
    "RESOURCE-BUCKET-COPY": Message(
        _WHAT + "would be copied to another cluster.", "Remove `container_sync_to`.", "SecNumCloud 3.2, 19.2"
    ),
    "RESOURCE-ROLE": Message(
        _WHAT + "grants {found}; a tenant's groups are members or readers of its own project.",
        "Declare the group under `access` in the request.",
        "SecNumCloud 3.2, 9.3",
    ),
    "RESOURCE-ZONE": Message(
        _WHAT + "{found} is not in the tenant's zone {zone}.", "Publish names of the tenant's own zone."
    ),
    "RESOURCE-LISTENER": Message(
        _WHAT + "listens on port {found}; the request publishes only: {accepted}.",
        "Declare the port under `publish` in the request.",
        "SecNumCloud 3.2, 13.2",
    ),
    "RESOURCE-CLOUD": Message(
        _WHAT + "the cloud at {found} is not in the national list.",
        "Name the site's own cloud.",
        "SecNumCloud 3.2, 19.2",
    ),
    "RESOURCE-INSECURE": Message(
        _WHAT + "takes any certificate for the cloud's.", "Remove `insecure=True`.", "SecNumCloud 3.2, 10.2"
    ),
}
