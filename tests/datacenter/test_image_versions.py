"""No version of an image is ever changed: what a foundation was built from, it compares with its site's file."""

import re

import pulumi
import pytest

from infra.datacenter import program
from infra.intake.inventory import read_site
from infra.model.contract import CONTRACT

STACK = "ml-bko.foundation"
SITE = "ml-bko/site.yaml"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl joliba"
SUM = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of an empty file
FIRST = '      "20260901":\n        source: placeholder\n'
NEW = "  debian-13:\n    user"
REAL = FIRST.replace("placeholder", f"images/one.qcow2\n        sha256: {SUM}")


@pytest.fixture
def build(declare, project, monkeypatch):
    """``build(contract)``: the foundation's program on the copied files, after a run that left this contract.

    Gives the contract that it leaves itself.
    """
    monkeypatch.setenv("JOLIBA_HOME", str(project / "home"))
    monkeypatch.setenv("JOLIBA_LANG", "en")
    for variable in ("OS_CLIENT_CONFIG_FILE", "OS_CLOUD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(project))
    (project / "images").mkdir()
    for name in ("one", "elsewhere"):
        (project / "images" / f"{name}.qcow2").touch()

    def run(built=None):
        exported, left = {}, {}
        monkeypatch.setattr(pulumi, "export", exported.__setitem__)

        def foundation():
            pulumi.runtime.set_config("joliba:managementKey", KEY)
            program.run()
            return pulumi.Output.from_input(exported[CONTRACT]).apply(left.update)

        declare(foundation, stack=STACK, contracts={STACK: built} if built else {})
        return left

    return run


def versions(project):
    site = read_site(project, "ml-bko", only=[]).site
    return {version.name: version.digest for image in site.images.values() for version in image.versions}


def test_a_foundation_that_is_built_again_leaves_the_same_digests(build, project):
    first = build()
    second = build(first)

    assert first["image_versions"] == second["image_versions"] == versions(project)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FIRST, REAL),
        (REAL, REAL.replace(SUM, "f" * 64)),
        (f"{FIRST}        properties:\n          architecture: x86_64",
         f"{FIRST}        properties:\n          architecture: aarch64"),
        (f"{FIRST}        properties:\n", f"{FIRST}        properties:\n          os_admin_user: root\n"),
    ],
    ids=["source", "sum", "property", "new property"],
)  # fmt: skip
def test_a_version_that_was_built_and_says_something_else_now_is_refused(build, project, change, before, after):
    if before not in (project / "inventories" / SITE).read_text(encoding="utf-8"):
        change(SITE, (FIRST, before))
    built = build()

    change(SITE, (before, after))

    with pytest.raises(pulumi.RunError) as refused:
        build(built)
    line = next(
        number
        for number, text in enumerate((project / "inventories" / SITE).read_text().splitlines(), 1)
        if '"20260901":' in text
    )
    assert f"inventories/{SITE}:{line}:7: The image version debian-12-20260901 was built with other" in str(
        refused.value
    )
    assert "IMAGE-CHANGED" in str(refused.value)
    assert "as a version of its own" in str(refused.value)


def test_the_refusal_speaks_the_users_language(build, change, monkeypatch):
    built = build()
    change(SITE, (FIRST, REAL))
    monkeypatch.setenv("JOLIBA_LANG", "fr")

    with pytest.raises(pulumi.RunError, match="La version d'image debian-12-20260901 a été construite"):
        build(built)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NEW, f'      "20261201":\n        source: images/one.qcow2\n        sha256: {SUM}\n{NEW}'),
        (REAL, REAL.replace("one", "elsewhere")),
    ],
    ids=["a new version", "the same file in another place"],
)
def test_its_neighbours_are_accepted(build, project, change, before, after):
    if before not in (project / "inventories" / SITE).read_text(encoding="utf-8"):
        change(SITE, (FIRST, before))
    built = build()

    change(SITE, (before, after))

    assert build(built)["image_versions"] == versions(project)


def test_a_name_that_was_taken_out_cannot_come_back_as_something_else(build, project, change):
    built = build()
    whole = (project / "inventories" / SITE).read_text(encoding="utf-8")
    first = re.search(r'      "20260901":\n(?:        .*\n)+', whole)[0]
    change(SITE, (first, ""))
    without = build(built)

    change(SITE, ('      "20261101":\n', REAL + '      "20261101":\n'))

    assert without["image_versions"] == built["image_versions"]
    with pytest.raises(pulumi.RunError, match="debian-12-20260901"):
        build(without)


def test_a_foundation_of_an_earlier_joliba_learns_the_digests(build, project):
    earlier = {name: value for name, value in build().items() if name != "image_versions"}

    assert build(earlier)["image_versions"] == versions(project)
