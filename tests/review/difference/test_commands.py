"""``joliba check --since`` and ``joliba diff`` as they are typed."""

import json
import os
import subprocess
import time

import pytest
from review.difference.conftest import JUSTICE, SANTE, commit, git

from infra import environment
from infra.intake.inventory import read_site

JOLIBA = environment.virtual_environment() / "bin" / "joliba"
BUCKET = "buckets: {archives: {size: 500}}"


@pytest.fixture
def joliba(project, tmp_path):
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {"JOLIBA_ROOT": str(project), "JOLIBA_HOME": str(tmp_path / "home"), "JOLIBA_LANG": "en"}
        return subprocess.run(
            [JOLIBA, *arguments], env={**os.environ, **own, **variables}, cwd=tmp_path,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_check_since_tells_what_would_be_lost_and_ends_with_1(joliba, change):
    assert joliba("check", "--since", "HEAD").returncode == 0
    change(SANTE, (BUCKET, "buckets: {}"))

    english, french = joliba("check", "--since", "HEAD"), joliba("check", "--since", "HEAD", "--lang", "fr")

    assert (english.returncode, french.returncode) == (1, 1)
    assert "The bucket archives would be destroyed with all that is in it." in english.stdout
    assert "Le conteneur archives serait supprimé avec tout ce qu'il contient." in french.stdout
    assert "removes: [buckets.archives]" in french.stdout


def test_a_file_that_was_removed_is_asked_about_only_since_a_commit(joliba, project):
    (project / JUSTICE).unlink()

    since = joliba("check", "--since", "HEAD", str(project / JUSTICE), "--json")

    assert (since.returncode, "LOSS-FILE" in since.stdout) == (1, True)
    assert joliba("check", str(project / JUSTICE)).returncode == 2


def test_check_since_without_the_flag_refuses_what_the_platform_team_may(joliba, change):
    change(SANTE, ("hosts: 20", "hosts: 21"))
    change(JUSTICE, ("hosts: 20", "hosts: 21"))

    assert joliba("check", "--since", "HEAD").returncode == 1
    assert joliba("check", "--since", "HEAD", "--platform-team").returncode == 0
    assert joliba("check", "--platform-team").returncode == 2


def test_diff_tells_lost_data_first_and_counts(joliba, change):
    change(SANTE, (BUCKET, "buckets: {dossiers: {size: 5}}"), ("image: debian-12", "image: debian-12, rebuild: a"))

    english = joliba("diff", "--since", "HEAD").stdout
    french = joliba("diff", "ml-bko.sante", "--since", "HEAD", "--lang", "fr").stdout

    assert english.splitlines()[0] == "ml-bko.sante  changed  data could be lost"
    assert "Bucket archives to destroy" in english.splitlines()[1]
    assert f"formerly {SANTE}:" in english
    assert english.splitlines()[-1] == "1 created, 0 changed, 2 rebuilt, 1 destroyed"
    assert french.splitlines()[0] == "ml-bko.sante  modifié  des données pourraient être perdues"
    assert french.splitlines()[-1] == "1 à créer, 0 à modifier, 2 à reconstruire, 1 à supprimer"


def test_lost_data_is_red(joliba, change):
    change(SANTE, (BUCKET, "buckets: {dossiers: {size: 5}}"))

    lines = joliba("diff", "--since", "HEAD", TERM="xterm-256color", FORCE_COLOR="1").stdout.splitlines()

    assert next(line for line in lines if "archives" in line).startswith("\x1b[1;31m")
    assert not next(line for line in lines if "dossiers to create" in line).startswith("\x1b[1;31m")


def test_diff_of_another_tenant_or_of_nothing_says_so(joliba, change):
    assert joliba("diff", "--since", "HEAD").stdout.strip() == "nothing changed since HEAD"
    change(SANTE, ("hosts: 20", "hosts: 21"))

    assert joliba("diff", "ml-bko.justice", "--since", "HEAD").stdout.strip() == "nothing changed since HEAD"
    assert "ml-bko.sante" in joliba("diff", "ml-bko", "--since", "HEAD").stdout
    assert joliba("diff", "ml-bkk", "--since", "HEAD").returncode == 2
    assert joliba("diff", "ml-bko.santé", "--since", "HEAD").returncode == 2


def test_diff_tells_machines_the_same(joliba, change):
    change(SANTE, (BUCKET, "buckets: {}"))

    found = json.loads(joliba("diff", "--since", "HEAD", "--json", "--lang", "fr").stdout)

    (tenant,) = found["tenants"]
    assert (tenant["site"], tenant["tenant"], tenant["kind"], tenant["loses_data"]) == (
        "ml-bko", "sante", "changed", True,
    )  # fmt: skip
    assert tenant["changes"][0]["text"].startswith("Conteneur archives à supprimer")
    assert {"action", "subject", "before", "after", "count", "file", "line", "formerly"} <= tenant["changes"][0].keys()


@pytest.mark.parametrize("command", ["check", "diff"])
@pytest.mark.parametrize("ref", ["--output=/tmp/x", "-h", "HEAD;id", "$(id)", "\u202emain", "\x1b[2J", "nowhere"])
def test_hostile_refs_are_wrong_use_told_in_safe_text(joliba, command, ref):
    done = joliba(command, f"--since={ref}")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.replace("\n", "").isprintable()
    assert "Traceback" not in done.stderr
    assert "uid=" not in done.stderr


def test_what_a_request_says_cannot_steer_the_terminal(joliba, change):
    change(SANTE, ("reason: Ouverture", "reason: '[red]x[/red] {injected} %s :boom:' # "))

    done = joliba("diff", "--since", "HEAD", TERM="xterm-256color", FORCE_COLOR="1")

    assert "[red]x[/red] {injected} %s :boom:" in done.stdout


def test_a_commit_whose_site_is_broken_is_refused_with_the_reason(joliba, project):
    site = project / "inventories/ml-bko/site.yaml"
    kept = site.read_text()
    site.write_text("schema: [\n")
    commit(project)
    site.write_text(kept)

    done = joliba("diff", "--since", "HEAD", "--lang", "fr")

    assert done.returncode == 1
    assert "On ne peut pas dire ce qui change sur le site ml-bko" in done.stderr
    assert "inventories/ml-bko/site.yaml:" in done.stderr


def test_without_a_repository_check_still_checks(joliba, project, tmp_path):
    (project / ".git").rename(tmp_path / "kept")
    stop = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}

    assert joliba("check", **stop).returncode == 0
    assert joliba("check", "--since", "HEAD", **stop).returncode == 2


