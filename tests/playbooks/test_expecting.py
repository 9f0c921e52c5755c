"""Whether an observed value is what a rule expects."""

import pytest
from ansible.module_utils.joliba.expecting import complies

YES = [
    ("1", 1),
    (1, 1),
    ("no", "no"),
    (None, None),
    (["b", "a"], ["a", "b"]),
    ("0600", {"mode_at_most": "0640"}),
    ("5", {"at_least": 5}),
    (3, {"at_most": 3}),
    ("x", {"one_of": ["x", "y"]}),
    (None, {"one_of": [None, "x"]}),
    (["a", "b"], {"contains": "a"}),
    (["a"], {"lacks": ["b"]}),
    (["a"], {"subset_of": ["a", "b"]}),
    ([], {"empty": True}),
    ("abc", {"matches": "a.*"}),
    ({"mode": "0640", "owner": "root"}, {"mode": {"mode_at_most": "0640"}, "owner": "root"}),
]
NO = [
    ("2", 1),
    (None, 1),
    ("yes", "no"),
    ("absent", None),
    (["a"], ["a", "b"]),
    ("0644", {"mode_at_most": "0640"}),
    ("rwx", {"mode_at_most": "0640"}),
    ("4", {"at_least": 5}),
    (None, {"at_least": 0}),
    ("many", {"at_most": 3}),
    ("z", {"one_of": ["x", "y"]}),
    (["b"], {"contains": "a"}),
    (None, {"contains": "a"}),
    (["b"], {"lacks": "b"}),
    (None, {"lacks": "b"}),
    (["c"], {"subset_of": ["a"]}),
    (None, {"subset_of": ["a"]}),
    (["x"], {"empty": True}),
    ("xabc", {"matches": "a.*"}),
    ({"mode": "0644", "owner": "root"}, {"mode": {"mode_at_most": "0640"}, "owner": "root"}),
    ({"owner": "root"}, {"mode": "0640", "owner": "root"}),
    (True, 1),
    (None, {"mode": "0640"}),
]


@pytest.mark.parametrize(("value", "expected"), YES)
def test_it_is(value, expected):
    assert complies(value, expected)


@pytest.mark.parametrize(("value", "expected"), NO)
def test_it_is_not(value, expected):
    assert not complies(value, expected)
