import json

import pytest

import tiny_database as tiny
from cardioprint.corpus import card
from cardioprint.corpus.build import build
from cardioprint.corpus.store import open_corpus
from cardioprint.corpus.summary import summarise
from cardioprint.types import Modality

RECORDINGS = {f"r{i:02}": f"{25 + 5 * i} {i}" for i in range(8)} | {"x": "bad", "y": "bad"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    source = tiny.source(folder / "src", RECORDINGS, doi="10.1/x", licence="CC0 | free")
    build([source], folder / "out", workers=0)
    with open_corpus(folder / "out") as corpus:
        yield corpus


def test_counts_agree_with_the_rows(corpus):
    summary = summarise(corpus)
    rows = tiny.rows_of(corpus.place)
    every = summary.total()
    assert every.windows == len(rows) == sum(g.windows for g in summary.groups.values())
    assert every.records == 8 and every.quarantined == 2
    assert dict(summary.reasons) == {"it is damaged [field: samples]": 2}
    assert sorted(summary.per_person, reverse=True) == list(summary.per_person)
    assert sum(summary.per_person) == len(rows)
    assert every.hours == pytest.approx(sum(25 + 5 * i for i in range(8)) / 3600, rel=0.02)
    for split in summary.splits:
        mine = [r for r in rows if r["split"] == split]
        group = summary.total(split=split)
        assert group.windows == len(mine)
        assert group.people == len({r["subject"] for r in mine})
        good = [r for r in mine if min(r["ecg_quality"], r["ppg_quality"]) >= 0.5]
        assert group.passed == sum(r["lag"] is not None for r in good)
    assert summary.heart_rate.sum() == summary.quality[0].sum() == len(rows)
    assert summary.lag["tiny"].sum() == sum(r["lag"] is not None for r in rows)


def test_a_modality_that_is_absent_is_in_no_histogram(tmp_path, monkeypatch):
    record = tiny.simulated(40, 1)
    monkeypatch.setattr(
        tiny, "simulated", lambda *_: record.with_channels(*record.of(Modality.PPG))
    )
    build([tiny.source(tmp_path / "src", {"a": "40 1"})], tmp_path / "out", workers=0)
    with open_corpus(tmp_path / "out") as corpus:
        summary = summarise(corpus)
    assert summary.quality.sum(axis=1).tolist() == [0, 4]
    assert summary.heart_rate.sum() == 4  # from the pulses
    assert summary.total().passed == 0 and summary.total().believed == [0, 4]


def test_the_card_says_where_everything_comes_from(corpus):
    text = card.markdown(corpus, summarise(corpus))
    for word in ("tiny", "CC0 \\| free", "https://doi.org/10.1/x", "it is damaged", "125.0"):
        assert word in text
    assert str(corpus.place.uri) not in text


def test_card_with_and_without_picture(corpus):
    summary = summarise(corpus)
    card.write(corpus, summary)
    assert "card.png" not in corpus.place.read("card.md").decode()
    card.write(corpus, summary, b"png")
    assert "card.png" in corpus.place.read("card.md").decode()
    assert corpus.place.read("card.png") == b"png"


def test_as_json(corpus):
    about = json.loads(json.dumps(card.as_json(corpus, summarise(corpus))))
    sides = about["databases"]["tiny"]["splits"]
    assert about["windows"] == sum(s["windows"] for s in sides.values())
    assert about["bytes"] > 5000 * about["windows"] * 0.9
    assert about["databases"]["tiny"]["licence"] == "CC0 | free"


def test_virtual_people_are_told_by_their_database_not_by_its_name(tmp_path):
    made = tiny.source(tmp_path / "src", {"a": "40 1"}, virtual=True)
    build([made], tmp_path / "out", workers=0)
    with open_corpus(tmp_path / "out") as corpus:
        assert corpus.manifest["databases"]["tiny"]["virtual"] is True
        text = card.markdown(corpus, summarise(corpus))
    assert "Nobody was measured" in text and "measurements of people" not in text


@pytest.mark.parametrize(
    ("facts", "told", "not_told"),
    [
        ({"a": {"virtual": False}}, "measurements of people", "of nobody"),
        ({"a": {"virtual": True}, "b": {"virtual": True}}, "Nobody was measured", "licence"),
        ({"a": {"virtual": False}, "b": {"virtual": True}}, "The part `b` is of nobody.", "Nobody"),
        ({"simulated": {}}, "Nobody was measured", "licence"),  # a manifest of an older release
        ({"my_own": {}}, "measurements of people", "of nobody"),
    ],
)
def test_whose_measurements_they_are(facts, told, not_told):
    said = card._whose(list(facts), facts)
    assert told in said and not_told not in said
