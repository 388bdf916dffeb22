"""Cards: what is written is read, and nothing else is."""

import json

import pytest

from cardioprint.errors import ModelError
from cardioprint.fingerprints.heads.card import from_json
from cardioprint.fingerprints.heads.markdown import card_page
from small_heads import made


@pytest.fixture(scope="module", params=["number", "labels", "classes"])
def card(request):
    return made(request.param).card


def test_what_is_written_is_read(card):
    assert from_json(card.to_json()) == card


def test_the_page_says_what_matters(card):
    page = card_page(card)
    for text in (
        "made up",
        "It is made up.",
        "anything",
        "keeps silent",
        card.model,
        "no diagnosis",
    ):
        assert text in page
    assert all(output in page for output in card.outputs)


def test_scores_are_beside_baselines_with_people(card):
    methods = {s.method for s in card.scores}
    assert {"this head", "one feature"} <= methods
    assert all(s.low <= s.value <= s.high and s.people == 40 for s in card.scores)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "layout"),
        ({"name": "../x"}, "name"),
        ({"modality": "eeg"}, "modality"),
        ({"kind": "oracle"}, "oracle"),
        ({"outputs": []}, "outputs"),
        ({"features": 10**9}, "features"),
        ({"features": "12"}, "not a number"),
        ({"task": 3}, "text"),
        ({"task": "x" * 5000}, "4000"),
        ({"extra": 1}, "unknown field"),
        ({"scores": []}, "no score"),
        ({"prevalence": [True]}, "not a number"),
        ({"population": []}, "not an object"),
    ],
)
def test_damaged_cards_are_refused(card, change, said):
    content = {**json.loads(card.to_json()), **change}
    with pytest.raises(ModelError, match=said):
        from_json(json.dumps(content))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"format": 1, "x": NaN}', '{"format": 1e999}']
)
def test_what_is_no_card_is_refused(text):
    with pytest.raises(ModelError):
        from_json(text)


def test_a_missing_field_is_named(card):
    content = json.loads(card.to_json())
    del content["applicability"]["distance"]
    with pytest.raises(ModelError, match=r"applicability.distance is missing"):
        from_json(json.dumps(content))


def test_control_characters_do_not_reach_a_terminal(card):
    content = {**json.loads(card.to_json()), "task": "red \x1b[31m line"}
    assert "\x1b" not in from_json(json.dumps(content)).task
