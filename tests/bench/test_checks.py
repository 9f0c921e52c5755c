"""The bench of checks, in small: what it makes is accepted, and it says how the sizes compare."""

import gc

import pytest

from infra.bench import checks
from infra.errors import JolibaError
from infra.intake.inventory import read_site


def test_every_request_that_the_bench_makes_is_counted_and_accepted():
    (found,) = checks.measure(1, sizes=(20,))

    assert found.files == 20
    assert min(found.ours, found.plain, found.ratio, found.command, found.one) > 0


def test_a_request_that_is_refused_is_no_measurement(monkeypatch):
    monkeypatch.setattr(checks, "_ENOUGH", {**checks._ENOUGH, "ram: 12288": "ram: 100"})

    with pytest.raises(JolibaError, match="has no block in the register yet"):  # there is no room for it
        list(checks.measure(1, sizes=(20,)))


def test_a_file_costs_the_same_among_few_and_among_many(capsys):
    one, ten = (
        checks.Checked(files=files, ours=ours, plain=1, ratio=ours, command=1, one=1)
        for files, ours in ((1_000, 1.0), (10_000, 11.0))
    )

    checks.show_checks([one, ten])

    assert "a file of 10000 takes 1.10x the time of one of 1000" in capsys.readouterr().out


def test_reading_leaves_pythons_collector_as_it_was():
    with checks._project(2) as root:
        assert gc.isenabled()
        read_site(root, checks.SITE)
        assert gc.isenabled()
