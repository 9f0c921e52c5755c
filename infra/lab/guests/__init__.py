"""The machines that hardening is built and tested on: real Debian under plain QEMU, and fleets of light hosts.

A `Guest` is a whole machine with its own kernel: a Debian 12 cloud image with the separate file systems of
ANSSI-BP-028 R28, started by an ordinary user, under KVM where that really works, else in software. A light host is an
SSH server over a Debian tree in namespaces of its own: no kernel, no systemd, but fifty of them in seconds.

>>> with Guest() as guest:                              # doctest: +SKIP
...     guest.ssh("sudo -n true")
"""

from infra.lab.guests.booted import booted
from infra.lab.guests.console import HostKey
from infra.lab.guests.direct_boot import INAPPLICABLE
from infra.lab.guests.fleet import LightFleet, LightHost
from infra.lab.guests.guest import Guest, Saved
from infra.lab.guests.image import Image, guest_image
from infra.lab.guests.recipe import LAYOUT

__all__ = [
    "INAPPLICABLE",
    "LAYOUT",
    "Guest",
    "HostKey",
    "Image",
    "LightFleet",
    "LightHost",
    "Saved",
    "booted",
    "guest_image",
]