def test_a_branch_with_a_slash_is_a_ref(joliba, project):
    git(project, "branch", "demande/santé")

    assert joliba("check", "--since", "demande/santé").returncode == 0


def test_one_change_among_a_thousand_tenants_takes_little_more_than_reading_them(project):
    from infra.review.since import check_since, compare  # noqa: PLC0415

    folder = project / "inventories/ml-bko/tenants"
    text = (folder / "agriculture.yaml").read_text()
    (project / "inventories/ml-bko/addresses.yaml").unlink()
    for file in folder.glob("*.yaml"):
        file.unlink()
    for number in range(1000):
        (folder / f"t{number}.yaml").write_text(text.replace("agriculture", f"t{number}"))
    commit(project)
    (folder / "t5.yaml").write_text(text.replace("agriculture", "t5").replace("reason: ", "reason: Nouveau. "))

    def timed(work):
        started = time.process_time()
        return work(), time.process_time() - started

    _, reading = timed(lambda: read_site(project, "ml-bko"))
    found, checking = timed(lambda: check_since(project, "HEAD"))
    differences, comparing = timed(lambda: compare(project, "HEAD"))

    assert {each.place.file for each in found} <= {"inventories/ml-bko/tenants/t5.yaml"}
    assert [each.tenant for made in differences for each in made.differences] == ["t5"]
    print(reading, checking, comparing)
    assert checking < 15 * reading  # a third of that; growth as the square would be hundreds
    assert comparing < 6 * reading


def test_a_sheet_is_refused_where_the_site_was_broken_before_and_made_where_it_was_not(joliba, change, project):
    change("inventories/ml-bko/site.yaml", ("city: Bamako", "city: [Bamako]"))
    commit(project)
    change("inventories/ml-bko/site.yaml", ("city: [Bamako]", "city: Bamako"))

    broken, sound = (joliba("sheet", "ml-bko.sante", "--since", ref) for ref in ("HEAD", "HEAD~1"))

    assert (broken.returncode, broken.stdout) == (1, "")
    assert "Traceback" not in broken.stderr
    assert sound.returncode == 0, sound.stderr
    assert "Decision sheet" in sound.stdout
