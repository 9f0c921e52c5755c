import re

import pytest

from infra.model.flow import Flow, Outside, PortRange, TierAddress, parse_end

HERE = {"tenant": "sante", "platform": "dossier"}


@pytest.mark.parametrize("text", ["443/tcp", "8000-8010/tcp", "53/udp", "icmp", "1/tcp", "65535/udp"])
def test_ports_are_read_and_written_alike(text):
    assert str(PortRange.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["0/tcp", "65536/tcp", "9-8/tcp", "443", "443/sctp", "icmp/tcp", "-1/tcp", "443/tcp\n", "٤/tcp", " "]
)
def test_what_is_no_port_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        PortRange.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", "sante/dossier.web"),
        ("autre.web", "sante/autre.web"),
        ("finances/solde.app", "finances/solde.app"),
    ],
)
def test_a_tier_is_named_from_near_or_far(text, expected):
    assert str(TierAddress.parse(text, **HERE)) == expected


@pytest.mark.parametrize("text", ["finances/app", "a.b.c", "Web", "web.", "/a.b", "web\n", " "])
def test_what_is_no_tier_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        TierAddress.parse(text, **HERE)


def test_the_internet_and_the_administration_are_no_tiers():
    assert parse_end("internet", **HERE) is Outside.INTERNET
    assert parse_end("administration", **HERE) is Outside.ADMINISTRATION


def test_a_flow_crosses_tenants_only_between_two():
    web = TierAddress.parse("web", **HERE)
    other = TierAddress.parse("finances/solde.app", **HERE)

    def crosses(source: TierAddress | Outside) -> bool:
        return Flow(source=source, target=web, ports=()).crosses_tenants()

    assert (crosses(other), crosses(web), crosses(Outside.INTERNET)) == (True, False, False)
