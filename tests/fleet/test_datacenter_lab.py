"""The cloud as the fleet asks it, hundreds of times in a run."""

from urllib.parse import urlsplit

import psutil

from infra.fleet.datacenter import Datacenter


def test_no_connection_to_the_cloud_is_left_after_a_question(lab, monkeypatch, workplace):
    monkeypatch.setenv("JOLIBA_ROOT", str(workplace.root))
    datacenter, identity = Datacenter.open("ml-bko"), urlsplit(lab.cloud()["auth"]["auth_url"]).port

    def connected():
        return sum(
            each.status == psutil.CONN_ESTABLISHED and each.raddr.port == identity
            for each in psutil.Process().net_connections()
        )

    before = connected()

    def ask(cloud):
        names = [project.name for project in cloud.identity.projects()]
        return names, connected()

    names, during = datacenter.ask(ask)

    assert "admin" in names
    assert during > before
    assert connected() == before
