"""Which hosts a site has, by its stacks and its files; no cloud."""

import json
from dataclasses import asdict

import pytest
from hosts.test_inventory import contract_of

from infra.errors import JolibaError
from infra.hosts.collecting import collect
from infra.intake.inventory import read_site

TENANTS = ("justice", "sante")


@pytest.fixture
def built(root):
    """A project two of whose tenants are built as they ask; its folder of requests."""
    requests = read_site(root, "ml-bko").requests
    folder = root.parent / "home/labs/ml-bko/state/.pulumi/stacks/joliba"
    folder.mkdir(parents=True)
    for name in TENANTS:
        outputs = {"contract": asdict(contract_of(requests[name].tenant))}
        stack = {"urn": "urn", "type": "pulumi:pulumi:Stack", "outputs": outputs}
        state = {"version": 3, "checkpoint": {"latest": {"resources": [stack]}}}
        (folder / f"ml-bko.{name}.json").write_text(json.dumps(state))
    return root / "inventories/ml-bko/tenants"


def told(found):
    """The tenants of the hosts that are meant, and of those that are left out, each with the reason."""
    meant = {host.tenant for host in found.hosts} - {"foundation"}
    return sorted(meant), {host.tenant: reason for host, reason in found.left_out}


def test_the_tenants_that_are_built_have_hosts(built, root):
    assert told(collect(root, ["ml-bko"])) == (["justice", "sante"], {})


@pytest.mark.parametrize("gone", [True, False], ids=["deleted", "broken"])
def test_a_built_tenant_without_a_request_is_left_out_and_told(built, root, gone):
    file, before = built / "sante.yaml", collect(root, ["ml-bko.sante"]).hosts
    if gone:
        file.unlink()
    else:
        file.write_text(file.read_text() + "\nbroken: [\n")

    found = collect(root, ["ml-bko"])

    reason = "its request is gone, and its stack is not" if gone else "its request cannot be read: joliba check"
    assert told(found) == (["justice"], {"sante": reason})
    assert [host.name for host, _ in found.left_out] == [host.name for host in before]
    with pytest.raises(JolibaError):
        collect(root, ["ml-bko.sante"])
    assert told(collect(root, ["ml-bko.justice"])) == (["justice"], {})
