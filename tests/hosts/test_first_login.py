"""The way to a server that has just booted."""

import shlex
from pathlib import Path

from infra.hosts.first_login import Login
from infra.hosts.inventory import ALIVE


def test_a_connection_that_goes_dead_is_waited_for_neither_at_the_bastion_nor_behind_it():
    """A switch that starts again has forgotten it."""
    way = Login(address="192.0.2.2", jump="192.0.2.1", key=Path("key"), known_hosts=Path("known_hosts"))

    options = way.command()
    (proxy,) = (option for option in options if option.startswith("ProxyCommand="))

    for told in (options, shlex.split(proxy)):
        assert shlex.join(ALIVE) in shlex.join(told)
