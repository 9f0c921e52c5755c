"""What refusals of declared resources say, in English."""

from infra.intake.message import Message

_WHAT = "{name} ({type}): "
_REQUEST = "Declare it in the request: Joliba derives the resource from it."

RESOURCE_MESSAGES: dict[str, Message] = {
    "RESOURCE-TYPE": Message(
        _WHAT + "a stack of its kind has no resources of this type.",
        "Remove it. A new type is added to infra/policy, with a rule or a reason for each of its inputs.",
    ),
    "RESOURCE-INPUT": Message(
        _WHAT + "Joliba gives no resource of this type the input {found}, which nobody has judged.",
        "Remove it. A new input is added to infra/policy, with its rule or the reason why it needs none.",
    ),
    "RESOURCE-FOREIGN": Message(
        _WHAT + "{input} is {found}, which is neither the stack's own nor given to it.",
        "Refer to a resource of the same program, or to what the site's file, the register or the foundation gives.",
        "SecNumCloud 3.2, 9.7",
    ),
    "RESOURCE-EXISTING": Message(
        _WHAT + "takes over what exists already ({found}), whoever made it.",
        "Remove `import_` or `get`: a stack only has what it made.",
        "SecNumCloud 3.2, 9.7",
    ),
    "RESOURCE-QUOTA": Message(
        _WHAT + "{input} would be {found}, which is more than the request comes to.",
        "Ask for it in the request: quotas come from it, after the site's capacity was looked at.",
    ),
    "RESOURCE-IMAGE": Message(
        _WHAT + "{input} is {found}, which is no image of the site in support: {accepted}.",
        "Name an image of the site in the request.",
        "ANSSI-BP-028, R61",
    ),
    "RESOURCE-ORIGIN": Message(
        _WHAT + "{input} is {found}: no file that the site's file names, or of an origin outside the national list.",
        "Name the image's file and its origin in the site's file.",
        "SecNumCloud 3.2, 19.2",
    ),
    "RESOURCE-RESOLVER": Message(
        _WHAT + "asks the DNS server {found}; the site's are: {accepted}.",
        "Name the site's servers: `services.dns` of its file.",
        "SecNumCloud 3.2, 19.2",
    ),
    "RESOURCE-RECORD": Message(
        _WHAT + "{input} is {found}; a tenant's names lead to its own public addresses, by records of type A.",
        "Publish the name in the request.",
        "SecNumCloud 3.2, 19.2",
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
        _WHAT + "a tenant's network is its own, and `{input}` would join it to others.",
        _REQUEST,
        "SecNumCloud 3.2, 9.7",
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
        _WHAT + "the access list {found} opens the bucket to others than the tenant.",
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
        _WHAT + "the cloud {found} is not the site's, or not in the national list.",
        "Name the site's own cloud.",
        "SecNumCloud 3.2, 19.2",
    ),
    "RESOURCE-INSECURE": Message(
        _WHAT + "takes any certificate for the cloud's.", "Remove `insecure=True`.", "SecNumCloud 3.2, 10.2"
    ),
}
