"""``joliba check`` and ``joliba explain`` as they are typed."""

import json
import os
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from infra import environment
from infra.intake.messages import MESSAGES

JOLIBA = environment.virtual_environment() / "bin" / "joliba"
SANTE = "inventories/ml-bko/tenants/sante.yaml"
FORMATS = ["text", "json", "sarif", "markdown", "junit"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project root of its own."""
    shutil.copytree(environment.CHECKOUT / "inventories", tmp_path / "inventories")
    shutil.copy(environment.CHECKOUT / "Pulumi.yaml", tmp_path)
    monkeypatch.setenv("JOLIBA_ROOT", str(tmp_path))
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JOLIBA_LANG", "en")
    return tmp_path


def joliba(*arguments: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [JOLIBA, *arguments], env={**os.environ, **variables}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, encoding="utf-8", check=False, cwd=os.environ["JOLIBA_ROOT"],
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


def change(root, old: str, new: str) -> None:
    file = root / SANTE
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_ends_with_0_for_what_is_accepted_and_1_for_an_error(root, form):
    assert joliba("check", "--format", form, code=0).stdout
    change(root, "image: debian-12", "image: debian-21")
    refused = joliba("check", "--format", form, "--lang", "fr", code=1)

    assert "debian-21" in refused.stdout
    assert "image" in refused.stdout
    assert not refused.stderr


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_hostile_request_and_file_name_are_told_whatever_the_terminal_takes(root, form, locale):
    change(root, "image: debian-12", 'image: "\\e[2J<script>`|@team ![x](y) ]]> ::error:: ##[add-mask]x \\u202e"')
    (root / "inventories/ml-bko/tenants/x\n::error::[a](b)@team ]]>.yaml").write_text("a")
    (root / "inventories/ml-bko/tenants/\udcff.yaml").write_text("a")

    told = joliba("check", "--format", form, "--lang", "en", code=1, LC_ALL=locale).stdout

    assert "##[" not in told
    assert not [line for line in told.splitlines() if line.strip().startswith("::")]
    assert not {"\x1b", "\u202e"} & set(told)
    if form in {"json", "sarif"}:
        json.loads(told)
    if form == "junit":
        ET.fromstring(told)  # noqa: S314  our own


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "--format", "yaml"], "'yaml' is not one of"),
        (["check", "--json", "--format", "sarif"], "--json is --format json"),
        (["check", "--dry-run"], "--dry-run goes with --fix"),
        (["check", "--lang", "de"], "there is no language 'de': write --lang en or --lang fr"),
        (["check", "--fix", "/etc/passwd"], "is not in inventories"),
        (["check", "--fix", SANTE.replace("sante", "snate")], f"did you mean {SANTE}"),
        (["check", SANTE, SANTE.replace("sante", "snate")], f"did you mean {SANTE}"),
        (["explain", "NAME-UNKNOWN-FLAVR"], "NAME-UNKNOWN-FLAVOR"),
        (["explain", "\x1b[2J"], "there is no code"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_there_is(root, arguments, told):
    done = joliba(*arguments, code=2)

    assert told in done.stderr
    assert "\x1b" not in done.stderr


def test_json_is_the_short_form(root):
    assert joliba("check", "--json").stdout == joliba("check", "--format", "json").stdout


def test_fix_mends_says_what_and_checks_again(root):
    accepted = (root / SANTE).read_text()
    change(root, "tenant: sante", "tenant: finances  ")
    change(root, "networks:\n", "networks:\n  neuf: {hosts: 5}\n")
    joliba("check", code=1)

    dry = joliba("check", "--fix", "--dry-run", code=1).stdout
    done = joliba("check", "--fix", "--lang", "fr").stdout

    assert "would mend inventories/ml-bko/tenants/sante.yaml: name finances replaced by sante" in dry
    assert "nom finances remplacé par sante" in done
    assert "sante.neuf" in done
    assert "rien à signaler" in done
    assert (root / SANTE).read_text() == accepted.replace("networks:\n", "networks:\n  neuf: {hosts: 5}\n")
    assert "mended" not in joliba("check", "--fix").stdout


def test_what_fix_cannot_mend_remains_and_ends_with_1(root):
    change(root, "image: debian-12", "image: debian-21   ")

    done = joliba("check", "--fix", "--format", "json", code=1)

    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["NAME-UNKNOWN-IMAGE"]


def test_fix_of_machine_formats_leaves_the_answer_on_stdout_whole(root):
    (root / SANTE).write_text((root / SANTE).read_text() + "# x  \n")

    done = joliba("check", "--fix", "--format", "json")

    assert len(json.loads(done.stdout)["mended"]) == 1
    assert "mended inventories/ml-bko/tenants/sante.yaml: spaces" in done.stderr


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_code_is_listed_and_explained(root, lang):
    listed = joliba("explain", "--lang", lang).stdout
    told = json.loads(joliba("explain", "--lang", lang, "--json").stdout)

    assert sorted(each["code"] for each in told) == sorted(MESSAGES)
    assert not [code for code in MESSAGES if f"  {code} " not in listed]


def test_a_code_is_explained_with_severity_fix_and_source(root):
    assert joliba("explain", "class-unencrypted", "--lang", "fr").stdout == (
        "CLASS-UNENCRYPTED\n"
        "  Gravité\N{NO-BREAK SPACE}: erreur\n"
        "  Ce qu'il dit\N{NO-BREAK SPACE}: Le type de volume […] ne chiffre pas ; les données d'un locataire […] "
        "doivent être chiffrées.\n"
        "  Remède\N{NO-BREAK SPACE}: Écrivez un type qui chiffre : […].\n"
        "  Source\N{NO-BREAK SPACE}: SecNumCloud 3.2, 10.1\n"
        "  Par exemple, refusé\N{NO-BREAK SPACE}:\n"
        "      base: {network: interne, count: 2, flavor: SCS-4V-16, image: debian-12, "
        "volumes: {donnees: {size: 200, type: standard}}}\n"
        "  Son voisin, accepté\N{NO-BREAK SPACE}:\n"
        "      base: {network: interne, count: 2, flavor: SCS-4V-16, image: debian-12, "
        "volumes: {donnees: {size: 200, type: encrypted}}}\n"
    )


def test_an_example_keeps_its_lines(root):
    told = json.loads(joliba("explain", "YAML-DUPLICATE-KEY", "--json").stdout)["example"]

    assert told == {"refused": "egress: []\negress: []", "accepted": "egress: []"}
    assert (
        "  For example, refused:\n      egress: []\n      egress: []\n"
        in joliba("explain", "YAML-DUPLICATE-KEY").stdout
    )
    assert "For example" not in joliba("explain", "FILE-MISSING").stdout
