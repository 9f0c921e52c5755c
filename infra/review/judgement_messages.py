"""Why a changed request is refused: what would be lost (``LOSS-``), and what it may not change (``CHANGE-``)."""

from infra.intake.message import Message, Severity

MESSAGES: dict[str, Message] = {
    "LOSS-VOLUME": Message(
        "Volumes {name}: {count} would be destroyed with their data.",
        "Put them back. If the data is saved elsewhere or not needed, write `removes: [{entry}]` in the request.",
    ),
    "LOSS-VOLUME-SHRUNK": Message(
        "The volume {name} would shrink from {before} to {after} GiB; no volume can.",
        "Leave its size. For a smaller one add a second volume, copy the data, and remove this one by another request.",
    ),
    "LOSS-BUCKET": Message(
        "The bucket {name} would be destroyed with all that is in it.",
        "Put it back. If its content is saved elsewhere or not needed, write `removes: [{entry}]` in the request.",
    ),
    "LOSS-SERVERS": Message(
        "Servers of {name}: {count} of {total} would be destroyed; undeclared, a request may remove {share} % of a "
        "tenant's servers, and never all of a tier.",
        "If that is meant, write `removes: [{entry}]` in the request.",
    ),
    "LOSS-REBUILD": Message(
        "Servers of {name}: {count} would be rebuilt, since they move from the network {before} to {after}; what is on "
        "their system disks is lost.",
        "Leave the network, or say that it is meant by a new word in `rebuild` of the tier.",
    ),
    "LOSS-FILE": Message(
        "The file of the tenant {name} is gone, and before that it did not say `lifecycle: retired`.",
        "Restore it: git checkout {commit} -- {file}. To remove the tenant, first write `lifecycle: retired` in it, by "
        "a request of its own. If it is new where you compare with, bring your branch up to date.",
    ),
    "LOSS-SITE": Message(
        "The file of the site {name} is gone, and it had tenants: {tenants}.",
        "Restore it: git checkout {commit} -- {file}. A site goes after its last tenant.",
    ),
    "CHANGE-REMOVES-NOTHING": Message(
        "`removes` names {entry}, which does not leave with this change.",
        "Take it out: what may be removed is said with the change that removes it, never in advance.",
    ),
    "CHANGE-REGISTER-MOVED": Message(
        "The register gave {before} to {what}; it now says {after}. A given block or address never moves.",
        "Put {before} back: git checkout {commit} -- {file}, then `joliba allocate`.",
    ),
    "CHANGE-REGISTER-FREED": Message(
        "The register gave {before} to {what}; now it is free, while the tenant was not retired.",
        "Put it back: git checkout {commit} -- {file}, then `joliba allocate`.",
    ),
    "CHANGE-REGISTER-RETIRED": Message(
        "The register says of {what} `retired: {found}`, its request does not say so.",
        "Only `joliba allocate` writes that, after the request.",
    ),
    "CHANGE-REGISTER-UNASKED": Message(
        "The register would give {after} to {what}, a network that is in no request.",
        "Leave it out, or ask for the network in the request: only `joliba allocate` gives blocks, after the request.",
    ),
    "CHANGE-REGISTER-LARGER": Message(
        "The register would give {after} to {what}, of which the request asks for a {asked}.",
        "Take that line out of the register and run `joliba allocate`: it gives what is asked for.",
    ),
    "CHANGE-TENANTS": Message(
        "This change touches {count} tenants: {names}. A request touches one.",
        "Make one request for each. What needs several at once (a flow between two tenants) the platform team checks "
        "with --platform-team.",
    ),
    "CHANGE-SHARED-FILE": Message(
        "This change touches {file}, which is no tenant's.",
        "Leave it out. The platform team changes it, and checks with --platform-team.",
    ),
    "CHANGE-UNCLEAR": Message(
        "What changes for {name} cannot be told: its request had errors already ({reason}).",
        "Mend it without removing anything; the platform team compares by hand and checks with --platform-team.",
    ),
    "CHANGE-SITE-UNCLEAR": Message(
        "What changes in the site {name} cannot be told: its files had errors already ({reason}).",
        "Compare with a commit where they are sound; the platform team compares by hand, with --platform-team.",
    ),
    "CHANGE-CLASSIFICATION-LOWERED": Message(
        "The classification goes from {before} down to {after}.",
        "Who owns the data must have agreed in writing.",
        severity=Severity.WARNING,
    ),
}
