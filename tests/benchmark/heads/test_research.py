"""The command that makes the shipped heads, on made-up people."""

from collections import Counter

import numpy as np
import pytest

from cardioprint.benchmark.heads import research, research_sets
from cardioprint.benchmark.heads.material import Material
from cardioprint.benchmark.heads.research_heads import HEADS, NEVER, OTHERS, TITLES
from cardioprint.datasets.tables import TABLES
from cardioprint.errors import CardioprintError
from cardioprint.fingerprints.heads.head import Head
from cardioprint.fingerprints.pipeline import fingerprint, session

SPECS = {h.spec.name: h for h in HEADS}


def material(people=40, *, table="ppg_bp", modality="ppg", told=True, seed=0) -> Material:
    """Return three windows a person; age and hypertension show if `told`, sex never does."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), 3)
    n = len(person)
    trait = rng.normal(size=people)
    x = rng.normal(size=(n, session().features)).astype(np.float32)
    if told:
        x[:, :3] += 4 * trait[person][:, None]
    names = np.array([f"{table}:{p}" for p in person])
    return Material(
        vectors=x,
        modality=modality,
        table=np.full(n, table),
        source=np.full(n, table),
        person=names,
        unit=names,
        quality=np.full(n, 0.9, np.float32),
        lead=np.full(n, ""),
        rate=np.full(n, 1000.0),
        seconds=np.full(n, 2.1),
        labels={
            "age": 50 + 10 * trait[person],
            "sex": rng.integers(0, 2, people)[person].astype(float),
            "bmi": rng.normal(25, 3, people)[person],
            "hypertension": (trait[person] > 0).astype(float),
            "counted": np.full(n, np.nan),
        },
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return what became of two heads, their folder and their pages."""
    out, docs = tmp_path_factory.mktemp("heads"), tmp_path_factory.mktemp("docs")
    (out / "sex_ppg").mkdir()
    (out / "sex_ppg" / "head.json").write_text("of older weights")
    (docs / "sex_ppg.md").write_text("of older weights")
    learnt, other = material(), material(table="vitaldb_short", seed=0)

    def sets(key):
        return learnt if key == "ppg_bp" else other

    names = ("hypertension_ppg", "sex_ppg")
    became = research.run("tiny", out, docs, names, say=lambda _: None, sets=sets)
    return became, out, docs


def test_what_knows_something_is_written_with_its_card(written):
    became, out, docs = written
    assert became["hypertension_ppg"] == ""
    card = Head(out / "hypertension_ppg").card
    assert card.model == session().model_id
    assert {"this head", "age + sex + bmi", "this head, other data"} <= {
        s.method for s in card.scores
    }
    assert "Elsewhere" in card.statement
    assert card.statement in (docs / "hypertension_ppg.md").read_text()
    assert card.population.people == 40 and card.population.age


def test_what_knows_nothing_is_removed(written):
    became, out, docs = written
    assert became["sex_ppg"] != ""
    assert not (out / "sex_ppg").exists() and not (docs / "sex_ppg.md").exists()


def test_what_knows_nothing_elsewhere_is_not_written(tmp_path):
    learnt, other = material(), material(table="vitaldb_short", told=False, seed=5)
    became = research.run(
        "tiny", tmp_path, None, ("hypertension_ppg",), say=lambda _: None,
        sets=lambda key: learnt if key == "ppg_bp" else other,
    )  # fmt: skip
    assert "any other place" in became["hypertension_ppg"]
    assert not (tmp_path / "hypertension_ppg").exists()


@pytest.mark.parametrize("table", sorted(NEVER))
def test_what_must_not_train_does_not(table):
    with pytest.raises(CardioprintError, match=table):
        research.rows_of(SPECS["age_ppg"], material(table=table))


def test_every_set_is_known_and_named():
    known = set(research_sets.SETS)
    for head in HEADS:
        assert head.learns in known
        assert set(head.tests) <= known
        assert not any(head.learns.startswith(n.split("_")[0]) for n in NEVER)
    assert {k for keys in OTHERS.values() for k in keys} <= known
    tested = {k for h in HEADS for k in h.tests} | {k for keys in OTHERS.values() for k in keys}
    assert tested <= set(TITLES)


def test_a_recording_under_two_names_teaches_nothing_twice(shared_data):
    units = [(e.person, e.record) for e in research_sets.labelled("ppg_bp", "ppg")]
    count = Counter(person for person, _ in units)
    assert len(count) == 155 and count["ppg_bp:23"] == count["ppg_bp:24"] == 2
    five = [e.person for e in research_sets.labelled("five_class", "ecg", lead="II")]
    assert "E07509" in five and "E07510" not in five


def test_real_excerpts_pass_the_users_pipeline(shared_data):
    some = list(research_sets.labelled("ppg_bp", "ppg", thin=40))
    m = research_sets.gather(iter(some), "ppg", "tiny")
    assert len(m) >= 8 and m.hand is not None
    assert m.vectors.shape[1] == session().features and np.isfinite(m.vectors).all()
    assert set(m.labels) >= {"age", "sex", "bmi", "hypertension"}
    assert m.seconds.max() < 2.2 and TABLES["ppg_bp"].licence
    prints = fingerprint(some[0].record, threads=1)
    np.testing.assert_allclose(prints.vectors[0], m.vectors[0])
