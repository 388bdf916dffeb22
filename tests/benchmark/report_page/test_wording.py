"""Numbers as a reader wants them."""

import math

import pytest

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.report_page.markup import identifier, tag, text

NAN = float("nan")


@pytest.mark.parametrize(
    ("measure", "values", "digits"),
    [
        ("macro AUROC", [0.8], 3),
        ("r, aligned", [0.5], 3),
        ("RMSE, aligned", [1.2], 3),
        ("MAE, years", [12.2, 10.4], 1),
        ("MAE, beats/min", [3.1, 0.7], 2),
        ("MAE, beats/min", [0.7, 0.5], 3),
        ("d', window slides by 0.5 s", [6.8, 5.2], 2),
        ("count", [1520.0], 0),
        ("MAE, years", [NAN], 2),
        ("MAE, years", [], 2),
    ],
)
def test_digits_follow_the_measure_and_the_size(measure, values, digits):
    assert wording.digits(measure, values) == digits


@pytest.mark.parametrize(
    ("value", "signed", "told"),
    [
        (0.8214, False, "0.821"),
        (-0.03, False, "\N{MINUS SIGN}0.030"),
        (0.03, True, "+0.030"),
        (-0.0001, True, "0.000"),
        (-0.0001, False, "0.000"),
        (NAN, False, "\N{EM DASH}"),
        (math.inf, False, "\N{EM DASH}"),
    ],
)
def test_numbers_have_a_true_minus_and_no_signed_zero(value, signed, told):
    assert wording.number(value, signed=signed) == told


def test_intervals_never_join_a_dash_and_a_minus():
    assert wording.full(0.5, 0.4, 0.6, 2) == "0.50 [0.40\N{EN DASH}0.60]"
    assert wording.interval(-0.1, 0.2, 1) == "[\N{MINUS SIGN}0.1, 0.2]"
    assert wording.interval(0.1, 0.2, 1, signed=True) == "[+0.1, +0.2]"
    assert wording.full(0.5, NAN, NAN, 2) == "0.50"
    assert wording.full(NAN, 0.1, 0.2, 2) == "\N{EM DASH}"


def test_p_values():
    assert wording.p_value(0.0002) == "< 0.001"
    assert wording.p_value(0.0123) == "0.012"
    assert wording.p_value(NAN) == "\N{EM DASH}"


def test_inputs_and_heads_in_words():
    assert wording.how("ecg+ppg", "knn") == "ECG + PPG, kNN head"
    assert wording.how("ecg>ppg", "") == "ECG \N{RIGHTWARDS ARROW} PPG"
    assert wording.how("", "") == ""
    assert wording.how("eeg", "mlp") == "eeg, mlp head"


def test_shares_are_percent_and_words_stay():
    assert wording.at(0.05, "share of people") == "5 %"
    assert wording.at(5.0, "% of the people") == "5"
    assert wording.at(-6.0, "dB") == "\N{MINUS SIGN}6"
    assert wording.at("int8", "arithmetic") == "int8"


def test_long_names_are_cut_to_their_place():
    name = "An encoder of a very long name indeed"
    cut = wording.shortened(name, 100, 11)
    assert cut.endswith("…") and wording.text_width(cut, 11) <= 100
    assert wording.shortened("short", 100, 11) == "short"
    assert wording.shortened("", 0, 11) == ""


def test_units_keep_to_their_numbers():
    assert wording.tied("quantile 1 %, 10 s") == "quantile 1\xa0%, 10\xa0s"
    assert wording.tied("2 signals") == "2 signals"


def test_everything_that_is_not_markup_is_escaped():
    assert text("<a & 'b'>") == "&lt;a &amp; &#x27;b&#x27;&gt;"
    assert tag("p", tag("b", "x<y"), class_="c") == '<p class="c"><b>x&lt;y</b></p>'
    assert tag("td", None, aria_label='"', hidden=True, title=None) == (
        '<td aria-label="&quot;" hidden></td>'
    )


def test_anchors_are_plain_and_unique():
    used: set[str] = set()
    made = [identifier(w, used) for w in ("A b", "a-B", "", "\N{SNOWMAN}")]
    assert made == ["a-b", "a-b-2", "part", "part-2"]
