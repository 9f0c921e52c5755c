"""Fills a new Keystone as a deployment tool leaves it: administrator, roles, service users, catalogue.

Run once, when the golden copy is made, as ``python -m infra.lab.services.identity <keystone.conf>``. Passwords and
endpoints are placeholders: each lab puts its own in at its start (`infra.lab.services.settlement`).
"""

import sys
import uuid
from pathlib import Path

import keystone.conf
from keystone.cmd import bootstrap
from keystone.common import provider_api, sql

from infra.lab.catalogue import REGION, SERVICES
from infra.lab.services.settlement import INTERFACES, make_keys, placeholder

PROVIDERS = provider_api.ProviderAPIs
SERVICE_ROLES = ("admin", "service")


def main(configuration: str) -> None:
    """Bootstrap, then one user, service and three endpoints for each API."""
    make_keys(Path(configuration).parents[1] / "data")
    keystone.conf.configure()
    sql.initialize()
    keystone.conf.CONF(args=["--config-file", configuration], project="keystone")
    _bootstrap()
    project = {"id": uuid.uuid4().hex, "name": "service", "domain_id": "default", "enabled": True}
    PROVIDERS.resource_api.create_project(project["id"], project)
    roles = {role["name"]: role["id"] for role in PROVIDERS.role_api.list_roles()}
    for service in SERVICES:
        if service.name != "keystone":
            _user(service.name, str(project["id"]), roles)
            _catalogue(service.name, service.type)


def _bootstrap() -> None:
    first = bootstrap.Bootstrapper()
    first.admin_username = first.project_name = first.admin_role_name = "admin"
    first.admin_password = uuid.uuid4().hex
    first.service_name, first.region_id = "keystone", REGION
    first.immutable_roles = True
    first.public_url = first.internal_url = first.admin_url = placeholder("keystone")
    first.bootstrap()


def _user(name: str, project: str, roles: dict[str, str]) -> None:
    user = PROVIDERS.identity_api.create_user({
        "name": name, "password": uuid.uuid4().hex, "domain_id": "default", "enabled": True,
        "default_project_id": project,
    })  # fmt: skip
    for role in SERVICE_ROLES:
        PROVIDERS.assignment_api.add_role_to_user_and_project(user["id"], project, roles[role])


def _catalogue(name: str, kind: str) -> None:
    service = {"id": uuid.uuid4().hex, "name": name, "type": kind, "enabled": True}
    PROVIDERS.catalog_api.create_service(service["id"], service)
    for interface in INTERFACES:
        endpoint = {
            "id": uuid.uuid4().hex, "service_id": service["id"], "interface": interface, "region_id": REGION,
            "url": placeholder(name), "enabled": True,
        }  # fmt: skip
        PROVIDERS.catalog_api.create_endpoint(endpoint["id"], endpoint)


if __name__ == "__main__":
    main(sys.argv[1])
