"""A user's mistakes are told in the user's language, by whatever command."""

import os
import subprocess

import pytest

from infra import environment

JOLIBA = environment.virtual_environment() / "bin" / "joliba"
MISTAKES = {
    "check --since nulle": ("the repository has no commit 'nulle'", "le dépôt n'a pas de commit 'nulle'"),
    "check /etc/passwd": ("is not in inventories/<site>/", "n'est pas dans inventories/<site>/"),
    "check --dry-run": ("--dry-run goes with --fix", "--dry-run va avec --fix"),
    "check --json --format sarif": ("--json is --format json", "--json équivaut à --format json"),
    "sheet ml-bko.sante -o x.doc": ("x.doc: a sheet is written as", "x.doc : une fiche s'écrit en"),
    "sheet sante": ("is no stack's name", "n'est pas le nom d'une pile"),
    "price ml-bko.nul": ("there is no tenant 'nul' of ml-bko", "il n'y a pas de locataire 'nul' sur ml-bko"),
    "price nul.sante": ("there is no site 'nul'", "il n'y a pas de site 'nul'"),
    "show ml-bko.nul": ("there is no tenant 'nul' of ml-bko", "il n'y a pas de locataire 'nul' sur ml-bko"),
    "capacity nul": ("there is no site 'nul'", "il n'y a pas de site 'nul'"),
    "allocate nul": ("there is no site 'nul'", "il n'y a pas de site 'nul'"),
    "diff nul --since HEAD": ("neither now nor in HEAD", "ni maintenant ni dans HEAD"),
    "explain NUL": ("there is no code NUL", "il n'y a pas de code NUL"),
    "form nul -o x.html": ("there is no site 'nul'", "il n'y a pas de site 'nul'"),
    "audit ml-bko --level top": ("--level top: write one of minimal,", "--level top : écrivez l'un de minimal,"),
    "audit --rules R99": ("no recommendation or rule 'R99'", "il n'y a pas de recommandation ni de règle 'R99'"),
    "audit ml-bko..web": ("names no hosts: write SITE", "ne nomme aucun hôte : écrivez SITE"),
    "audit ml-bko.sante.nul": ("has no host: nothing is built", "n'a pas d'hôte : rien n'est construit"),
    "harden ml-bko --check --rings 0": ("--rings 0: write numbers", "--rings 0 : écrivez des nombres"),
    "rollback ml-bko": ("nobody can be asked here", "personne ne peut répondre ici"),
    "new ml-bko sante": ("exists already: to change", "existe déjà : pour changer"),
}


@pytest.fixture(autouse=True)
def repository(root):
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", "-C", root, *command], check=True)


def refused(command: str, lang: str, *more: str) -> str:
    variables = {**os.environ, "JOLIBA_LANG": lang, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [JOLIBA, *command.split(), *more], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    return " ".join(done.stderr.split())


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_told_in_both_languages(command):
    english, french = MISTAKES[command]

    assert english in refused(command, "en")
    assert french in (told := refused(command, "fr"))
    assert told.startswith("joliba : ")


def test_the_language_that_is_asked_for_is_that_of_refusals_too():
    assert "il n'y a pas de locataire" in refused("price ml-bko.nul", "en", "--lang", "fr")
    assert "there is no tenant" in refused("price ml-bko.nul", "fr", "--lang", "en")
    assert "il n'y a pas de langue 'bm'" in refused("price ml-bko.sante", "fr", "--lang", "bm")
