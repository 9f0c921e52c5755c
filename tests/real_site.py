"""A site on real machines as a test uses it: the smallest of tenants, and the way to its servers."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openstack.connection import Connection

from infra.environment import project_root
from infra.hosts.collecting import collect
from infra.hosts.first_login import BOOT, Login
from infra.hosts.host_keys import host_keys
from infra.hosts.known_hosts import from_consoles, known_hosts_file, learn
from infra.lab import Lab

SITE, TENANT = "ml-bko", "justice"
REQUEST = """\
schema: 1
tenant: justice
ministry: Ministère de la Justice et des Droits de l'Homme
reason: Gestion électronique des courriers des juridictions
classification: internal
contacts:
  owner:     {name: Direction de l'administration, email: daf@justice.example}
  technical: {name: Cellule informatique, email: informatique@justice.example}
  security:  {name: RSSI, email: rssi@justice.example}
networks:
  interne: {hosts: 20}
tier: {flavor: SCS-1L-1}
platforms:
  courriers:
    tiers:
      app:  {network: interne}
      base: {network: interne, volumes: {courriers: {size: 2, type: encrypted}}}
    flows: [{from: app, to: base, ports: [5432/tcp]}]
review_by: 2027-06-30
"""
"""Two servers of 1 GiB, one declared flow between them, one encrypted volume."""
APP, BASE, BASTION = "justice-courriers-app-1", "justice-courriers-base-1", "bastion"


@dataclass(frozen=True)
class RealSite:
    """The running lab, and the way to its servers."""

    lab: Lab
    cloud: Connection
    joliba: Callable[..., subprocess.CompletedProcess[str]]

    def server(self, name: str):
        (found,) = [server for server in self.cloud.compute.servers(all_projects=True) if server.name == name]
        return found

    def address(self, name: str) -> str:
        """The public address of the bastion, the fixed one of all others."""
        addresses = [entry for each in self.server(name).addresses.values() for entry in each]
        kind = "floating" if name == BASTION else "fixed"
        return next(entry["addr"] for entry in addresses if entry["OS-EXT-IPS:type"] == kind)

    def keys(self, name: str) -> tuple[str, ...]:
        """Its host keys, out of its console log."""
        return host_keys(self.cloud, self.server(name).id)

    def know(self) -> None:
        """Wait until all servers have booted so far that their host keys are known."""
        hosts = collect(project_root(), [f"{SITE}.foundation.bastion", f"{SITE}.{TENANT}"]).hosts
        assert learn(hosts, from_consoles, patience=BOOT) == {}

    def login(self, name: str) -> Login:
        key = Path(os.environ["JOLIBA_HOME"]) / "keys" / SITE / "management"
        jump = None if name == BASTION else self.address(BASTION)
        return Login(address=self.address(name), jump=jump, key=key, known_hosts=known_hosts_file(SITE))

    def run(self, name: str, command: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a shell command on a server, trying until it lets us in."""
        done = self.login(name).run(command)
        if expect is not None:
            assert done.returncode == expect, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done
