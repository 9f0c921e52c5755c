"""Our build of the OpenStack plugin has the surface that the Python SDK expects of the official one."""

import json
import subprocess

import pytest

from infra.toolchain import build, sdk

HOW_TO_MEND = "adapt scripts/toolchain/provider/mapping.json, whose keys are Terraform's names"


@pytest.fixture(scope="module")
def shapes():
    """Every resource and function of the Terraform provider, as our build bridges it."""
    return json.loads(subprocess.run([build.build("provider"), "--shapes"], capture_output=True, check=True).stdout)


@pytest.mark.parametrize("kind", ["resources", "functions"])
def test_every_token_of_the_sdk_and_no_other_is_mapped(shapes, kind):
    expected = getattr(sdk, kind)()

    assert {member["token"] for member in shapes[kind].values()} == set(expected), HOW_TO_MEND
    assert len(expected) > 60


@pytest.mark.parametrize("kind", ["resources", "functions"])
def test_inputs_and_outputs_have_the_names_and_types_that_the_sdk_has(shapes, kind):
    expected = getattr(sdk, kind)()
    different = []
    for name, member in shapes[kind].items():
        properties = member["properties"]
        inputs = {key: plain(found) for key, found in properties.items() if found["input"]}
        outputs = {key: plain(found) for key, found in properties.items() if key != "id"}
        wanted = expected[member["token"]]
        different += [
            f"{name}: {found} and {want}"
            for found, want in [(inputs, wanted.inputs), (outputs, wanted.outputs)]
            if found != want
        ]

    assert different == [], HOW_TO_MEND


def test_the_providers_settings_have_the_names_and_variables_that_the_sdk_has(shapes):
    mapping = json.loads((build.TARGETS["provider"].folder / "mapping.json").read_text())
    config = shapes["config"]
    variables = {name: mapping["config"].get(found["terraform"], {}) for name, found in config.items()}

    assert {name: plain(found) for name, found in config.items()} == sdk.provider_inputs()
    assert {name: found["variables"] for name, found in variables.items() if found} == sdk.provider_variables()


def test_the_plugin_describes_itself_to_the_cli(project):
    schema = json.loads(project.pulumi("package", "get-schema", "openstack").stdout)

    assert set(schema["resources"]) == set(sdk.resources())
    assert "cidr" in schema["resources"]["openstack:networking/subnet:Subnet"]["inputProperties"]


def test_a_program_uses_the_plugin_without_a_warning(project):
    project.program("""
        import pulumi_openstack
        pulumi_openstack.Provider("it", cloud="nowhere")
    """)

    shown = project.up()

    assert "+ 2 created" in shown
    assert "warning" not in shown.lower()


def plain(shape):
    """A bridged property's type in the words of `infra.toolchain.sdk`."""
    if shape["type"] in {"array", "map"}:
        return (shape["type"], plain(shape["element"]))
    if shape["type"] == "object":
        return {name: plain(found) for name, found in shape["properties"].items()}
    return shape["type"]
