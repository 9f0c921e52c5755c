"""What is told of a failed create, and whether it may have reached the cloud; the messages are the provider's."""

import pytest

from infra.fleet.events import Tally

TYPE = "openstack:compute/instance:Instance"
URN = f"urn:pulumi:ml-bko.sante::joliba::joliba:datacenter:Tenant${TYPE}::web-1"
ANSWERED = "Expected HTTP response code [200 202] when accessing [POST http://c/servers], but got {} instead: {}"


def failed_create(message: str) -> Tally:
    tally = Tally()
    tally.feed({"diagnosticEvent": {"urn": URN, "severity": "error", "message": message}})
    tally.feed({"resOpFailedEvent": {"metadata": {"op": "create", "urn": URN, "type": TYPE, "new": {"urn": URN}}}})
    return tally


@pytest.mark.parametrize(
    "message",
    [
        ANSWERED.format(504, "upstream request timeout"),
        ANSWERED.format(502, "<title>502 Proxy Error</title> Reason: Error reading from remote server"),
        ANSWERED.format(500, '{"computeFault": {"code": 500, "message": "but got 409 instead"}}'),
        ANSWERED.format(503, "<title>503 Service Unavailable</title>"),
        ANSWERED.format(408, "the server timed out waiting for the request"),
        'Post "https://c/servers": write tcp 10.0.0.1:1->10.0.0.2:2: write: broken pipe',
        'Post "https://c/servers": http2: server sent GOAWAY and closed the connection',
        'Post "https://c/servers": read tcp 10.0.0.1:1->10.0.0.2:2: read: connection timed out',
        'Post "https://c/servers": context canceled',
        "rpc error: code = Canceled desc = context canceled",
        'Post "https://c/servers": EOF',
    ],
)
def test_a_failed_create_may_have_reached_the_cloud_unless_that_refused(message):
    assert [create["urn"] for create in failed_create(message).lost_creates()] == [URN]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413, 429])
@pytest.mark.parametrize("answer", ["", "EOF", "503 Service Unavailable", "but got 504 instead"])
def test_what_the_cloud_refused_was_not_made(code, answer):
    tally = failed_create(ANSWERED.format(code, answer))

    assert tally.lost_creates() == []
    assert not tally.cloud_is_gone()
