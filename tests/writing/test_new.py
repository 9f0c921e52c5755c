"""``joliba new`` as somebody types it: at a terminal, or from a file of answers."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

import pytest

from infra import environment
from infra.intake.reading import parse
from infra.writing.request_text import SCHEMA_LINE

JOLIBA = environment.virtual_environment() / "bin" / "joliba"
SHORT = """
ministry: Ministère des Mines
reason: Cadastre minier
classification: internal
contacts:
  owner: {name: Direction des mines, email: dm@mines.example}
  technical: {name: Cellule informatique, email: ci@mines.example}
  security: {name: RSSI, email: rssi@mines.example}
networks: {interne: {hosts: 20}}
platforms:
  cadastre:
    tiers: {app: {}, base: {volumes: {donnees: {size: 50}}}}
    flows: [{from: app, to: base, ports: [5432/tcp]}]
review_by: 2027-06-30
"""


@pytest.fixture
def answers(tmp_path):
    """``answers(text)``: a file that answers."""

    def written(text: str = SHORT) -> str:
        (tmp_path / "answers.yaml").write_text(text, encoding="utf-8")
        return str(tmp_path / "answers.yaml")

    return written


def joliba(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([JOLIBA, *arguments], input=typed, capture_output=True, text=True, check=False)


def files(root):
    return {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_an_ordinary_tenant_is_twenty_lines_that_check_accepts_with_its_addresses(root, answers):
    done = joliba("new", "ml-bko", "mines", "--answers", answers())

    text = (root / "inventories/ml-bko/tenants/mines.yaml").read_text()
    assert done.returncode == 0, done.stdout + done.stderr
    assert text.splitlines()[0] == SCHEMA_LINE
    assert len(text.splitlines()) <= 22
    assert parse(text.encode(), "x").values == {"schema": 1, "tenant": "mines", **expected()}
    assert "  mines:\n" in (root / "inventories/ml-bko/addresses.yaml").read_text()
    assert joliba("check").returncode == 0
    assert "git add inventories/ml-bko/tenants/mines.yaml inventories/ml-bko/addresses.yaml" in done.stdout
    assert "Decision sheet" in done.stdout or "Fiche de décision" in done.stdout


def expected():
    values = parse(SHORT.encode(), "x").values
    for tier in values["platforms"]["cadastre"]["tiers"].values():
        tier["network"] = "interne"
    return values


def test_the_schema_line_resolves_from_where_the_file_is(root, answers):
    joliba("new", "ml-bko", "mines", "--answers", answers())

    file = root / "inventories/ml-bko/tenants/mines.yaml"
    assert (file.parent / SCHEMA_LINE.partition("$schema=")[2]).resolve() == root / "schemas/tenant.schema.json"
    assert (root / "schemas/tenant.schema.json").is_file()


def test_a_dry_run_shows_the_request_and_writes_nothing(root, answers):
    before = files(root)

    done = joliba("new", "ml-bko", "mines", "--answers", answers(), "--dry-run", "--lang", "fr")

    assert done.returncode == 0
    assert "tenant: mines\n" in done.stdout
    assert "rien n'a été écrit" in done.stdout
    assert files(root) == before


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("classification: internal", "classification: intern", "SHAPE-VALUE"),
        ("dm@mines.example", "dm(at)mines", "SHAPE-PATTERN"),
        ("hosts: 20", "hosts: vingt", "SHAPE-TYPE"),
        ("app: {}", "app: {network: dmz}", "NAME-UNKNOWN-NETWORK"),
        ("app: {}", "app: {count: 30}", "NETWORK-FULL"),
        ("5432/tcp", "99999/tcp", "VALUE-PORTS"),
        ("from: app", "from: internet, to: base, ports: [22/tcp]}, {from: app", "FLOW-EXPOSED"),
        ("interne: {hosts", "transit: {hosts", "SHAPE-NAME"),
    ],
)
def test_a_wrong_answer_is_refused_in_the_words_of_check_and_nothing_is_written(root, answers, old, new, code):
    before = files(root)
    assert old in SHORT

    done = joliba("new", "ml-bko", "mines", "--answers", answers(SHORT.replace(old, new)))

    assert done.returncode == 1
    assert f"[{code}]" in done.stderr
    assert files(root) == before


def test_answers_to_nothing_are_told(root, answers):
    done = joliba("new", "ml-bko", "mines", "--answers", answers(f"{SHORT}tier: {{spread: hard}}\n"))

    assert done.returncode == 2
    assert "tier.spread" in done.stderr
    assert not (root / "inventories/ml-bko/tenants/mines.yaml").exists()


@pytest.mark.parametrize("name", ["finances", "Mines", "foundation", "../x"])
def test_a_name_that_cannot_be_is_refused_and_no_file_touched(root, answers, name):
    before = files(root)

    done = joliba("new", "ml-bko", name, "--answers", answers())

    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert files(root) == before


def test_an_end_of_input_says_so_and_writes_nothing(root):
    before = files(root)

    done = joliba("new", "ml-bko", typed="mines\nMines\n")

    assert done.returncode == 2
    assert "nobody answered: nothing was done" in done.stderr
    assert files(root) == before


KEYS = {"^C": b"\x03", "^D": b"\x04"}


def read_on(terminal: int, *, again: bytes) -> bytes:
    if again and not select.select([terminal], [], [], 2.0)[0]:
        os.write(terminal, again)
    return os.read(terminal, 4096)


def at_a_terminal(lines: list[str], *arguments: str) -> tuple[int, str]:
    """Run joliba at a terminal of 80 columns, where somebody answers (``^C`` interrupts), then leaves.

    Readline overlooks a ``^C`` between the prompt and its wait for a key: a person presses it again, and so does this.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execv(JOLIBA, ["joliba", *arguments])  # noqa: S606  our own command
        finally:
            os._exit(127)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    waiting, shown, seen, answer = list(lines), b"", 0, ""
    with contextlib.suppress(OSError):  # the terminal's end
        while piece := read_on(terminal, again=KEYS["^C"] if answer == "^C" else b""):
            shown += piece
            prompt = shown.rpartition(b"\n")[2]  # a reason is indented
            if prompt.endswith(b": ") and b"  " not in prompt and len(shown) > seen:
                answer, seen = waiting.pop(0) if waiting else "^D", len(shown)
                os.write(terminal, KEYS.get(answer, f"{answer}\n".encode()))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), re.sub("\x1b\\[[0-9;]*m", "", shown.decode())


