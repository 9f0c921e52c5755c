"""What ``check --fix`` mends, and that nothing else changes: each mend with the neighbour that it leaves alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.intake.checking import check
from infra.intake.mending import MendKind, mended
from infra.intake.reading import parse
from infra.intake.repair import repair
from infra.intake.replacing import PREFIX

SANTE = "inventories/ml-bko/tenants/sante.yaml"
KEPT = b"# \xc3\xa9tat: a  # not a value\nschema: 1 # one\ntenant: sante\nnote: 'a\tb  #\tc'\nlist: [ 1,  2 ]\n\n\n"


def _mended(content: bytes) -> tuple[bytes, list[str]]:
    made, mends = mended(content, "x.yaml", key="tenant", name="sante")
    return made, [mend.kind.value for mend in mends]


@pytest.mark.parametrize(
    ("content", "now", "kinds"),
    [
        (b"\xef\xbb\xbf" + KEPT, KEPT, ["mark"]),
        (KEPT.replace(b"\n", b"\r\n"), KEPT, ["line-ends"]),
        (b"a: 1  \nb: 2\t\n  \n# x \n", b"a: 1\nb: 2\n\n# x\n", ["trailing"]),
        (b"a:\t1\t# x\ty\n", b"a: 1 # x\ty\n", ["tabs"]),
        (b"a: {b:\t1,\tc: 'x\ty'}\n", b"a: {b: 1, c: 'x\ty'}\n", ["tabs"]),
        (b"a: 1", b"a: 1\n", ["end"]),
        (b"a: 1 # x", b"a: 1 # x\n", ["end"]),
        (b"tenant: finances # x\nb: finances\n", b"tenant: sante # x\nb: finances\n", ["name"]),
        (b"b: finances\ntenant: 'finances'\n", b"b: finances\ntenant: sante\n", ["name"]),
        ("é: é\r\ntenant: fin # é \r\nb: é".encode(), "é: é\ntenant: sante # é\nb: é\n".encode(),
         ["line-ends", "trailing", "end", "name"]),
    ],
)  # fmt: skip
def test_what_is_mechanical_is_mended_and_the_rest_stays_byte_by_byte(content, now, kinds):
    made, found = _mended(content)

    assert (made, found) == (now, kinds)
    assert _mended(made) == (made, [])


@pytest.mark.parametrize(
    "content",
    [
        KEPT,
        b"a: |\n  x  \n  y\t\n",
        b"a: >+\n  x  \n\n   \nb: 1\n",
        b"a: |\n  no line end",
        b"a: 'x  \n  y'\n",
        b'a: "x\ty"\n',
        b"a: b\tc\n",
        b"tenant: |\n  finances\n",
        b"tenant: &a finances\n",
        b"tenant: {x: 1}\n",
        b"tenant: 12\n",
        b"name: finances\n",
        b"a: [b \r\n",
        b"\ta: 1  \n",
        b"a: b\rc: d\r\r\n",
        b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n",
        "a: 1  \n".encode("utf-16"),
        b"a: \xff  \n",
        b"",
    ],
)
def test_what_has_a_meaning_or_cannot_be_read_stays(content):
    assert _mended(content) == (content, [])


def test_a_name_that_yaml_would_read_otherwise_is_not_written():
    content = b"tenant: finances\n"

    assert mended(content, "x", key="tenant", name="true") == (content, [])
    assert mended(content, "x", key="tenant", name="vrai")[0] == b"tenant: vrai\n"


@pytest.mark.parametrize("file", ["bf-oua/site.yaml", "countries/ml.yaml", "ml-bko/addresses.yaml"])
def test_the_samples_need_no_mend_and_get_one_when_damaged(project, change, file):
    assert repair(project) == []
    path = project / "inventories" / file
    before = path.read_bytes()
    path.write_bytes(before.replace(b"\n", b" \r\n"))

    kinds = [done.mend.kind for done in repair(project)]

    assert kinds == [MendKind.LINE_ENDS, MendKind.TRAILING]
    assert path.read_bytes() == before


def test_a_missing_block_is_given_and_the_others_stay(project, change):
    change("ml-bko/tenants/sante.yaml", ("networks:\n", "networks:\n  neuf: {hosts: 5}\n"))
    register = project / "inventories/ml-bko/addresses.yaml"
    before = register.read_text().splitlines()
    assert [finding.code for finding in check(project)] == ["ADDRESS-MISSING"]

    done = repair(project)

    assert [(each.file, each.mend.kind, each.mend.found) for each in done] == [
        ("inventories/ml-bko/addresses.yaml", MendKind.BLOCK, "sante.neuf")
    ]
    added = [line for line in register.read_text().splitlines() if line not in before]
    assert added == [f"      neuf: {done[0].mend.now}"]
    assert check(project) == []


def test_no_block_is_given_to_a_request_that_is_refused_for_its_room(project, change):
    large = "".join(f"  neuf-{number}: {{hosts: 4000}}\n" for number in range(13))
    change("ml-bko/tenants/sante.yaml", ("networks:\n", f"networks:\n{large}"))
    assert {finding.code for finding in check(project)} == {"ADDRESS-MISSING", "CAPACITY-SHARE"}

    assert repair(project) == []
    change("ml-bko/tenants/sante.yaml", (large, large.replace("4000", "10")))

    assert len(repair(project)) == 13
    assert check(project) == []


def test_blocks_are_given_only_at_the_sites_asked_for_and_none_is_freed(project, change):
    change("ml-bko/tenants/sante.yaml", ("networks:\n", "networks:\n  neuf: {hosts: 5}\n"))
    change("bf-oua/tenants/sante.yaml", ("networks:\n", "networks:\n  neuf: {hosts: 5}\n"))
    leaving = (
        "  partie:\n    administration: 10.64.0.99\n    transit: 10.64.4.99\n    retired: true\n    networks: {}\n"
    )
    change("ml-bko/addresses.yaml", ("  justice:\n", f"{leaving}  justice:\n"))

    done = repair(project, [project / SANTE])

    assert {each.file for each in done} == {"inventories/ml-bko/addresses.yaml"}
    assert "partie" in (project / "inventories/ml-bko/addresses.yaml").read_text()


def test_a_dry_run_says_the_same_and_writes_nothing(project, change):
    change("ml-bko/tenants/sante.yaml", ("networks:\n", "networks:  \n  neuf: {hosts: 5}\n"))
    before = _everything(project)

    told = repair(project, dry_run=True)

    assert _everything(project) == before
    assert told == repair(project)
    assert _everything(project) != before


def test_only_the_files_asked_for_are_mended(project):
    for name in ("sante", "justice"):
        file = project / f"inventories/ml-bko/tenants/{name}.yaml"
        file.write_bytes(file.read_bytes() + b"# x \n")

    assert [done.file for done in repair(project, [project / SANTE])] == [SANTE]
    assert (project / "inventories/ml-bko/tenants/justice.yaml").read_bytes().endswith(b"# x \n")


def test_links_and_files_of_other_names_are_not_touched(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    tenants = project / "inventories/ml-bko/tenants"
    (outside / "mines.yaml").write_bytes(b"tenant: x  \n")
    (tenants / "mines.yaml").symlink_to(outside / "mines.yaml")
    (tenants / "NOTES.yaml").write_bytes(b"a: 1  \n")
    (tenants / "notes.txt").write_bytes(b"a: 1  \n")
    os.mkfifo(tenants / "tuyau.yaml")
    (project / "inventories/ne-nia/tenants").rename(outside / "tenants")
    (project / "inventories/ne-nia/tenants").symlink_to(outside / "tenants")
    file = outside / "tenants/tresor.yaml"
    file.write_bytes(file.read_bytes() + b"# x \n")
    before = [_everything(project), _everything(outside)]

    assert repair(project) == []
    assert [_everything(project), _everything(outside)] == before


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nowhere"])
def test_no_block_is_given_in_place_of_a_register_that_is_a_link(project, change, tmp_path_factory, there):
    change("ml-bko/tenants/sante.yaml", ("networks:\n", "networks:\n  neuf: {hosts: 5}\n"))
    register, target = project / "inventories/ml-bko/addresses.yaml", tmp_path_factory.mktemp("outside") / "addresses"
    register.rename(target)
    register.symlink_to(target)
    if not there:
        target.unlink()

    assert repair(project) == []
    assert register.is_symlink()
    assert target.exists() is there
    assert [found.code for found in check(project) if found.place.file.endswith(register.name)] == ["FILE-KIND"]


def test_a_register_that_is_not_there_is_written_anew(project):
    register = project / "inventories/ne-nia/addresses.yaml"
    before = register.read_text()
    register.unlink()

    assert {done.mend.kind for done in repair(project)} == {MendKind.BLOCK}
    assert register.read_text().splitlines()[:5] == before.splitlines()[:5]
    assert check(project) == []


def test_a_mend_keeps_the_files_permissions(project):
    file = project / SANTE
    file.write_bytes(file.read_bytes() + b"# x \n")
    file.chmod(0o640)

    assert [done.file for done in repair(project)] == [SANTE]
    assert file.stat().st_mode & 0o777 == 0o640


KILLED = """
import os, signal, sys
from pathlib import Path
from infra.intake import repair
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
repair.repair(Path(sys.argv[1]))
"""


def test_a_kill_between_write_and_rename_loses_nothing_and_the_next_run_mends(project):
    file = project / SANTE
    whole = file.read_bytes()
    file.write_bytes(damaged := whole.replace(b"\n", b"\r\n"))

    done = subprocess.run([sys.executable, "-c", KILLED, str(project)], check=False)

    assert done.returncode == -signal.SIGKILL
    assert file.read_bytes() == damaged
    (left,) = (project / "inventories").glob(f"{PREFIX}*")
    os.utime(left, (old := time.time() - 3700, old))
    assert check(project) == []
    assert [each.mend.kind for each in repair(project)] == [MendKind.LINE_ENDS]
    assert file.read_bytes() == whole
    assert not list((project / "inventories").glob(f"{PREFIX}*"))


def test_what_another_run_is_writing_is_left_to_it(project):
    young = project / "inventories" / f"{PREFIX}young"
    young.write_bytes(b"tenants:")

    assert repair(project) == []
    assert young.read_bytes() == b"tenants:"


def test_a_mended_sample_says_what_it_said(project):
    file = project / SANTE
    before = parse(file.read_bytes(), "x").values
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b" \t\r\n"))

    kinds = [each.mend.kind for each in repair(project)]

    assert kinds == [MendKind.MARK, MendKind.LINE_ENDS, MendKind.TRAILING]
    assert parse(file.read_bytes(), "x").values == before
    assert b" \n" not in file.read_bytes()


def _everything(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
