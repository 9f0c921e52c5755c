import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.environment import home, passphrase_file
from infra.errors import JolibaError
from infra.fleet.backend import Backend
from infra.fleet.building import up
from infra.fleet.preparation import management_key, prepare
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
