"""What an honest ministry's pull request is answered."""

import base64
import json
import os
import subprocess
import sys

import pytest

from infra.cli.up import WAITING
from infra.environment import CHECKOUT
from infra.errors import JolibaError
from infra.fleet.building import UNFINISHED
from infra.review import objects
from infra.review.comment import Answer, comment
from infra.review.objects import Objects
from infra.review.pull_request import PullRequest, changed_stacks

SANTE = "inventories/ml-bko/tenants/sante.yaml"
JUSTICE = "inventories/ml-bko/tenants/justice.yaml"
REGISTER = "inventories/ml-bko/addresses.yaml"


def verdict(folder):
    return json.loads((folder / "verdict.json").read_text())


def test_an_honest_request_of_one_ministry_is_trusted_and_accepted(repository, review):
    repository.change(SANTE, "count: 2, flavor: SCS-2V-8", "count: 3, flavor: SCS-2V-8")
    head = repository.commit()

    done, folder = review("--trusted")

    assert (done.returncode, done.stderr) == (0, "")
    assert verdict(folder) == {"trusted": True, "ok": True, "stacks": ["ml-bko.sante"], "refused_paths": []}
    assert (folder / "sheets" / "ml-bko.sante.html").read_text().startswith("<!")
    assert json.loads((folder / "findings.sarif").read_text())["version"] == "2.1.0"
    assert (folder / "junit.xml").read_text().startswith("<?xml")
    comment = (folder / "comment.md").read_text()
    assert "`sheets/ml-bko.sante.html`" in comment
    assert comment.startswith("<!-- joliba -->\n\n## Joliba: The request is accepted by the checks\n")
    assert f"`{head}`" in comment
    assert "No finding." in comment


def test_the_same_request_from_a_fork_is_checked_and_not_trusted(repository, review):
    repository.change(SANTE, "count: 2, flavor: SCS-2V-8", "count: 3, flavor: SCS-2V-8")
    repository.commit()

    done, folder = review("--stack-preview")

    assert done.returncode == 0
    assert verdict(folder) == {"trusted": False, "ok": True, "stacks": ["ml-bko.sante"], "refused_paths": []}
    assert "comes from a fork" in (folder / "comment.md").read_text()


def test_a_wrong_request_is_refused_with_its_findings_in_french(repository, review):
    repository.change(SANTE, "image: debian-12", "image: debian-21")
    repository.commit()

    done, folder = review("--trusted", lang="fr")

    assert done.returncode == 1
    comment = (folder / "comment.md").read_text()
    assert "## Joliba : La demande est refusée" in comment
    assert f"{SANTE}:17:" in comment
    assert "remède : " in comment
    assert json.loads((folder / "findings.json").read_text())[0]["code"] == "NAME-UNKNOWN-IMAGE"


def test_a_new_block_in_the_register_is_that_ministrys_stack_and_a_route_of_the_foundation(repository, review):
    repository.change(JUSTICE, "interne: {hosts: 20}", "interne: {hosts: 20}\n  public: {hosts: 10}")
    repository.change(REGISTER, "interne: 10.64.16.32/27", "interne: 10.64.16.32/27\n      public: 10.64.21.0/28")
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 0, done.stdout
    assert verdict(folder)["stacks"] == ["ml-bko.foundation", "ml-bko.justice"]


def new_ministry(repository):
    """A request of a ministry that the site did not have, and its blocks."""
    text = (repository.root / JUSTICE).read_text(encoding="utf-8")
    repository.file("inventories/ml-bko/tenants/mines.yaml", text.replace("justice", "mines"))
    given = (
        "mines:\n    administration: 10.64.0.18\n    transit: 10.64.4.18\n    networks:\n      interne: 10.64.21.0/27"
    )
    repository.change(REGISTER, "  numerique:", f"  {given}\n  numerique:")
    return repository.commit()


