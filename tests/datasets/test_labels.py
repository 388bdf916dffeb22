import pytest

from cardioprint.datasets.base import LABELS
from cardioprint.datasets.labels import RANGES, clean


def test_every_range_is_of_a_known_label():
    assert set(RANGES) <= set(LABELS)


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("88", {"age": 88.0}),
        (0, {"age": 0.0}),
        ("90+", {"age_over": 89.0}),
        (">89", {"age_over": 89.0}),
        (300, {}),
        ("18-35 (cohort range only)", {}),
        (None, {}),
        (float("nan"), {}),
        ("?", {}),
    ],
)
def test_ages(value, labels):
    assert clean({"age": value}) == labels


@pytest.mark.parametrize("value", ["M", "male", " Male "])
def test_sexes(value):
    assert clean({"sex": value}) == {"sex": "M"}
    assert clean({"sex": "?"}) == clean({"sex": "other"}) == {}


def test_impossible_numbers_are_left_out_and_words_kept():
    values = {"height": 6, "weight": "70", "sbp": "inf", "diagnosis": " NORM;SR ", "session": 2}
    assert clean(values) == {"weight": 70.0, "diagnosis": "NORM;SR", "session": 2.0}
