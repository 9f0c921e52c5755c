"""Code that bypasses the request: a resource appended to the program of a tenant is refused, on preview and up."""

import pytest

TENANT = "ml-bko.justice"
APPENDED = """
import pulumi
import pulumi_openstack as openstack

more = pulumi.ResourceOptions(provider=openstack.Provider("more", cloud="lab"))
group = openstack.networking.SecGroup("bypass", name="justice-bypass", delete_default_rules=True, opts=more)
openstack.networking.SecGroupRule(
    "bypass",
    direction="ingress",
    ethertype="IPv4",
    protocol="tcp",
    port_range_min=22,
    port_range_max=22,
    remote_ip_prefix=REMOTE,
    security_group_id=group.id,
    opts=more,
)
"""
STATED, LATE = '"{}"', 'group.name.apply(lambda _: "{}")'
EVERYWHERE, ADMINISTRATION = "0.0.0.0/0", "10.64.0.0/22"


@pytest.fixture
def program(site, workplace):
    """Writes the program with a rule appended; put back afterwards."""
    workplace.joliba("stacks", "ml-bko", "--prepare")
    file = workplace.root / "infra/__main__.py"
    kept = file.read_text(encoding="utf-8")
    yield lambda remote: file.write_text(kept + APPENDED.replace("REMOTE", remote), encoding="utf-8")
    file.write_text(kept, encoding="utf-8")
    workplace.joliba("destroy", TENANT, "--yes", "--delete-data", "--confirm", "justice")


def _run(workplace, *arguments):
    done = workplace.pulumi(*arguments, "-s", TENANT, "--non-interactive", expect=None)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("form", [STATED, LATE], ids=["stated", "late"])
def test_an_appended_rule_from_everywhere_is_refused_and_one_from_the_administration_is_not(
    program, workplace, cloud, form
):
    program(form.format(EVERYWHERE))
    previewed, _ = _run(workplace, "preview")
    code, shown = _run(workplace, "up", "--yes", "--skip-preview")

    assert code != 0
    assert "RESOURCE-INGRESS" in shown
    assert "Traceback" not in shown
    assert form == LATE or previewed != 0  # a preview cannot know what the first up makes
    rules = cloud.network.security_group_rules(direction="ingress", remote_ip_prefix=EVERYWHERE)
    assert list(rules) == []

    program(form.format(ADMINISTRATION))
    code, shown = _run(workplace, "preview")
    assert code == 0, shown