def test_a_new_ministry_is_a_zone_of_the_foundation_before_it_is_a_stack(repository, review):
    new_ministry(repository)

    done, folder = review("--trusted")

    assert done.returncode == 0, done.stdout
    assert verdict(folder)["stacks"] == ["ml-bko.foundation", "ml-bko.mines"]
    assert [path.name for path in (folder / "sheets").iterdir()] == ["ml-bko.mines.html"]


def test_what_previews_note_is_told_in_the_comments_language():
    zone = {"action": "create", "type": "openstack:dns/zone:Zone", "name": "foundation-zone-mines"}
    previews = [
        {"stack": "ml-bko.foundation", "status": "ok", "changes": [zone]},
        {"stack": "ml-bko.mines", "status": "skipped", "changes": [], "notes": [WAITING]},
        {"stack": "ml-bko.justice", "status": "ok", "changes": [], "notes": [UNFINISHED]},
    ]
    request = PullRequest(base="b" * 40, head="h", taken=(), removed=(), refused=(), stacks=())

    told = comment(Answer(request=request, trusted=True, ok=True, previews=previews), "fr")

    shown = told[told.index("ml-bko.foundation: ok") :].splitlines()
    assert [line.strip() for line in shown if line.strip()][1:7] == [
        "create   Zone                   foundation-zone-mines",
        "ml-bko.mines: skipped",
        "son propre aperçu suivra une fois construit le socle, qui ne le sert pas encore",
        "ml-bko.justice: ok",
        "rien",
        "une exécution antérieure a été interrompue ; le prochain « up » y remettra de l'ordre",
    ]


def test_what_the_base_decided_since_is_kept(repository, review):
    """The head's register is older than the base's: neither change is lost, as in the merge."""
    repository.change(JUSTICE, "interne: {hosts: 20}", "interne: {hosts: 20}\n  public: {hosts: 10}")
    repository.change(REGISTER, "interne: 10.64.16.32/27", "interne: 10.64.16.32/27\n      public: 10.64.21.0/28")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.change(
        "inventories/ml-bko/tenants/agriculture.yaml", "contacts:", "networks:\n  bureau: {hosts: 10}\ncontacts:"
    )
    repository.change(REGISTER, "public: 10.64.16.0/28", "bureau: 10.64.22.0/28\n      public: 10.64.16.0/28")
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 0, done.stdout
    assert verdict(folder)["stacks"] == ["ml-bko.foundation", "ml-bko.justice"]


def test_a_request_that_was_brought_up_to_date_is_accepted(repository, review):
    """Its branch merged the base after the base had merged an older request of it: one commit is the latest common."""
    repository.change(SANTE, "hosts: 20}", "hosts: 21}")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "The first request", "request")
    repository.file("infra/__main__.py", "# mended\n")
    repository.commit()
    repository.git("checkout", "--quiet", "request")
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()
    repository.git("merge", "--quiet", "--no-ff", "-m", "Up to date", "main")

    done, folder = review("--trusted")

    assert done.returncode == 0, done.stdout
    assert verdict(folder) == {"trusted": True, "ok": True, "stacks": ["ml-bko.sante"], "refused_paths": []}


def test_the_same_lines_changed_on_both_sides_are_a_conflict(repository, review):
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.change(SANTE, "hosts: 100", "hosts: 102")
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 1
    assert verdict(folder)["refused_paths"] == [SANTE]
    assert "bring the request up to date" in (folder / "comment.md").read_text()


def test_a_removed_file_is_judged_as_removed(repository, review):
    (repository.root / SANTE).unlink()
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 1
    assert "lifecycle: retired" in (folder / "comment.md").read_text()


def test_a_change_of_the_platform_alone_is_neither_refused_nor_trusted(repository, review):
    repository.file("scripts/setup", "echo better\n")
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 0
    assert verdict(folder) == {"trusted": False, "ok": True, "stacks": [], "refused_paths": ["scripts/setup"]}
    assert "This is not a request" in (folder / "comment.md").read_text()


