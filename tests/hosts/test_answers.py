"""What a host says of itself is taken only in the shape of our module's answers."""

import pytest

from infra.hosts.answers import AnswerError, audited, fit

ASKED = [{"rule": name, "recommendation": "R9", "probe": {}, "expected": "2"} for name in ("a", "b")]
A = {"rule": "a", "recommendation": "R9", "verdict": "pass", "expected": "2", "effective": "2"}
B = {**A, "rule": "b", "verdict": "fail", "effective": None, "persistent": "", "why": "not after a reboot"}


def test_what_our_module_answers_is_taken_and_nothing_else_of_it():
    answer = {"os": "debian-12", "verdicts": [A, B], "changed": False, "ansible_facts": {}}

    assert audited(answer, ASKED) == ("debian-12", [A, B])


@pytest.mark.parametrize(
    "changed",
    [
        {"verdict": "ok"}, {"verdict": "deviation"}, {"verdict": []}, {"x": "1"}, {"deviation": "mine"},
        {"effective": {"a": 1}}, {"effective": 2}, {"why": None}, {"rule": None}, {"expected": ["2"]},
    ],
)  # fmt: skip
def test_a_verdict_of_another_shape_is_refused(changed):
    with pytest.raises(AnswerError, match="malformed"):
        audited({"os": "debian-12", "verdicts": [{**A, **changed}, B]}, ASKED)


@pytest.mark.parametrize(
    "answer",
    [
        {"verdicts": [A, B]}, {"os": {}, "verdicts": [A, B]}, {"os": "debian-12"}, {"os": "debian-12", "verdicts": "a"},
        {"os": "debian-12", "verdicts": ["a", "b"]}, {"os": "debian-12", "verdicts": [{"rule": "a"}, B]},
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(answer):
    with pytest.raises(AnswerError, match="malformed"):
        audited(answer, ASKED)


@pytest.mark.parametrize("verdicts", [[], [A], [A, B, B], [B, A], [A, {**B, "recommendation": "R10"}]])
def test_an_answer_to_other_questions_is_refused(verdicts):
    with pytest.raises(AnswerError, match="not about the rules that were asked"):
        audited({"os": "debian-12", "verdicts": verdicts}, ASKED)


def test_words_are_kept_as_far_as_a_record_has_room_and_can_be_written():
    _, (a, _) = audited({"os": "debian-12", "verdicts": [{**A, "effective": "é" * 9000, "why": "\udce9"}, B]}, ASKED)

    assert (a["effective"], a["why"]) == ("é" * 2000, "\\udce9")
    assert fit({"a": "no disk"}, 6) == "{'a': "
