"""What a changed request comes to (``DIFF-``: what happens, and what that means), in English."""

from infra.intake.message import Message

MESSAGES: dict[str, Message] = {
    "DIFF-TENANT-NEW": Message("The tenant {name} is new ({after}).", ""),
    "DIFF-TENANT-GONE": Message(
        "The file of the tenant {name} is gone ({before}).",
        "Deleting a file removes nothing in the cloud: `joliba destroy` does, after the request said "
        "`lifecycle: retired`.",
    ),
    "DIFF-LIFECYCLE-RETIRED": Message(
        "The tenant {name} is to be retired.",
        "Nothing moves yet: `joliba up` leaves it alone from now on, and `joliba destroy` removes its servers and, "
        "once a person has confirmed it, its data.",
    ),
    "DIFF-LIFECYCLE-ACTIVE": Message("The tenant {name} is active again.", "`joliba up` builds it again."),
    "DIFF-CLASSIFICATION": Message(
        "Classification of {name}: {before} → {after}.", "Other rules, defaults and approvers apply."
    ),
    "DIFF-CLASSIFICATION-LOWERED": Message(
        "Classification of {name} lowered: {before} → {after}.",
        "The data will be protected less: who owns it must agree.",
    ),
    "DIFF-TERMS": Message("{what_word}: {before} → {after}.", ""),
    "DIFF-SERVER-CREATED": Message("Servers of {name}: {count} to create ({after}).", ""),
    "DIFF-SERVER-DESTROYED": Message(
        "Servers of {name}: {count} of {total} to destroy ({before}).",
        "Their system disks go with them. A renamed tier or platform is another one: its servers are destroyed, and "
        "new ones made.",
    ),
    "DIFF-SERVER-REBUILT": Message(
        "Servers of {name}: {kept} to rebuild, by a new word in `rebuild` ({before} → {after}).",
        "All at once, with the image's newest version: the service stops meanwhile. What is on their system disks is "
        "lost; data volumes and addresses stay.",
    ),
    "DIFF-SERVER-MOVED": Message(
        "Servers of {name}: {count} to rebuild, from the network {before} to {after}.",
        "No server moves: it is made anew, with another address. What is on its system disk is lost; data volumes "
        "stay.",
    ),
    "DIFF-SERVER-RESIZED": Message(
        "Servers of {name}: {count} to resize ({before} → {after}).", "In place: each one restarts."
    ),
    "DIFF-SERVER-WAITING": Message(
        "Servers of {name}, {what_word}: {before} → {after}, later.",
        "The servers that exist keep theirs until `rebuild` of the tier gets a new word, which rebuilds them.",
    ),
    "DIFF-VOLUME-CREATED": Message("Volumes {name}: {count} to create ({after}).", ""),
    "DIFF-VOLUME-DESTROYED": Message(
        "Volumes {name}: {count} to destroy with their data ({before}).",
        "`joliba up` still refuses it until a person confirms with --delete-data.",
    ),
    "DIFF-VOLUME-GROWN": Message(
        "Volumes {name}: {count} to grow ({before} → {after} GiB).",
        "While they are used; the file system on them has to be grown afterwards.",
    ),
    "DIFF-VOLUME-SHRUNK": Message(
        "Volumes {name}: {count} to shrink ({before} → {after} GiB), which OpenStack cannot do.",
        "`joliba up` would fail. A smaller volume is a new one, to which the data has to be copied.",
    ),
    "DIFF-VOLUME-RETYPED": Message(
        "Volumes {name}: {count} to change their type ({before} → {after}).",
        "The storage service converts them where they are; if it cannot, `joliba up` fails and the data stays as it "
        "is.",
    ),
    "DIFF-BUCKET-CREATED": Message("Bucket {name} to create ({after} GiB).", ""),
    "DIFF-BUCKET-DESTROYED": Message(
        "Bucket {name} to destroy with all that is in it ({before} GiB).",
        "`joliba up` still refuses it until a person confirms with --delete-data.",
    ),
    "DIFF-BUCKET-RESIZED": Message(
        "Bucket {name}: its limit {before} → {after} GiB.",
        "Nothing in it is lost; above its limit it takes nothing more.",
    ),
    "DIFF-NETWORK-CREATED": Message("Network {name} to create ({after}).", ""),
    "DIFF-NETWORK-DESTROYED": Message(
        "Network {name} to destroy ({before}).", "Its block stays the tenant's in the register."
    ),
    "DIFF-NETWORK-ROOM": Message(
        "Network {name}, room asked for: {before} → {after}.",
        "The block that was given stays as it is: nothing moves in the cloud.",
    ),
    "DIFF-NETWORK-LIMIT": Message("Network {name}, bandwidth limit: {before} → {after}.", "In place, at once."),
    "DIFF-NETWORK-LIMIT-KEPT": Message(
        "Network {name}, bandwidth limit {before}: no longer asked for.",
        "It stays until the platform team removes it in the cloud.",
    ),
    "DIFF-BLOCK-MOVED": Message(
        "Network {name}, block in the register: {before} → {after}.",
        "The network is made anew and its servers are rebuilt, with other addresses.",
    ),
    "DIFF-ADDRESS-CREATED": Message("Public address and load balancer of {name} to create.", ""),
    "DIFF-ADDRESS-DESTROYED": Message(
        "Public address and load balancer of {name} to give back.",
        "Another tenant may get the address: who wrote it down elsewhere reaches somebody else.",
    ),
    "DIFF-NAME-CREATED": Message("{name} to publish ({after}).", ""),
    "DIFF-NAME-DESTROYED": Message(
        "{name} no longer published ({before}).", "Its DNS record is removed: nobody reaches it by this name any more."
    ),
    "DIFF-NAME-CHANGED": Message(
        "{name} leads elsewhere: {before}, then {after}.", "Its users may be cut off for some minutes."
    ),
    "DIFF-FLOW-CREATED": Message("Flow {name} to open on {after}.", ""),
    "DIFF-FLOW-DESTROYED": Message("Flow {name} to close on {before}.", "New connections are refused from then on."),
    "DIFF-FLOW-CHANGED": Message("Flow {name}, ports: {before} → {after}.", ""),
    "DIFF-EGRESS-CREATED": Message("Way out to {name} to open on {after}.", ""),
    "DIFF-EGRESS-DESTROYED": Message("Way out to {name} to close on {before}.", ""),
    "DIFF-EGRESS-CHANGED": Message("Way out to {name}, ports: {before} → {after}.", ""),
    "DIFF-GROUP-CREATED": Message("Group {name} to admit as {after}.", ""),
    "DIFF-GROUP-DESTROYED": Message("Group {name} no longer admitted as {before}.", ""),
    "DIFF-GROUP-CHANGED": Message("Group {name}, role: {before} → {after}.", ""),
    "DIFF-GROUP-KEYS": Message("Group {name}, SSH keys: {added} added, {removed} removed.", ""),
}