def test_beside_a_request_the_same_change_is_refused(repository, review):
    repository.file("scripts/setup", "echo better\n")
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()

    done, folder = review("--trusted")

    assert done.returncode == 1
    assert verdict(folder)["trusted"] is False
    assert "Nothing of it was run or read" in (folder / "comment.md").read_text()


def test_the_jobs_read_the_comment_and_the_verdict_as_single_lines(repository, review):
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()

    _, folder = review("--trusted")

    outputs = dict(line.split("=", 1) for line in (folder / "outputs").read_text().splitlines())
    assert (outputs["trusted"], outputs["ok"]) == ("true", "true")
    assert base64.b64decode(outputs["comment"]).decode() == (folder / "comment.md").read_text()


def test_a_preview_that_cannot_be_made_is_told(repository, review, tmp_path):
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.commit()

    done, folder = review("--trusted", "--stack-preview", JOLIBA_HOME=str(tmp_path / "home"))

    assert done.returncode == 0
    assert "the lab of ml-bko is not running" in (folder / "comment.md").read_text()


def changed(repository, before, *arguments):
    return subprocess.run(
        [sys.executable, "-P", "-m", "infra.cli.main", "changed", "--since", before, *arguments],
        env={**os.environ, "JOLIBA_ROOT": str(repository.root), "PYTHONPATH": str(CHECKOUT)},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_after_a_merge_only_what_it_changed_is_built(repository):
    before = repository.git("rev-parse", "HEAD")
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    repository.change("inventories/bf-oua/tenants/sante.yaml", "reason: ", "reason: Puis ")
    repository.change("inventories/ne-nia/addresses.yaml", "schema: 1", "schema: 1   # as before")
    (repository.root / JUSTICE).unlink()
    repository.file("docs/note.md", "x")
    repository.commit()

    assert changed(repository, before) == "bf-oua.sante\nml-bko.sante\n"
    assert changed(repository, before, "ml-bko") == "ml-bko.sante\n"
    assert json.loads(changed(repository, before, "--sites", "--json")) == ["bf-oua", "ml-bko"]


def test_after_the_merge_of_a_new_ministry_the_foundation_is_built_first(repository):
    before = repository.git("rev-parse", "HEAD")
    merged = new_ministry(repository)

    assert changed(repository, before, "ml-bko") == "ml-bko.foundation\nml-bko.mines\n"
    repository.git("revert", "--no-edit", merged)
    assert changed(repository, merged) == "ml-bko.foundation\n"  # its zone and its routes go
    assert changed(repository, before) == ""


def test_what_a_merge_changes_beside_the_inventories_hides_none_of_them(repository, monkeypatch):
    monkeypatch.setattr(objects, "_LONGEST_LIST", 1000)
    before = repository.git("rev-parse", "HEAD")
    repository.change(SANTE, "hosts: 100", "hosts: 101")
    for number in range(20):
        repository.file(f"docs/{number}.md", "x")
    after = repository.commit()
    assert changed_stacks(Objects(repository.root), before, after) == ("ml-bko.sante",)

    for number in range(20):
        repository.file(f"inventories/ml-bko/tenants/t{number}.yaml", "x")
    many = repository.commit()
    with pytest.raises(JolibaError, match="too much of inventories"):
        changed_stacks(Objects(repository.root), after, many)


def test_a_changed_site_is_a_changed_foundation(repository):
    before = repository.git("rev-parse", "HEAD")
    repository.change(
        "inventories/ml-bko/site.yaml", "limite-100m:", "limite-10m: {max_kbps: 9, max_burst_kbps: 9}\n  limite-100m:"
    )
    repository.commit()

    assert changed(repository, before) == "ml-bko.foundation\n"


def test_a_commit_that_was_not_fetched_is_wrong_use(repository, review):
    for head in ("0" * 40, "nowhere", "--output=x", "a b", ""):
        done, folder = review(head=head)

        assert done.returncode == 2
        assert not (folder / "verdict.json").exists()
