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

    assert "ml-bko: 8 tenants granted" in english
    assert any(line.startswith("Memory") and "12,288\u00a0GiB" in line for line in english.splitlines())
    assert "ne-nia : 2 locataires servis" in french
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


def test_a_request_with_errors_has_no_price(root):
    path = root / "inventories/ml-bko/tenants/justice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("schema: 1", "schema: 2"), encoding="utf-8")

    assert "SHAPE-VALUE" in joliba("price", "ml-bko.justice", expect=1).stderr


@pytest.mark.parametrize("name", ["ml-bko.santee", "ml-bk.sante", "sante"])
def test_the_price_of_nobody_is_wrong_use(root, name):
    joliba("price", name, expect=2)
