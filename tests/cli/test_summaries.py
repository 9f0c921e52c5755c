"""What is told of stacks that are worked on, and how they ended: in the user's language, to machines in English."""

import json

import pytest

from infra.cli.outcomes import show_changes, show_summary
from infra.cli.progress import Progress
from infra.cli.up import WAITING
from infra.fleet.events import Change, Outcome, Status, Tally
from infra.fleet.stacks import StackName

SANTE = StackName("ml-bko", "sante")
OUTCOME = Outcome(
    stack=SANTE,
    status=Status.SKIPPED,
    counts={"created": 2},
    changes=(Change("create", "openstack:networking/network:Network", "interne", ("mtu",)),),
    notes=(WAITING, "a note of {the} cloud's"),
    errors=("what it depends on failed",),
)


@pytest.mark.parametrize(
    ("lang", "result", "told"),
    [
        ("en", ["stack", "result", "created"], ["skipped", "its own preview follows", "what it depends on failed"]),
        ("fr", ["pile", "résultat", "créées"], ["laissée", "son propre aperçu suivra", "ce dont elle dépend a échoué"]),
    ],
)
def test_a_summary_is_in_the_users_language(monkeypatch, capsys, lang, result, told):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    show_summary([OUTCOME], as_json=False)

    shown = capsys.readouterr()
    assert shown.out.split()[:3] == result
    assert all(text in shown.out + shown.err for text in [*told, "a note of {the} cloud's"])


def test_machines_are_told_the_same_in_every_language(monkeypatch, capsys):
    said = []
    for lang in ("en", "fr"):
        monkeypatch.setenv("JOLIBA_LANG", lang)
        show_summary([OUTCOME], as_json=True)
        said.append(json.loads(capsys.readouterr().out))

    assert said[0] == said[1]
    assert said[0]["stacks"][0]["status"] == "skipped"


@pytest.mark.parametrize(("lang", "action"), [("en", "create"), ("fr", "création")])
def test_changes_are_in_the_users_language(monkeypatch, capsys, lang, action):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    show_changes([OUTCOME])

    assert capsys.readouterr().out.splitlines()[1].split() == ["+", action, "Network", "interne", "(mtu)"]


@pytest.mark.parametrize(
    ("lang", "doing", "ended"),
    [
        ("en", "ml-bko.sante: up: resources done: 3, now a, b, c, 1 more", "ml-bko.sante: up: ok after 1.5 s"),
        (
            "fr",
            "ml-bko.sante\xa0: up\xa0: ressources faites : 3, en cours a, b, c, 1 de plus",
            "ml-bko.sante\xa0: up\xa0: faite après 1.5 s",
        ),
    ],
)
def test_progress_is_in_the_users_language(monkeypatch, capsys, lang, doing, ended):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    with Progress("up", [SANTE]) as progress:
        progress.watch(SANTE, Tally(running={each: each for each in "abcd"}, done=3))
        progress.told(Outcome(stack=SANTE, status=Status.OK, seconds=1.5))

    assert capsys.readouterr().out.splitlines() == [doing, ended]
