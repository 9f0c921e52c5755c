"""The daemons and guests of a room: what the end of one does to the others."""

import pytest

from infra.lab.machines import daemons
from infra.lab.problem import LabError


@pytest.fixture
def told(monkeypatch):
    """What virsh is told of three guests, of which the first ends just when it is listed."""
    running, commands = ["a", "b", "c"], []

    def call(_virsh, _quiet, word, *arguments):
        if word == "list":
            listed = "\n".join(running)
            running[:] = [guest for guest in running if guest != "a"]
            return listed
        commands.append((word, arguments[-1]))
        if arguments[-1] not in running:
            raise LabError("domain is not running")
        if word == "destroy" or arguments[-1] == "c":
            running.remove(arguments[-1])
        return ""

    monkeypatch.setattr(daemons, "call", call)
    return commands


def test_a_guest_that_ends_by_itself_takes_no_orderly_end_from_the_others(told):
    daemons.end_guests(0.5)

    assert told == [("shutdown", "a"), ("shutdown", "b"), ("shutdown", "c"), ("destroy", "b")]
