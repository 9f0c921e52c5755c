import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.cli.selection import Selection
from infra.environment import home, passphrase_file
from infra.errors import JolibaError
from infra.fleet import locks
from infra.fleet.backend import Backend
from infra.fleet.batch import run_all
from infra.fleet.building import Job, preview, up
from infra.fleet.events import Outcome, Status
from infra.fleet.preparation import management_key, prepare
from infra.fleet.running import Runner, run_folder
from infra.fleet.stacks import StackName
from infra.toolchain.passphrase import ensure_passphrase

SANTE = StackName("ml-bko", "sante")
FOUNDATION = StackName("ml-bko", "foundation")


def test_a_tenants_stack_gets_a_password_that_only_the_passphrase_opens(project):
    assert prepare(SANTE, project.datacenter)

    text = SANTE.configuration.read_text()
    assert "secure: v1:" in text
    assert stat.S_IMODE(SANTE.configuration.stat().st_mode) == 0o600
    assert up(project.job("ml-bko.sante")).counts["created"] == 1
    assert project.state("ml-bko.sante").contract == {"password": True}


def test_a_foundations_stack_gets_the_public_half_of_the_management_key(project):
    prepare(FOUNDATION, project.datacenter)

    private = home() / "keys" / "ml-bko" / "management"
    assert management_key("ml-bko") in FOUNDATION.configuration.read_text()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert private.with_name("management.pub").read_text().startswith("ssh-ed25519 ")


def test_a_prepared_stack_costs_no_process(project, monkeypatch):
    prepare(SANTE, project.datacenter)
    monkeypatch.setattr(Backend, "pulumi", None)

    assert not prepare(SANTE, project.datacenter)


def test_a_preparation_that_was_cut_off_is_finished(project):
    prepare(SANTE, project.datacenter)
    whole = SANTE.configuration.read_text()
    ends = ["config:", "servicePassword", "Password", "secure", ": v1:"]
    cuts = [None, "", *(whole.partition(end)[0] for end in ends)]

    for cut in cuts:
        SANTE.configuration.unlink()
        if cut is not None:
            SANTE.configuration.write_text(cut)
        prepare(SANTE, project.datacenter)

        assert up(project.job("ml-bko.sante")).status == "ok"


def test_a_stack_whose_state_was_dropped_is_made_again(project):
    prepare(SANTE, project.datacenter)
    (project.datacenter.backend.folder / "ml-bko.sante.json").unlink()

    assert prepare(SANTE, project.datacenter)
    assert up(project.job("ml-bko.sante")).status == "ok"


def test_a_file_made_with_another_passphrase_is_named_with_what_to_do(project):
    prepare(SANTE, project.datacenter)
    (project.datacenter.backend.folder / "ml-bko.sante.json").unlink()
    passphrase_file().write_text("another\n")

    with pytest.raises(JolibaError, match="made with another passphrase") as told:
        prepare(SANTE, project.datacenter)

    assert told.value.exit_code == 2
    assert str(SANTE.configuration) in str(told.value)
    SANTE.configuration.unlink()
    assert prepare(SANTE, project.datacenter)


def test_threads_that_need_the_first_passphrase_at_once_get_the_same(project):
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda _: ensure_passphrase().read_text(), range(8)))

    assert len(set(places)) == 1
    assert stat.S_IMODE(passphrase_file().stat().st_mode) == 0o600


def test_a_tenant_that_cannot_be_made_ready_holds_up_no_other(project):
    new = StackName("ml-bko", "mines")

    with locks.claimed(new, run_folder()):
        ready, prepared = Selection([new, SANTE], {"ml-bko": project.datacenter}).prepare(2)

    assert (ready.stacks, prepared) == ([SANTE], [SANTE])
    assert [(each.stack, each.status) for each in ready.unready] == [(new, Status.FAILED)]
    assert "another joliba is at work on it" in ready.unready[0].errors[0]


@pytest.mark.parametrize("torn", ["", '{"version": 3, "checkp', "\udcff"])
def test_a_torn_state_is_named_and_holds_up_no_other(project, torn):
    bad, runner, folder = StackName("ml-bko", "mines"), Runner(), project.datacenter.backend.folder
    folder.mkdir(parents=True)
    (folder / "ml-bko.mines.json").write_bytes(torn.encode(errors="surrogateescape"))

    def work(stack: StackName) -> Outcome:
        done = Outcome(stack=stack, status=Status.OK)
        return preview(Job(stack, project.datacenter, runner)) if stack == bad else done

    failed, done = run_all([bad, SANTE], work, runner, jobs=2)
    ready, _ = Selection([bad], {"ml-bko": project.datacenter}).prepare(1)

    assert done.status is Status.OK
    for outcome in (failed, *ready.unready):
        assert outcome.status is Status.FAILED
        assert f"the state {folder / 'ml-bko.mines.json'} cannot be read" in outcome.errors[0]


def test_a_full_disk_is_told_of_the_stack_that_met_it(project):
    def work(stack: StackName) -> Outcome:
        if stack == SANTE:
            raise OSError(28, "No space left on device")
        return Outcome(stack=stack, status=Status.OK)

    done, full = run_all([SANTE, StackName("ml-bko", "mines")], work, Runner(), jobs=2)

    assert (done.status, full.status) == (Status.OK, Status.FAILED)
    assert "No space left on device" in full.errors[0]
