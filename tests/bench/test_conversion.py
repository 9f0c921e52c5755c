"""From a stack's state to OpenTofu's configuration, on small states."""

import pytest

from infra.bench.conversion import SECRET, Vocabulary, converted, merged
from infra.errors import JolibaError

STACK = "urn:pulumi:ml-bko.a::joliba::"
TEXT = {"type": "string"}
TEXTS = {"type": "array", "element": TEXT}
VOCABULARY = Vocabulary(
    shapes={
        "config": {"cloud": {"terraform": "cloud", **TEXT}, "tenantId": {"terraform": "tenant_id", **TEXT}},
        "resources": {
            "openstack_network": {
                "token": "openstack:net:Network",
                "properties": {
                    "name": {"terraform": "name", **TEXT},
                    "policies": {"terraform": "policies", **TEXT},
                    "password": {"terraform": "password", **TEXT},
                },
            },
            "openstack_port": {
                "token": "openstack:net:Port",
                "properties": {
                    "networkId": {"terraform": "network_id", **TEXT},
                    "allAddresses": {"terraform": "all_addresses", **TEXTS},
                    "fixedIps": {
                        "terraform": "fixed_ip",
                        "type": "array",
                        "element": {
                            "type": "object",
                            "properties": {"ipAddress": {"terraform": "ip_address", **TEXT}},
                        },
                    },
                    "labels": {"terraform": "labels", "type": "map", "element": TEXT},
                },
            },
        },
    },
    schema={
        "resource_schemas": {
            "openstack_network": {"block": {"attributes": {"policies": {"type": ["list", "string"]}}}},
            "openstack_port": {"block": {"attributes": {"network_id": {"type": "string"}}}},
        }
    },
)


def provider(name, inputs, dependencies=(), where=None):
    return {
        "urn": f"{STACK}pulumi:providers:openstack::{name}",
        "id": f"id-of-{name}",
        "type": "pulumi:providers:openstack",
        "inputs": {"version": "5.5.3", "__internal": {}, **inputs},
        "dependencies": list(dependencies),
        "propertyDependencies": where or {},
    }


ADMINISTRATOR = provider("administrator", {"cloud": "lab"})


def resource(type_, name, inputs, made_with=ADMINISTRATOR, **more):
    return {
        "urn": f"{STACK}{type_}::{name}",
        "id": f"id-of-{name}",
        "type": type_,
        "custom": True,
        "inputs": {"__defaults": [], **inputs},
        "outputs": {**inputs, **more.pop("outputs", {})},
        "provider": f"{made_with['urn']}::{made_with['id']}",
        **more,
    }


def network(name="inner", **inputs):
    return resource("openstack:net:Network", name, {"name": name, **inputs})


def convert(*records, label="a"):
    return converted({"resources": [ADMINISTRATOR, *records]}, VOCABULARY, label)


def test_names_become_terraforms_at_every_depth():
    port = resource("openstack:net:Port", "p", {"fixedIps": [{"__defaults": [], "ipAddress": "10.0.0.1"}]})

    assert convert(port).main["resource"] == {
        "openstack_port": {"a_p": {"provider": "openstack.administrator", "fixed_ip": [{"ip_address": "10.0.0.1"}]}}
    }


def test_keys_of_a_map_stay_what_they_are():
    port = resource("openstack:net:Port", "p", {"labels": {"networkId": "x"}})

    assert convert(port).main["resource"]["openstack_port"]["a_p"]["labels"] == {"networkId": "x"}


def test_an_id_of_another_resource_becomes_a_reference_to_it():
    net = network()
    port = resource(
        "openstack:net:Port", "p", {"networkId": net["id"]}, propertyDependencies={"networkId": [net["urn"]]}
    )

    assert (
        convert(net, port).main["resource"]["openstack_port"]["a_p"]["network_id"] == "${openstack_network.a_inner.id}"
    )


def test_an_output_of_another_resource_becomes_a_reference_even_out_of_a_list():
    first = resource("openstack:net:Port", "first", {}, outputs={"allAddresses": ["10.0.0.7"]})
    second = resource(
        "openstack:net:Port",
        "second",
        {"fixedIps": [{"ipAddress": "10.0.0.7"}]},
        propertyDependencies={"fixedIps": [first["urn"]]},
    )

    made = convert(first, second).main["resource"]["openstack_port"]["a_second"]
    assert made["fixed_ip"] == [{"ip_address": "${openstack_port.a_first.all_addresses[0]}"}]


def test_a_value_that_is_equal_by_chance_stays_a_value():
    net = network()
    port = resource("openstack:net:Port", "p", {"networkId": net["id"]}, propertyDependencies={"networkId": []})

    assert convert(net, port).main["resource"]["openstack_port"]["a_p"]["network_id"] == net["id"]


def test_a_list_of_which_pulumi_gives_the_only_element_is_a_list_again():
    made = convert(network(policies="soft")).main["resource"]["openstack_network"]["a_inner"]

    assert made["policies"] == ["soft"]
    assert made["name"] == "inner"


def test_a_text_with_template_marks_means_itself():
    made = convert(network(name="${file(1)} %{if}")).main["resource"]["openstack_network"]

    assert [each["name"] for each in made.values()] == ["$${file(1)} %%{if}"]


def test_a_secret_is_a_variable_and_not_in_the_configuration():
    made = convert(network(password={SECRET: "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"open sesame"'}))

    assert made.variables == {"a_secret_1": "open sesame"}
    assert "${var.a_secret_1}" in made.main["resource"]["openstack_network"]["a_inner"].values()
    assert made.main["variable"] == {"a_secret_1": {"type": "string", "sensitive": True}}
    assert "sesame" not in str(made.main)


def test_what_a_credential_waits_for_everything_made_with_it_waits_for():
    net, role = network(), network("role")
    tenant = provider("tenant", {"tenantId": net["id"]}, [net["urn"], role["urn"]], where={"tenantId": [net["urn"]]})
    port = resource("openstack:net:Port", "p", {}, made_with=tenant, dependencies=[])

    main = convert(net, role, tenant, port).main
    assert main["provider"]["openstack"] == [
        {"alias": "administrator", "cloud": "lab"},
        {"alias": "a_tenant", "tenant_id": "${openstack_network.a_inner.id}"},
    ]
    assert main["resource"]["openstack_port"]["a_p"] == {
        "provider": "openstack.a_tenant",
        "depends_on": ["openstack_network.a_inner", "openstack_network.a_role"],
    }


def test_two_tenants_share_the_administrators_credential_and_nothing_else():
    both = merged([convert(network(), label="a"), convert(network(), label="b")])

    assert both.resources == 2
    assert both.main["provider"]["openstack"] == [{"alias": "administrator", "cloud": "lab"}]


def test_one_tenant_cannot_be_in_a_state_twice():
    with pytest.raises(JolibaError, match="a_inner is there twice"):
        merged([convert(network()), convert(network())])


def test_a_type_without_a_counterpart_is_refused():
    with pytest.raises(JolibaError, match="OpenTofu's provider has no such type"):
        convert(resource("openstack:net:Unknown", "x", {}))
