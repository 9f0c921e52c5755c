"""A block is given once, never moves, and is nobody else's while its tenant lives."""

import errno
import os
import random
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from netaddr import IPNetwork, IPSet

from infra.errors import JolibaError
from infra.intake.address_plan import prefix_for, room
from infra.intake.addresses import Change, allocate, register_text, write_register
from infra.intake.inventory import SiteInventory, read_site
from infra.intake.replacing import PREFIX, writing_alone
from infra.model.register import Register

TENANTS = "inventories/ml-bko/tenants"


def _read(project: Path) -> SiteInventory:
    return read_site(project, "ml-bko")


def _allocated(project: Path) -> tuple[Register, list[Change]]:
    inventory = _read(project)
    register, changes = allocate(inventory)
    write_register(project, register, before=inventory.register)
    return register, changes


def _codes(project: Path) -> list[str]:
    return [finding.code for finding in _read(project).findings]


def _write(project: Path, name: str, networks: str) -> None:
    text = (project / TENANTS / "justice.yaml").read_text(encoding="utf-8")
    text = re.sub(r"networks:.*?review_by", f"networks: {networks}\nreview_by", text, flags=re.DOTALL)
    for old, new in (("tenant: justice", f"tenant: {name}"), ("de la Justice", name), ("@justice.", f"@{name}.")):
        text = text.replace(old, new)
    (project / TENANTS / f"{name}.yaml").write_text(text, encoding="utf-8")


def _narrow(project: Path, supernet: str) -> None:
    """Give the site a small range, and let it say no capacity: else who asks for all of it is refused before."""
    site = project / "inventories/ml-bko/site.yaml"
    text = site.read_text(encoding="utf-8").replace("10.64.0.0/12", supernet)
    site.write_text(text[: text.index("\n# What the hardware gives")], encoding="utf-8")


@pytest.mark.parametrize(
    ("hosts", "prefix"), [(1, 29), (3, 29), (4, 28), (11, 28), (20, 27), (27, 27), (28, 26), (100, 25)]
)
def test_a_network_gets_the_smallest_block_with_room_for_its_hosts(hosts, prefix):
    assert prefix_for(hosts, None) == prefix
    assert room(prefix) >= hosts


def test_an_explicit_prefix_is_taken_as_it_is():
    assert prefix_for(None, 24) == 24


def test_the_committed_registers_lack_nothing_and_are_written_as_joliba_writes_them(project):
    for site in ("ml-bko", "bf-oua", "ne-nia"):
        inventory = read_site(project, site)
        register, changes = allocate(inventory)

        assert changes == []
        assert not write_register(project, register, before=inventory.register), "run `joliba allocate`"


def test_a_new_tenant_is_refused_until_it_has_its_blocks(project):
    _write(project, "peche", "{quai: {hosts: 5}}")
    before = _codes(project)

    _, changes = _allocated(project)

    assert before == ["ADDRESS-MISSING"]
    assert [(change.kind, change.tenant, change.what) for change in changes] == [
        ("given", "peche", "administration"),
        ("given", "peche", "transit"),
        ("given", "peche", "quai"),
    ]
    assert _codes(project) == []


def test_new_blocks_take_the_smallest_free_ranges_and_leave_the_large_ones_whole(project):
    used = [block for entry in _read(project).register.tenants.values() for block in entry.networks.values()]
    _write(project, "peche", "{a1: {prefix: 28}, a2: {prefix: 26}, a3: {prefix: 24}}")

    register, _ = allocate(_read(project))

    site = _read(project).site
    free = IPSet([site.addresses.supernet]) - IPSet(used) - IPSet(site.addresses.reserved.values())
    for block in register.tenants["peche"].networks.values():
        fitting = [cidr for cidr in free.iter_cidrs() if cidr.prefixlen <= block.prefixlen]
        assert block in max(fitting, key=lambda cidr: (cidr.prefixlen, -cidr.first))
        free -= IPSet([block])


def test_what_was_given_never_moves_whatever_comes_and_goes(project):
    chance = random.Random(7)
    given: dict[tuple[str, str], IPNetwork] = {}
    for step in range(12):
        name = f"tenant-{chance.randrange(6)}"
        networks = ", ".join(
            f"n{n}{step}: {{hosts: {chance.randrange(1, 200)}}}" for n in range(chance.randrange(1, 4))
        )
        _write(project, name, f"{{{networks}}}")

        register, _ = _allocated(project)

        now = {(t, n): block for t, entry in register.tenants.items() for n, block in entry.networks.items()}
        assert given.items() <= now.items()
        given = now
        assert sum(block.size for block in now.values()) == IPSet(now.values()).size
    assert set(_codes(project)) == set()