TYPED = [
    "Mines", "mines", "Ministère des Mines", "Cadastre minier", "9", "restricted", "", "oui", "",
    "", "DG", "dg@mines.example", "DSI", "dsi@mines.example", "RSSI", "rssi@mines.example",
    "dmz", "", "dmz", "interne", "60", "",
    "cadastre", "", "web", "1", "2", "?", "", "", "",
    "", "base", "", "", "SCS-4V-16", "", "1", "2", "donnees", "200", "", "",
    "internet", "web", "443/tcp", "web", "base", "5432/tcp", "",
    "www.finances.example", "www.mines.example", "", "", "", "", "",
    "", "mines-exploitation", "", "", "", "", "", "", "", "",
]  # fmt: skip


def test_a_dialogue_in_french_corrects_mistakes_at_once_and_fits_a_terminal(root):
    code, shown = at_a_terminal(TYPED, "new", "ml-bko", "--lang", "fr")

    assert code == 0, shown
    values = parse((root / "inventories/ml-bko/tenants/mines.yaml").read_bytes(), "x").values
    platform = values["platforms"]["cadastre"]
    assert values["data"] == {"personal": True}
    assert list(values["networks"]) == ["dmz", "interne"]
    assert platform["tiers"]["web"] == {"network": "dmz", "count": 2}
    assert platform["tiers"]["base"]["flavor"] == "SCS-4V-16"
    assert platform["publish"] == {"www.mines.example": {"tier": "web", "port": 443}}
    assert not {"hardening", "backups", "profile", "buckets"} & values.keys()
    for told in ('"Mines" n\'a pas la forme acceptée', "n'est pas dans la zone du locataire", "Ensuite :"):
        assert told in shown
    asked = shown[: shown.index("# yaml-language-server")]
    assert max(len(line) for line in asked.replace("\r", "").split("\n")) <= 80


