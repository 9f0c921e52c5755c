"""``joliba`` as it is typed, without a cloud."""

import contextlib
import json
import os
import pty
import select
import stat
import subprocess
import time

import pytest
from ruamel.yaml import YAML

from infra import environment
from infra.cli.arguments import named_in
from infra.cli.destroy import _obtain_consent
from infra.cli.selection import checked
from infra.errors import JolibaError
from infra.fleet.stacks import StackName
from infra.fleet.state import Data

JOLIBA = environment.virtual_environment() / "bin" / "joliba"


def joliba(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [JOLIBA, *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def change(root, old: str, new: str, tenant: str = "sante") -> None:
    path = root / "inventories" / "ml-bko" / "tenants" / f"{tenant}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_check_accepts_the_samples(root):
    assert joliba("check").returncode == 0


def test_check_says_where_what_and_how_in_both_languages(root):
    change(root, "image: debian-12", "image: debian-21")
    file = "inventories/ml-bko/tenants/sante.yaml"

    english, french = joliba("check"), joliba("check", "--lang", "fr")

    assert (english.returncode, french.returncode) == (1, 1)
    assert file in english.stdout
    assert "debian-21" in english.stdout
    assert "fix: " in english.stdout
    assert "remède" in french.stdout
    assert "debian-21" in french.stdout


def test_check_tells_machines_the_same(root):
    change(root, "image: debian-12", "image: debian-21")

    found = json.loads(joliba("check", "--json").stdout)

    assert found["ok"] is False
    assert {"code", "file", "line", "column", "text", "fix"} <= found["findings"][0].keys()


@pytest.mark.parametrize("word", ["[red]x[/red]", "[/]", ":boom:", "{injected}", "%s"])
def test_what_a_request_says_is_never_taken_for_markup(root, word):
    change(root, "image: debian-12", f"image: '{word}'")

    done = joliba("check", TERM="xterm-256color", FORCE_COLOR="1")

    assert done.returncode == 1
    assert word in done.stdout
    assert "Traceback" not in done.stderr


def test_what_a_request_says_cannot_steer_the_terminal(root):
    change(root, "reason: ", 'reason: "\\e]0;owned\\a\\e[2J" # ')

    done = joliba("show", "ml-bko.sante")

    assert "\x1b" not in done.stdout + done.stderr


def test_show_prints_yaml_that_says_the_same_with_origins(root):
    printed, plain = joliba("show", "ml-bko.sante").stdout, json.loads(joliba("show", "ml-bko.sante", "--json").stdout)

    assert json.loads(json.dumps(YAML(typ="safe").load(printed), default=str)) == plain["values"]
    assert "# inventories/ml-bko/tenants/sante.yaml:" in printed
    assert "# inventories/ml-bko/site.yaml:" in printed
    assert "# default" in printed


def test_up_shows_findings_and_makes_nothing(root):
    change(root, "image: debian-12", "image: debian-21")

    done = joliba("up", "ml-bko.sante", "--yes")

    assert done.returncode == 1
    assert "debian-21" in done.stderr
    assert not (root.parent / "home" / "labs").exists()


def test_a_broken_neighbour_does_not_stop_a_tenant(root):
    change(root, "review_by: ", "review_bye: ", tenant="justice")

    assert "the lab of ml-bko is not running" in joliba("up", "ml-bko.sante", "--yes").stderr


def test_up_without_a_lab_says_how_to_start_it(root):
    done = joliba("up", "ml-bko.sante", "--yes")

    assert done.returncode == 3
    assert done.stderr == "joliba: the lab of ml-bko is not running: joliba lab start --site ml-bko\n"


def test_up_that_can_ask_nobody_is_wrong_use(root):
    done = joliba("up", "ml-bko.sante")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["up", "--yes"], "name sites or stacks, or say --all; sites: bf-oua, ml-bko, ne-nia"),
        (["up", "--yes", "mali"], "there is no site 'mali'"),
        (["up", "--yes", "ml-bko.mines"], "ml-bko has no tenant 'mines'; tenants: agriculture, "),
        (["hosts", "ml-bko.mines"], "there is no ml-bko.mines"),
        (["show", "../../etc/passwd"], "is no stack's name"),
        (["check", "/etc/passwd"], "is not in inventories"),
        (["lab", "status", "--site", "../x"], "there is no site"),
        (["nothing"], "No such command"),
    ],
)
def test_wrong_use_is_told_with_what_there_is(root, arguments, told):
    done = joliba(*arguments)

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_hosts_and_stacks_of_a_site_that_is_not_built_are_empty_not_wrong(root):
    hosts, stacks = joliba("hosts", "--json"), joliba("stacks", "ml-bko", "--json")

    assert json.loads(hosts.stdout) == []
    assert {row["state"] for row in json.loads(stacks.stdout)} == {"not prepared"}


