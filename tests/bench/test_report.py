"""Medians and ratios."""

from infra.bench.cases import Case, Measurement
from infra.bench.report import compared
from infra.bench.running import Cost
from infra.bench.ways import Step


def rounds(way, *seconds):
    return [
        Measurement(case=Case.ORDINARY, way=way, step=step, round=number, cost=Cost(seconds=each, processor=each / 2))
        for number, each in enumerate(seconds, start=1)
        for step in Step
    ]


def test_a_ratio_is_the_median_of_the_rounds_ratios_to_the_first_way():
    found = compared([*rounds("theirs", 10, 20, 40), *rounds("ours", 11, 20, 80)])[Step.CREATE]

    assert found["theirs"] == {"seconds": 20, "processor": 10, "ratio": 1}
    assert found["ours"] == {"seconds": 20, "processor": 10, "ratio": 1.1}


def test_a_slow_round_moves_no_ratio():
    found = compared([*rounds("theirs", 10, 10, 100), *rounds("ours", 12, 12, 120)])[Step.DESTROY]

    assert found["ours"]["ratio"] == 1.2
