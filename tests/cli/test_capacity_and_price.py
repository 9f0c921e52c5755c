"""``joliba capacity`` and ``joliba price`` as they are typed, without a cloud."""

import json
import os
import subprocess

import pytest

from infra import environment

JOLIBA = environment.virtual_environment() / "bin" / "joliba"


def joliba(*arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [JOLIBA, *arguments],
        env={**os.environ, "JOLIBA_LANG": "en", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, done.stderr
    return done


def test_every_site_tells_what_is_left_in_both_languages(root):
    english, french = joliba("capacity").stdout, joliba("capacity", "--lang", "fr").stdout

    assert "ml-bko: tenants granted: 8" in english
    assert any(line.startswith("Memory") and "12,288\u00a0GiB" in line for line in english.splitlines())
    assert "ne-nia : locataires servis : 2" in french
    assert any(line.startswith("Mémoire") and "12\u202f288\u00a0Gio" in line for line in french.splitlines())


def test_capacity_for_machines_adds_up(root):
    (site,) = json.loads(joliba("capacity", "ml-bko", "--json").stdout)

    assert (site["declared"], site["tenants"], site["not_counted"]) == (True, 8, [])
    for each in site["resources"]:
        assert each["granted"] + each["free"] == each["grantable"] <= each["total"]
        assert "cloud" not in each


def test_a_site_that_does_not_say_its_capacity_says_so(root):
    path = root / "inventories/ne-nia/site.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("\n# What the hardware gives")], encoding="utf-8")

    assert "no request is held against it" in joliba("capacity", "ne-nia").stdout
    assert json.loads(joliba("capacity", "ne-nia", "--json").stdout)[0]["declared"] is False
    assert "n'a pas de tarif" in joliba("price", "ne-nia.tresor", "--lang", "fr", expect=2).stderr


def test_tenants_that_are_not_counted_are_named(root):
    path = root / "inventories/ml-bko/tenants/justice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("schema: 1", "schema: 2"), encoding="utf-8")

    assert "not counted, since their files have errors: justice" in joliba("capacity", "ml-bko").stderr


def test_a_price_is_told_in_both_languages_and_for_machines(root):
    english, french = joliba("price", "ml-bko.sante").stdout, joliba("price", "ml-bko.sante", "--lang", "fr").stdout
    plain = json.loads(joliba("price", "ml-bko.sante", "--json").stdout)

    assert "XOF\u00a0177,450" in english
    assert "177\u202f450\u00a0F\u202fCFA" in french
    assert (plain["month"], plain["year"], plain["currency"]) == (177_450, 12 * 177_450, "XOF")
    assert plain["month"] == sum(line["month"] for line in plain["lines"])


@pytest.fixture
def changed(root):
    """A repository in which the health ministry asks for one more server of its application than in HEAD."""
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", "-C", root, *command], check=True)
    path = root / "inventories/ml-bko/tenants/sante.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("count: 2, flavor: SCS-2V-8", "count: 3, flavor: SCS-2V-8"), encoding="utf-8")
    return root


def test_the_room_without_a_tenant_and_before_a_change_is_told_in_percent(changed):
    def vcpus(*arguments: str):
        (site,) = json.loads(joliba("capacity", *arguments, "--json").stdout)
        (found,) = [each for each in site["resources"] if each["resource"] == "vcpus"]
        return [found[key] for key in ("granted_before", "percent_before", "granted", "percent")]

    assert vcpus("ml-bko", "--since", "HEAD") == [190, 3.6, 192, 3.7]
    assert vcpus("ml-bko.sante", "--since", "HEAD") == [190, 3.6, 192, 3.7]
    assert vcpus("ml-bko.sante") == [174, 3.3, 192, 3.7]
    assert vcpus("ml-bko.justice", "--since", "HEAD") == [192, 3.7, 192, 3.7]
    told = joliba("capacity", "ml-bko.sante", "--lang", "fr").stdout
    assert "accordé avant  part avant" in told
    assert "3,3\u00a0%" in told


def test_the_room_of_a_tenant_that_cannot_be_read_is_not_told(changed):
    path = changed / "inventories/ml-bko/tenants/justice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("schema: 1", "schema: 2"), encoding="utf-8")

    assert "SHAPE-VALUE" in joliba("capacity", "ml-bko.justice", expect=1).stderr
    assert "no tenant 'nul'" in joliba("capacity", "ml-bko.nul", expect=2).stderr
    assert "not counted" in joliba("capacity", "ml-bko.sante").stderr


def test_what_a_change_costs_is_told_a_month_and_a_year(changed):
    change = json.loads(joliba("price", "ml-bko.sante", "--since", "HEAD", "--json").stdout)["change"]

    assert change["month_before"] == 177_450
    assert change["month"] == sum(line["month"] for line in change["lines"]) > 0
    assert change["year"] == 12 * change["month"]
    told = joliba("price", "ml-bko.sante", "--since", "HEAD", "--lang", "fr").stdout
    assert "écart depuis HEAD" in told
    assert f"+{change['year']:,}".replace(",", "\u202f") in told
    assert json.loads(joliba("price", "ml-bko.justice", "--since", "HEAD", "--json").stdout)["change"]["month"] == 0
    assert "change" not in json.loads(joliba("price", "ml-bko.sante", "--json").stdout)


def test_a_tenant_that_is_new_since_then_costs_all_of_it_more(changed):
    path = changed / "inventories/ml-bko/tenants/sante.yaml"
    moved = path.with_name("peche.yaml")
    moved.write_text(path.read_text(encoding="utf-8").replace("sante", "peche"), encoding="utf-8")
    joliba("allocate", "ml-bko")

    found = json.loads(joliba("price", "ml-bko.peche", "--since", "HEAD", "--json").stdout)

    assert (found["change"]["month"], found["change"]["year"]) == (found["month"], found["year"])


def test_a_price_is_not_compared_with_that_of_a_request_that_had_errors(changed):
    path = changed / "inventories/ml-bko/tenants/sante.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("schema: 1", "schema: 2"), encoding="utf-8")
    subprocess.run(
        ["git", "-C", changed, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "b"], check=True
    )
    path.write_text(text, encoding="utf-8")

    assert "sante had errors in HEAD" in joliba("price", "ml-bko.sante", "--since", "HEAD", expect=1).stderr
    assert "month" in joliba("price", "ml-bko.sante", "--since", "HEAD~1").stdout


def test_a_request_with_errors_has_no_price(root):
    path = root / "inventories/ml-bko/tenants/justice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("schema: 1", "schema: 2"), encoding="utf-8")

    assert "SHAPE-VALUE" in joliba("price", "ml-bko.justice", expect=1).stderr


@pytest.mark.parametrize("name", ["ml-bko.santee", "ml-bk.sante", "sante"])
def test_the_price_of_nobody_is_wrong_use(root, name):
    joliba("price", name, expect=2)