def test_allocate_shows_in_a_dry_run_what_it_then_writes(root):
    register = root / "inventories" / "ml-bko" / "addresses.yaml"
    change(root, "networks:\n", "networks:\n  nouveau: {hosts: 10}\n")
    before = register.read_text()

    dry = joliba("allocate", "ml-bko", "--dry-run")
    assert register.read_text() == before
    wet = joliba("allocate", "ml-bko")

    assert "nouveau" in dry.stdout
    assert wet.stdout.startswith(dry.stdout)
    assert "nouveau" in register.read_text()
    assert joliba("check").returncode == 0
    third = joliba("allocate", "ml-bko")
    assert (third.returncode, third.stdout) == (0, "nothing to allocate\n")


@pytest.mark.parametrize("wrong", ["{hosts: many}", "{hosts: 40000}"])  # an error; no room for it
def test_allocate_tells_whose_request_is_refused_and_gives_the_others(root, wrong):
    change(root, "networks:\n", f"networks:\n  nouveau: {wrong}\n")
    change(root, "networks:\n", "networks:\n  autre: {hosts: 10}\n", tenant="justice")

    done = joliba("allocate", "ml-bko")
    again = joliba("allocate", "ml-bko")

    told = "ml-bko.sante: it gets no block while its request is refused; `joliba check inventories/ml-bko/tenants/"
    assert (done.returncode, again.returncode) == (1, 1)
    assert done.stderr.startswith(told)
    assert again.stderr == done.stderr
    assert "nothing to allocate" not in again.stdout
    assert "      autre: " in (root / "inventories" / "ml-bko" / "addresses.yaml").read_text()


def test_a_retired_tenant_is_left_alone(root):
    change(root, "tenant: sante\n", "tenant: sante\nlifecycle: retired\n")

    selection = checked(["ml-bko.sante", "ml-bko.justice"], everything=False, as_json=False)

    assert [str(stack) for stack in selection.retired] == ["ml-bko.sante"]
    assert [str(stack) for stack in selection.stacks] == ["ml-bko.justice"]


def test_a_refused_tenant_of_a_whole_site_stops_nobody_else(root, capsys):
    change(root, "classification: restricted", "classification: hidden")

    selection = checked(["ml-bko"], everything=False, as_json=False)

    assert [str(stack) for stack in selection.refused] == ["ml-bko.sante"]
    assert {"ml-bko.foundation", "ml-bko.justice"} < {str(stack) for stack in selection.stacks}
    assert "sante.yaml" in capsys.readouterr().err


def test_a_request_that_a_default_of_the_site_does_not_suit_stops_nobody_else_either(root, capsys):
    change(root, "classification: restricted", "classification: internal")

    selection = checked(["ml-bko"], everything=False, as_json=False)

    assert "site.yaml" in capsys.readouterr().err  # where the volume type stands that does not encrypt
    assert [str(stack) for stack in selection.refused] == ["ml-bko.sante"]
    assert "ml-bko.justice" in {str(stack) for stack in selection.stacks}
    with pytest.raises(JolibaError, match="findings come first"):
        checked(["ml-bko.sante"], everything=False, as_json=False)


@pytest.mark.parametrize("file", ["site.yaml", "addresses.yaml"])
def test_what_all_tenants_share_stops_them_all(root, file):
    shared = root / "inventories" / "ml-bko" / file
    shared.write_text(shared.read_text(encoding="utf-8") + "surplus: 1\n", encoding="utf-8")

    with pytest.raises(JolibaError, match="findings come first"):
        checked(["ml-bko"], everything=False, as_json=False)


def test_a_refused_tenant_that_was_named_stops_what_was_named_with_it(root):
    change(root, "classification: restricted", "classification: hidden")

    with pytest.raises(JolibaError, match="findings come first"):
        checked(["ml-bko.sante", "ml-bko.justice"], everything=False, as_json=False)


def test_a_surprise_is_one_line_and_its_traceback_a_private_file(root):
    folder = root.parent / "home" / "labs" / "ml-bko" / "state" / ".pulumi" / "stacks" / "joliba"
    folder.mkdir(parents=True)
    (folder / "ml-bko.sante.json").mkdir()  # no file that could be torn

    done = joliba("stacks", "ml-bko")

    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    written = list((root.parent / "home" / "logs").iterdir())
    assert "Traceback" in written[0].read_text()
    assert stat.S_IMODE(written[0].stat().st_mode) == 0o600