def test_a_ctrl_c_writes_nothing(root):
    before = files(root)

    code, shown = at_a_terminal(["mines", "Ministère des Mines", "^C"], "new", "ml-bko")

    assert code == 3
    assert "stopped" in shown
    assert files(root) == before


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_form_writes_the_page_in_the_language_asked_for(root, tmp_path, lang):
    done = joliba("form", "ne-nia", "-o", str(tmp_path / "form.html"), "--lang", lang)

    assert done.returncode == 0
    page = (tmp_path / "form.html").read_text()
    assert f'<html lang="{lang}">' in page
    assert "http-equiv" in page
    assert not re.search(r'(src|href)="(?!#)', page)


def test_form_of_an_unknown_site_or_place_is_wrong_use(root, tmp_path):
    assert joliba("form", "mali", "-o", str(tmp_path / "x.html")).returncode == 2
    assert joliba("form", "ml-bko", "-o", str(tmp_path / "no" / "x.html")).returncode == 2


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEqVZ4AKu7dbDEPkLkVf5Vf3RQmJq1rFkRgKwI1tVq9H"
OTHER_KEY = KEY.replace("tVq9H", "tVq8H")
GROUP = "access: {groups: {mines-exploitation: {role: member, keys: [%s]}, mines-audit: reader}}\n"
APPROVED = "approver: Direction générale du numérique, expires: 2027-01-31"
DEVIATION = f"{{rule: POLICY-BACKUP-RARE, reason: Archives figées, owner: DSI, {APPROVED}}}"
RARE = "backups: {every_hours: 48, keep_days: 30}\n"


def written(root):
    return parse((root / "inventories/ml-bko/tenants/mines.yaml").read_bytes(), "x").values


@pytest.mark.parametrize("keys", [[KEY], [KEY, OTHER_KEY]], ids=["one key", "two keys"])
def test_a_groups_keys_are_asked_and_a_group_without_stays_a_role(root, answers, keys):
    done = joliba("new", "ml-bko", "mines", "--answers", answers(SHORT + GROUP % ", ".join(keys)))

    assert done.returncode == 0, done.stdout + done.stderr
    groups = written(root)["access"]["groups"]
    assert groups == {"mines-exploitation": {"role": "member", "keys": keys}, "mines-audit": "reader"}


def test_a_key_that_is_none_is_refused_at_once(root, answers):
    done = joliba("new", "ml-bko", "mines", "--answers", answers(SHORT + GROUP % KEY[:-2]))

    assert (done.returncode, "VALUE-KEY" in done.stderr) == (1, True)
    assert not (root / "inventories/ml-bko/tenants/mines.yaml").exists()


def test_a_deviation_is_asked_before_what_it_allows(root, answers):
    refused = joliba("new", "ml-bko", "mines", "--answers", answers(SHORT + RARE))
    accepted = joliba("new", "ml-bko", "mines", "--answers", answers(f"{SHORT}{RARE}deviations: [{DEVIATION}]\n"))

    assert (refused.returncode, "POLICY-BACKUP-RARE" in refused.stderr) == (1, True)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert written(root)["deviations"] == parse(f"a: [{DEVIATION}]".encode(), "x").values["a"]
    assert written(root)["backups"] == {"every_hours": 48, "keep_days": 30}


def test_a_flow_to_another_tenant_is_written_and_what_the_other_lacks_is_told(root, answers):
    flow = "{from: app, to: etat-civil/registre.api, ports: [8443/tcp]}"
    done = joliba("new", "ml-bko", "mines", "--answers", answers(SHORT.replace("flows: [", f"flows: [{flow}, ")))

    assert written(root)["platforms"]["cadastre"]["flows"][0]["to"] == "etat-civil/registre.api"
    assert (done.returncode, "FLOW-ONE-SIDED" in done.stdout) == (1, True)  # until that tenant declares it, too


def test_hardening_and_backups_are_written_where_they_differ_from_what_the_site_gives(root, answers):
    more = "hardening: {level: enhanced}\nbackups: {every_hours: 12, keep_days: 60}\n"
    done = joliba("new", "ml-bko", "mines", "--answers", answers(SHORT + more))

    assert done.returncode == 0, done.stdout + done.stderr
    assert written(root)["hardening"] == {"level": "enhanced"}
    assert written(root)["backups"] == {"every_hours": 12, "keep_days": 60}
