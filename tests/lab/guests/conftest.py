"""Guests for tests: with ``--full`` only, since a boot takes a minute in software."""

import pytest

from infra.lab.guests import Guest, booted, guest_image


@pytest.fixture(scope="session")
def image(full):
    """The image of all guests, made once for this machine."""
    return guest_image()


@pytest.fixture(scope="module")
def guest(image):
    """A machine that has booted for the first time; the tests of a module share it."""
    with Guest(image) as started:
        yield started


@pytest.fixture(scope="session")
def frozen(image):
    """A guest that has booted, frozen: ``with Guest(saved=frozen) as guest`` goes on from there in seconds."""
    return booted(image)
