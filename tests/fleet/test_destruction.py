import dataclasses
import sys
from types import SimpleNamespace

import pytest
import typer

from infra.cli import destroy as command
from infra.cli import selection
from infra.errors import RefusedError
from infra.fleet import destruction
from infra.fleet.building import preview, up
from infra.fleet.destruction import data_at_stake, destroy, refuse_orphans
from infra.fleet.events import Status
from infra.fleet.stacks import StackName
from infra.fleet.state import State


def test_a_stack_without_data_goes_with_its_configuration(project):
    project.want(a={})
    job = project.job("ml-bko.sante")
    up(job)

    outcome = destroy(job)

    assert outcome.status is Status.OK
    assert project.made() == []
    assert project.state("ml-bko.sante") is None
    assert not job.stack.configuration.exists()


def test_a_stack_with_protected_data_stays_whole(project):
    project.want(a={}, data={"protect": True})
    job = project.job("ml-bko.sante")
    up(job)

    outcome = destroy(job)

    assert outcome.status is Status.FAILED
    assert outcome.errors == ("it holds data: Thing data",)
    assert project.made() == ["a", "data"]
    assert [item.name for item in data_at_stake(job.stack, project.datacenter)] == ["data"]


def test_with_consent_the_data_goes_too(project):
    project.want(a={}, data={"protect": True})
    job = project.job("ml-bko.sante")
    up(job)

    assert destroy(job, consented=data_at_stake(job.stack, project.datacenter)).status is Status.OK
    assert project.made() == []


def test_what_came_while_the_person_was_asked_does_not_go(project, monkeypatch, capsys):
    project.want(data={"protect": True})
    shown = project.job("ml-bko.sante")
    up(shown)
    project.want(empty={})
    other = project.job("ml-bko.education")
    up(other)
    chosen = selection.Selection([other.stack, shown.stack], {"ml-bko": project.datacenter})

    def typed(*_, **__):
        project.want(empty={}, late={"protect": True})
        up(other)
        return "sante"

    monkeypatch.setattr(selection, "existing", lambda _: chosen)
    monkeypatch.setattr(selection.Selection, "verify", lambda _: None)
    monkeypatch.setattr(command, "_refuse_vanished", lambda _: None)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(typer, "prompt", typed)

    with pytest.raises(typer.Exit):
        command.destroy(["ml-bko.education", "ml-bko.sante"], delete_data=True)

    assert project.made() == ["empty", "late"]
    assert "ml-bko.education: it holds data: Thing late" in capsys.readouterr().err


def test_after_a_destroy_that_ended_early_an_up_protects_again(project, monkeypatch):
    project.want(data={"protect": True})
    job = project.job("ml-bko.sante")
    up(job)
    monkeypatch.setattr(destruction, "run_alone", lambda *_: destruction.Outcome(stack=job.stack, status=Status.FAILED))
    destroy(job, consented=data_at_stake(job.stack, project.datacenter))
    assert [entry.get("protect") for entry in project.state("ml-bko.sante").resources if entry["custom"]] != [True]

    up(job)

    assert any(entry.get("protect") for entry in project.state("ml-bko.sante").resources)


def test_volumes_and_buckets_are_data_even_when_nothing_protects_them():
    volume = {
        "urn": "u::v",
        "type": "openstack:blockstorage/volume:Volume",
        "outputs": {"name": "sante-v", "size": 200},
    }
    bucket = {
        "urn": "u::b",
        "type": "openstack:objectstorage/container:Container",
        "inputs": {"name": "archives", "metadata": {"quota-bytes": str(500 * 1024**3)}},
    }

    found = State({"resources": [volume, bucket]}).data()

    assert [dataclasses.astuple(item) for item in found] == [("archives", "bucket", 500), ("sante-v", "volume", 200)]


def test_a_foundation_stays_while_a_tenant_stands_on_it(project):
    project.want(a={})
    up(project.job("ml-bko.sante"))
    job = project.job("ml-bko.foundation")

    outcome = destroy(job)

    assert outcome.errors == ("tenants stand on it: ml-bko.sante; destroy them first",)


def test_a_tenant_whose_request_vanished_is_not_removed():
    sante, mines = StackName("ml-bko", "sante"), StackName("ml-bko", "mines")

    refuse_orphans([sante], [sante, mines])
    with pytest.raises(RefusedError, match=r"ml-bko\.mines: the request is gone"):
        refuse_orphans([sante, mines], [sante])


def test_a_request_that_no_longer_holds_protected_data_is_refused_until_that_is_confirmed(project):
    project.want(a={}, gone={"protect": True}, kept={"protect": True})
    job = project.job("ml-bko.sante")
    up(job)
    project.want(a={}, kept={"protect": True})

    planned, refused = preview(job), up(job)

    assert [planned.status, refused.status] == [Status.REFUSED, Status.REFUSED]
    assert "would lose data, and nothing was removed: Thing gone; " in refused.errors[0]
    assert "joliba up ml-bko.sante --delete-data --confirm sante" in refused.errors[0]
    assert project.made() == ["a", "gone", "kept"]

    confirmed = up(job, delete_data=True)

    assert confirmed.status is Status.OK, confirmed.errors
    assert project.made() == ["a", "kept"]
    assert [item.name for item in data_at_stake(job.stack, project.datacenter)] == ["kept"]