def test_the_result_does_not_depend_on_the_order_in_which_files_were_made(tmp_path, project):
    names = ["peche", "elevage", "mines"]
    texts = []
    for order in (names, names[::-1]):
        for name in order:
            _write(project, name, "{interne: {hosts: 30}, dmz: {hosts: 9}}")
        texts.append(register_text(allocate(_read(project))[0]))
        for name in order:
            (project / TENANTS / f"{name}.yaml").unlink()

    assert texts[0] == texts[1]


def test_a_network_that_outgrows_its_block_is_explained_and_not_moved(project, change):
    change("ml-bko/tenants/sante.yaml", ("{hosts: 20}", "{hosts: 28}"))
    before = _read(project).register.tenants["sante"]

    found = _read(project).findings

    assert [(f.code, f.place.line, f.related[0].file) for f in found] == [
        ("ADDRESS-TOO-SMALL", 12, "inventories/ml-bko/addresses.yaml")
    ]
    assert allocate(_read(project))[0].tenants["sante"] == before


def test_a_network_may_ask_for_all_that_its_block_holds(project, change):
    change("ml-bko/tenants/sante.yaml", ("{hosts: 20}", "{hosts: 27}"))

    assert _codes(project) == []


def test_a_network_that_is_no_longer_asked_for_keeps_its_block(project, change):
    change("ml-bko/tenants/education.yaml", ("  notes:   {hosts: 50}", "  # notes:"))

    assert _codes(project) == []
    assert "notes" in allocate(_read(project))[0].tenants["education"].networks


def test_a_deleted_file_frees_nothing_and_is_a_finding(project):
    (project / TENANTS / "justice.yaml").unlink()

    register, changes = allocate(_read(project))

    assert _codes(project) == ["ADDRESS-ORPHAN"]
    assert "justice" in register.tenants
    assert changes == []


def test_a_retired_tenant_keeps_its_blocks_until_its_file_is_gone(project, change):
    change("ml-bko/tenants/justice.yaml", ("review_by", "lifecycle: retired\nreview_by"))
    register, changes = _allocated(project)
    assert [change.kind for change in changes] == ["marked"]
    assert (_codes(project), allocate(_read(project))[1]) == ([], [])

    (project / TENANTS / "justice.yaml").unlink()
    register, changes = _allocated(project)

    assert [change.kind for change in changes] == ["freed"]
    assert "justice" not in register.tenants
    assert _codes(project) == []


def test_a_freed_router_address_makes_nobody_older(project, change):
    change("ml-bko/addresses.yaml", ("  agriculture:\n", "  agriculture:\n    retired: true\n"))
    (project / TENANTS / "agriculture.yaml").unlink()
    _write(project, "peche", "{quai: {hosts: 5}}")

    register, _ = allocate(_read(project))

    assert "agriculture" not in register.tenants
    assert max(register.tenants, key=register.age) == "peche"
    given = register.tenants["peche"]
    assert (str(given.administration), str(given.transit)) == ("10.64.0.18", "10.64.4.18")


def test_freed_router_addresses_are_given_again_when_none_is_left_above(project, change):
    change("ml-bko/addresses.yaml", ("10.64.0.17", "10.64.3.254"), ("10.64.4.17", "10.64.7.253"))
    for name in ("peche", "mines"):
        _write(project, name, "{quai: {hosts: 5}}")

    given = allocate(_read(project))[0].tenants

    assert [str(given[name].administration) for name in ("mines", "peche")] == ["10.64.0.17", "10.64.0.18"]
    assert [str(given[name].transit) for name in ("mines", "peche")] == ["10.64.7.254", "10.64.4.17"]


@pytest.mark.parametrize(("hosts", "given"), [(4000, False), (2000, True)])
def test_a_request_for_which_there_is_no_room_gets_no_block_that_would_count_for_ever(project, hosts, given):
    _write(project, "peche", "{" + ", ".join(f"n{n}: {{hosts: {hosts}}}" for n in range(14)) + "}")

    register, changes = allocate(_read(project))

    assert ("CAPACITY-SHARE" in _codes(project)) == (not given)
    assert ("peche" in register.tenants, bool(changes)) == (given, given)


