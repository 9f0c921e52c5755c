import re
import shutil

import pytest

from infra.environment import CHECKOUT
from infra.errors import RefusedError
from infra.review.code_owners import PLACES, code_owners, stale

SANTE = "inventories/ml-bko/tenants/sante.yaml"


@pytest.fixture
def project(tmp_path):
    shutil.copytree(CHECKOUT / "inventories", tmp_path / "inventories")
    return tmp_path


def change(project, file, old, new):
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(text: str, path: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(path + " ")]
    return found


def owner(text: str, path: str, *, form: str) -> list[str]:
    """Who decides about a path: the last line that fits on GitHub and GitLab, all that fit on Forgejo."""
    found: list[str] = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        pattern, *owners = line.split(" ")
        if form == "forgejo":
            found += owners if re.fullmatch(pattern, path) else []
        elif pattern in ("*", f"/{path}") or (pattern.endswith("/") and f"/{path}".startswith(pattern)):
            found = owners
    return found


@pytest.mark.parametrize("form", PLACES)
def test_the_committed_file_is_what_the_requests_say(form):
    assert not stale(CHECKOUT, form), "run `joliba owners --write`"


@pytest.mark.parametrize("form", PLACES)
def test_a_ministrys_file_is_its_own_and_all_else_the_platform_teams(project, form):
    text = code_owners(project, form)

    ministry, team = {
        "forgejo": (["@numerique/plateforme", "@numerique/plateforme", "@numerique/sante"], "@numerique/plateforme"),
    }.get(form, (["dg@sante.example", "dsi@sante.example"], "plateforme@numerique.example"))
    assert owner(text, SANTE, form=form) == ministry
    for path in ("scripts/setup", "inventories/ml-bko/site.yaml", "inventories/ml-bko/addresses.yaml",
                 "inventories/countries/ml.yaml", "inventories/ml-bko/tenants/nouveau.yaml", PLACES[form].as_posix(),
                 "inventories/ml-bko/tenants/santexyaml"):  # fmt: skip
        assert set(owner(text, path, form=form)) == {team}, path


@pytest.mark.parametrize("form", PLACES)
def test_the_same_inventories_give_the_same_text(project, form):
    assert code_owners(project, form) == code_owners(project, form) == code_owners(CHECKOUT, form)


@pytest.mark.parametrize(
    "email",
    ['"dg@sante.example\\n* mallory@evil.example"', '"dg@sante.example mallory@evil.example"', '"@mallory"',
     '"dg@sante.example\\t#"', '"*"', '"!dg@sante.example"', '"[Section]"', '"dg@sante.example\\r/ x@evil.example"'],
)  # fmt: skip
@pytest.mark.parametrize("form", PLACES)
def test_a_hostile_contact_adds_neither_line_nor_owner(project, email, form):
    usual = code_owners(project, form)
    change(project, SANTE, "email: dg@sante.example", f"email: {email}")

    text = code_owners(project, form)

    assert len(text.splitlines()) == len(usual.splitlines())
    assert "evil" not in text
    assert "mallory" not in text
    if form != "forgejo":
        assert line_of(text, f"/{SANTE}") == f"/{SANTE} plateforme@numerique.example"


def test_a_contact_that_changes_honestly_changes_its_line_alone(project):
    usual = code_owners(project, "github").splitlines()
    change(project, SANTE, "email: dg@sante.example", "email: sg@sante.example")

    now = code_owners(project, "github").splitlines()

    assert [line for line in now if line not in usual] == [f"/{SANTE} sg@sante.example dsi@sante.example"]


def test_a_site_without_a_platform_team_is_told(project):
    team = "platform_team: {email: plateforme@numerique.example, group: numerique/plateforme}\n"
    change(project, "inventories/ml-bko/site.yaml", team, "platform_team: {email: plateforme@numerique.example}\n")

    assert code_owners(project, "github") == code_owners(CHECKOUT, "github")
    with pytest.raises(RefusedError, match=r"ml-bko/site\.yaml names no platform_team\.group"):
        code_owners(project, "forgejo")


def test_a_request_may_bring_the_owners_that_it_leads_to(repository, review):
    """And no others: CODEOWNERS is the only file beside requests that a request may change."""
    repository.change(SANTE, "email: dg@sante.example", "email: sg@sante.example")
    repository.file(".github/CODEOWNERS", code_owners(repository.root, "github"))
    repository.commit()

    honest, folder = review("--trusted")

    assert honest.returncode == 0, honest.stdout
    assert '"trusted": true' in (folder / "verdict.json").read_text()

    repository.git("checkout", "--quiet", "request")
    repository.change(".github/CODEOWNERS", "* plateforme", "* sg@sante.example plateforme")
    repository.commit()

    greedy, folder = review("--trusted")

    assert greedy.returncode == 1
    assert '"refused_paths": [\n    ".github/CODEOWNERS"\n  ]' in (folder / "verdict.json").read_text()
