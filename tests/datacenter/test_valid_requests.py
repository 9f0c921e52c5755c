"""What check accepts can be declared, and on the lab previewed, whatever its shape."""

import json

import pytest
import valid_requests
from datacenter.test_components import declared_tenant

from infra.intake.addresses import allocate, write_register
from infra.intake.inventory import read_site
from infra.plan import naming

SITE = "ml-bko"


def accepted(root, number, seed):
    """Requests of chance, with blocks; all of them are accepted."""
    names = valid_requests.write(root, SITE, number, seed)
    before = read_site(root, SITE)
    write_register(root, allocate(before)[0], before=before.register)
    inventory = read_site(root, SITE)
    assert [(finding.code, str(finding.place)) for finding in inventory.findings] == []
    return names, inventory


def test_what_check_accepts_declares_what_it_asks_for(project, declare, pytestconfig):
    number = 2000 if pytestconfig.option.full else 20
    register = project / "inventories" / SITE / "addresses.yaml"
    given = register.read_text(encoding="utf-8")
    print(f"seed {pytestconfig.option.seed}")
    for start in range(0, number, 20):
        register.write_text(given, encoding="utf-8")
        names, inventory = accepted(project, 20, f"{pytestconfig.option.seed} {start}")
        for name in names:
            request = inventory.requests[name].tenant
            declared, _ = declared_tenant(declare, inventory, name)
            hosts = [host for address, tier in request.tiers() for host in naming.hosts(address, tier)]
            assert sorted(declared.of("Instance")) == sorted(hosts)


@pytest.fixture
def stacks(site, workplace, pytestconfig):
    """Stacks of accepted requests of chance, whose zones the foundation has."""
    inventory = workplace.root / "inventories" / SITE
    register = (inventory / "addresses.yaml").read_text(encoding="utf-8")
    names, _ = accepted(workplace.root, 100 if pytestconfig.option.full else 3, pytestconfig.option.seed)
    workplace.joliba("up", f"{SITE}.foundation", "--yes")
    yield [f"{SITE}.{name}" for name in names]
    for name in names:
        (inventory / "tenants" / f"{name}.yaml").unlink()
    (inventory / "addresses.yaml").write_text(register, encoding="utf-8")
    workplace.joliba("up", f"{SITE}.foundation", "--yes")
    for name in names:
        workplace.pulumi("stack", "rm", f"{SITE}.{name}", "--yes")


def test_what_check_accepts_can_be_previewed(stacks, workplace):
    told = json.loads(workplace.joliba("preview", *stacks, "--json").stdout)

    assert {each["stack"]: each["status"] for each in told["stacks"]} == dict.fromkeys(stacks, "ok")
    assert all(each["counts"]["created"] > 20 for each in told["stacks"])
