"""What the language host defers is the same when it is used, whatever is named first."""

import json
import random
import subprocess
import sys

import pytest

EVERYTHING = """
import inspect, json, pkgutil, importlib, pulumi_openstack
found = {}
for package in pkgutil.iter_modules(pulumi_openstack.__path__):
    if package.ispkg:
        module = importlib.import_module(f"pulumi_openstack.{package.name}")
        hasattr(module, "outputs")  # the SDK hands out modules that load at the first look
        for name, thing in inspect.getmembers(module):
            if inspect.isclass(thing) or inspect.isfunction(thing):
                found[f"{package.name}.{name}"] = f"{thing.__module__}.{thing.__qualname__}"
print(json.dumps(found))
"""
NAMED = """
import json, operator, sys
from infra.toolchain.deferred import defer
defer()
import pulumi_openstack
found = {}
for path in json.load(sys.stdin):
    thing = operator.attrgetter(path)(pulumi_openstack)
    found[path] = f"{thing.__module__}.{thing.__qualname__}"
loaded = [name for name in sys.modules if name.startswith("pulumi_openstack.")]
print(json.dumps({"found": found, "loaded": loaded}))
"""


def python(program: str, given: object = None) -> dict:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def everything() -> dict[str, str]:
    return python(EVERYTHING)


def test_every_name_of_the_sdk_is_the_same_thing_in_any_order(everything, pytestconfig):
    order = random.Random(pytestconfig.option.seed).sample(list(everything), len(everything))

    assert len(everything) > 500
    assert python(NAMED, order)["found"] == everything


def test_a_class_is_loaded_without_the_others_of_its_package():
    loaded = python(NAMED, ["networking.Network", "networking.QuotaV2", "compute.Instance"])["loaded"]

    assert "pulumi_openstack.networking.quota_v2" in loaded
    assert "pulumi_openstack.networking.trunk" not in loaded


def test_a_name_that_the_sdk_does_not_have_is_an_attribute_error():
    with pytest.raises(subprocess.CalledProcessError) as refused:
        python(NAMED, ["networking.Nettwork"])

    assert "AttributeError: module 'pulumi_openstack.networking' has no attribute 'Nettwork'" in refused.value.stderr