def test_help_and_version_are_quick_to_import():
    done = subprocess.run(
        [environment.virtual_environment() / "bin" / "python", "-X", "importtime", "-c", "import infra.cli.main"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    for costly in ("openstack", "pulumi", "rich.console", "ruamel.yaml", "infra.intake.inventory"):
        assert f"| {costly}\n" not in done.stderr.replace("|   ", "| ").replace("|  ", "| ")
    assert joliba("--version").stdout.startswith("joliba ")


def at_a_terminal(*command: str, answer: bytes) -> tuple[int, str]:
    """Run a command at a terminal, where somebody answers the first question; exit code and what was shown.

    The answer is typed again every second: a key that is pressed before the terminal is ready for it is lost.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execv(command[0], command)  # noqa: S606  our own command
        finally:
            os._exit(127)
    shown, typed = b"", 0.0
    with contextlib.suppress(OSError):  # the terminal's end
        while True:
            if select.select([terminal], [], [], 1)[0]:
                if not (piece := os.read(terminal, 1024)):
                    break
                shown += piece
            if b"/N]" in shown and time.monotonic() > typed + 1:
                os.write(terminal, answer)
                typed = time.monotonic()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def asked_in(lang, answer):
    """What a command that asks ends with, and what it shows."""
    program = (
        "import sys; from infra.cli import asking, main; sys.argv = ['joliba', 'ask'];"
        f"main.app.command('ask')(lambda: print('said', asking.confirmed('Sure?', {lang!r}))); main.main()"
    )
    return at_a_terminal(str(JOLIBA.with_name("python")), "-c", program, answer=answer)


@pytest.mark.parametrize(("answer", "code", "told"), [(b"\x03", 3, "stopped"), (b"\x04", 2, "nobody answered")])
def test_a_question_that_is_not_answered_never_reads_as_findings(answer, code, told):
    ended, shown = asked_in("en", answer)

    assert ended == code
    assert f"joliba: {told}" in shown


@pytest.mark.parametrize(
    ("lang", "answer", "told"),
    [
        ("en", b"y\r", True),
        ("fr", b"o\r", True),
        ("fr", b"Oui\r", True),
        ("fr", b"y\r", True),
        ("fr", b"n\r", False),
        ("en", b"\r", False),
    ],
)
def test_a_yes_is_understood_in_either_language_and_all_else_is_a_no(lang, answer, told):
    ended, shown = asked_in(lang, answer)

    assert ended == 0
    assert f"said {told}" in shown


SANTE, MINES, AFAR = (StackName.parse(name) for name in ("ml-bko.sante", "ml-bko.mines", "bf-oua.sante"))


def test_confirm_names_each_tenant_by_itself():
    assert named_in(["sante"], [SANTE, MINES]) == {SANTE}
    assert named_in(["ml-bko.sante", "bf-oua.sante"], [SANTE, AFAR]) == {SANTE, AFAR}


@pytest.mark.parametrize("name", ["sante", "ml-bko", "justice"])
def test_confirm_of_a_site_of_several_or_of_none_is_refused(name):
    with pytest.raises(JolibaError, match=f"--confirm {name} names"):
        named_in([name], [SANTE, MINES, AFAR])


def test_without_confirm_each_tenant_with_data_must_benamed_in():
    data = Data(name="v", kind="volume", size=1)

    with pytest.raises(JolibaError, match=r"say --confirm bf-oua\.sante$"):
        _obtain_consent({SANTE: [data], AFAR: [data]}, ["ml-bko.sante"], yes=True, can_ask=False)


@pytest.mark.parametrize("state", ["built", "torn", "gone"])
def test_a_retired_tenants_blocks_stay_while_its_stack_has_resources(root, state):
    change(root, "tenant: sante\n", "tenant: sante\nlifecycle: retired\n")
    joliba("allocate", "ml-bko")
    (root / "inventories" / "ml-bko" / "tenants" / "sante.yaml").unlink()
    folder = root.parent / "home" / "labs" / "ml-bko" / "state" / ".pulumi" / "stacks" / "joliba"
    folder.mkdir(parents=True)
    thing = {"urn": "u", "type": "openstack:networking/network:Network"}
    plain = json.dumps({"checkpoint": {"latest": {"resources": [thing]}}})
    if state != "gone":
        (folder / "ml-bko.sante.json").write_text(plain if state == "built" else "torn")

    done = joliba("allocate", "ml-bko")

    assert ("  sante:\n" in (root / "inventories" / "ml-bko" / "addresses.yaml").read_text()) is (state != "gone")
    assert ("ml-bko.sante: its blocks stay" in done.stderr) is (state != "gone")
