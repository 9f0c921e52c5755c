"""How large a network's block is for what is asked."""

TAKEN_BY_OPENSTACK = 5
"""Addresses of a block that no server gets: the network's own, broadcast, gateway, two DHCP agents."""
SMALLEST_BLOCK = 29
"""Prefix length."""
_BITS = 32


def prefix_for(hosts: int | None, prefix: int | None) -> int:
    """The prefix length of the smallest block with room for ``hosts``, unless ``prefix`` says it."""
    if prefix is not None:
        return prefix
    return min(SMALLEST_BLOCK, _BITS - ((hosts or 1) + TAKEN_BY_OPENSTACK - 1).bit_length())


def size(prefix: int) -> int:
    """All addresses of a block."""
    return 1 << (_BITS - prefix)


def room(prefix: int) -> int:
    """How many addresses of a block servers and load balancers can have."""
    return size(prefix) - TAKEN_BY_OPENSTACK