def test_a_new_request_that_says_retired_gets_no_block_and_is_refused(project):
    _write(project, "peche", "{quai: {hosts: 5}}")
    file = project / TENANTS / "peche.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "lifecycle: retired\n", encoding="utf-8")

    register, changes = allocate(_read(project))

    assert ("peche" in register.tenants, changes) == (False, [])
    assert _codes(project) == ["ADDRESS-RETIRED"]


def test_where_a_site_is_full_those_who_ask_for_little_are_served_and_the_rest_is_told(project):
    _write(project, "elevage", "{" + ", ".join(f"a{n}: {{prefix: 20}}" for n in range(16)) + "}")
    _write(project, "peche", "{quai: {hosts: 5}}")
    _narrow(project, "10.64.0.0/16")

    register, changes = allocate(_read(project))

    lacking = [change for change in changes if change.kind == "lacking"]
    assert {(change.tenant, change.address) for change in lacking} == {("elevage", "/20")}
    assert "quai" in register.tenants["peche"].networks
    assert len(register.tenants["elevage"].networks) + len(lacking) == 16
    assert register.tenants["elevage"].networks


def test_no_block_is_given_outside_of_the_sites_range_whatever_the_register_names(project, change):
    _write(project, "peche", "{quai: {hosts: 5}, flotte: {hosts: 4000}}")
    _narrow(project, "10.64.0.0/19")
    change("ml-bko/addresses.yaml", ("interne: 10.64.20.0/25", "interne: 10.112.0.0/25"))

    register, changes = allocate(_read(project))

    assert [(change.what, change.address) for change in changes if change.kind == "lacking"] == [("flotte", "/20")]
    assert register.tenants["peche"].networks["quai"] in IPNetwork("10.64.0.0/19")


def test_a_broken_request_gets_nothing_and_the_others_do(project):
    _write(project, "peche", "{quai: {hosts: 5}}")
    _write(project, "mines", "{fond: {hosts: many}}")

    register, _ = allocate(_read(project))

    assert ("peche" in register.tenants, "mines" in register.tenants) == (True, False)


def test_nothing_is_allocated_from_a_register_with_errors(project, change):
    change("ml-bko/addresses.yaml", ("tenants:\n", "=======\ntenants:\n"))

    with pytest.raises(JolibaError, match=r"addresses.yaml has errors"):
        allocate(read_site(project, "ml-bko"))


def test_what_another_run_gave_meanwhile_is_not_lost(project):
    slow = _read(project)
    _write(project, "peche", "{quai: {hosts: 5}}")
    _allocated(project)
    _write(project, "mines", "{fond: {hosts: 5}}")

    with pytest.raises(JolibaError, match=r"addresses.yaml was changed meanwhile: nothing was written to it"):
        write_register(project, allocate(slow)[0], before=slow.register)

    register, _ = _allocated(project)
    assert {"peche", "mines"} < register.tenants.keys()
    assert "ADDRESS-OVERLAP" not in _codes(project)


def test_two_writers_of_a_register_take_turns(project):
    _write(project, "peche", "{quai: {hosts: 5}}")
    inventory = _read(project)
    told = []

    def second():
        try:
            write_register(project, allocate(inventory)[0], before=inventory.register)
        except JolibaError as error:
            told.append(str(error))

    waiting = threading.Thread(target=second)
    with writing_alone(project / "inventories"):
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        assert _read(project).register == inventory.register
        register_file = project / "inventories/ml-bko/addresses.yaml"
        register_file.write_text(register_text(replace(inventory.register, tenants={})))
    waiting.join()

    assert told == ["inventories/ml-bko/addresses.yaml was changed meanwhile: nothing was written to it"]
    assert _read(project).register.tenants == {}


def test_a_register_that_cannot_be_written_is_told_and_stays(project, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = (file := project / "inventories/ml-bko/addresses.yaml").read_bytes()
    _write(project, "peche", "{quai: {hosts: 5}}")
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(JolibaError, match=r"addresses\.yaml: No space left on device"):
        _allocated(project)

    assert file.read_bytes() == before
    assert not list((project / "inventories").glob(f"{PREFIX}*"))
