"""The hosts of Joliba's sites, as Ansible's inventory: from the stacks' contracts, or from a run's snapshot of them.

What it sets are data: Ansible takes no variable of an inventory plugin for a template unless the plugin says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = """
name: joliba
short_description: Hosts of the tenants that Joliba built, and of the datacenter
description: Reads the contracts of the stacks, the requests and C(inventories/<site>/hosts.yaml).
options:
  plugin:
    description: The name of this plugin.
    required: true
    choices: [joliba]
  only:
    description: Sites, tenants, platforms, tiers (C(ml-bko.sante.dossier-patient.web)); without it every site.
    type: list
    elements: str
    default: []
  snapshot:
    description: A file with the hosts of a run, in place of the stacks.
    type: str
"""


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc]  # ansible has no types
    """Ansible's side of `infra.hosts.collecting`."""

    NAME = "joliba"

    def verify_file(self, path: str) -> bool:
        """Whether a source is one of ours."""
        return bool(super().verify_file(path)) and path.endswith("joliba.yml")

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:  # noqa: ANN401
        """Fill the inventory."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        snapshot = self.get_option("snapshot")
        hosts = json.loads(Path(snapshot).read_text(encoding="utf-8")) if snapshot else self._live()
        for name, host in hosts.items():
            inventory.add_host(name)
            for group in host["groups"]:
                inventory.add_child(inventory.add_group(group), name)
            for key, value in host["variables"].items():
                inventory.set_variable(name, key, value)

    def _live(self) -> dict[str, Any]:
        from infra.environment import project_root  # noqa: PLC0415  only what a snapshot does not need
        from infra.errors import JolibaError  # noqa: PLC0415
        from infra.hosts.collecting import collect, snapshot  # noqa: PLC0415

        try:
            found = collect(project_root(), self.get_option("only"))
            hosts = snapshot(found.hosts)
        except JolibaError as error:
            raise AnsibleParserError(str(error)) from error
        for host, reason in found.left_out:
            self.display.warning(f"{host.name}: {reason}")
        return hosts
