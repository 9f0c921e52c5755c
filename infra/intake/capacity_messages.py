"""What findings about capacity and prices say, in English."""

from infra.intake.message import Message

_ENLARGE = "or have the platform team enlarge the site"

CAPACITY_MESSAGES: dict[str, Message] = {
    "CAPACITY-COMPUTE": Message(
        "The site has no room: the request comes to {asked} {unit_word}, and {left} of {grantable} are left.",
        f"Servers {{flavor}} of {{tier}} that fit: {{fits}} of {{count}}. Ask for fewer or smaller ones, {_ENLARGE}.",
    ),
    "CAPACITY-STORAGE": Message(
        "The storage {pool} has no room: the request comes to {asked} GiB there, root disks included, and {left} of "
        "{grantable} are left.",
        f"Ask for at most {{left}} GiB of {{types}} in all (the largest part: {{count}} times {{size}} GiB for "
        f"{{what}}), {_ENLARGE}.",
    ),
    "CAPACITY-OBJECTS": Message(
        "The object storage has no room: the buckets come to {asked} GiB, and {left} of {grantable} are left.",
        f"Ask for at most {{left}} GiB in all buckets, {_ENLARGE}.",
    ),
    "CAPACITY-PUBLIC-ADDRESSES": Message(
        "The site has too few public addresses: the request needs {asked} (one for each published tier, one for the "
        "way out), and {left} of {grantable} are left.",
        "Publish at most {fits} tiers, or have the platform team enlarge the pool.",
    ),
    "CAPACITY-ADDRESSES": Message(
        "The site has too few private addresses: the tenant's blocks come to {asked}, and {left} of {grantable} are "
        "left.",
        "Ask for fewer `hosts`, so that the blocks come to {left} addresses at most, or have the platform team enlarge "
        "the supernet.",
    ),
    "CAPACITY-ROUTES": Message(
        "The administration's router has too few routes: the tenant's blocks need {asked} (blocks side by side need "
        "one), and {left} of {grantable} are left.",
        "Put the hosts into fewer networks, or have the platform team raise the cloud's `quota_router_route` "
        "(`max_routes` in older ones), and `capacity.routes` with it.",
    ),
    "CAPACITY-SHARE": Message(
        "The tenant's blocks come to {asked} addresses; one tenant may hold {share} % of the site's range, {most}.",
        "Ask for fewer `hosts`, or explain to the platform team why so many are needed.",
    ),
    "CAPACITY-SPREAD": Message(
        "{count} servers that never share a hypervisor (`spread: hard`) need as many hypervisors; the site has "
        "{found}.",
        "Ask for {found} at most, or write `spread: soft`.",
    ),
    "CAPACITY-TYPE": Message(
        "The volume type {type} takes from no storage of `capacity`.", "Name it in the `types` of one of them."
    ),
    "CAPACITY-TYPE-TWICE": Message("The volume type {type} takes from {other} too.", "Keep it in one of them."),
    "PRICE-TYPE": Message("The volume type {type} has no price.", "Add it under `prices.volumes`."),
    "PRICE-CURRENCY": Message(
        "The prices are in {found}, the country's currency is {currency}.", "Give the prices in {currency}."
    ),
}
