"""Heads fitted on made-up fingerprints: quick, and known to hold something."""

from types import SimpleNamespace

import numpy as np

from cardioprint.benchmark.heads import export
from cardioprint.benchmark.heads.judging import Rows, Spec
from cardioprint.fingerprints.heads.card import Population, Source
from cardioprint.fingerprints.result import Fingerprints, weighted_mean

FEATURES, PEOPLE, EACH = 12, 40, 4

ENGINE = SimpleNamespace(
    model_id="made-12345678", about={"files": {"weights.safetensors": "0" * 64}}
)

OUTPUTS = {"number": ("age",), "labels": ("MI", "HYP"), "classes": ("AF", "sinus", "VT")}


def rows(kind: str, seed: int = 0) -> Rows:
    """Return fingerprints of people whose label shows in their first two features."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(PEOPLE), EACH)
    trait = rng.normal(size=(PEOPLE, 2))[person]
    x = rng.normal(size=(len(person), FEATURES))
    x[:, :2] += 2 * trait
    if kind == "number":
        y = 50 + 10 * trait[:, 0]
    elif kind == "labels":
        y = (trait > 0).astype(int)
    else:
        y = np.digitize(trait[:, 0], [-0.5, 0.5])
    people = np.array([f"p{p}" for p in person])
    return Rows(
        vectors=x.astype(np.float32),
        y=y,
        person=people,
        unit=people,
        baselines={"one feature": x[:, 2:3]},
    )


def population(leads=()) -> Population:
    source = Source(name="made up", licence="none", people=PEOPLE, windows=PEOPLE * EACH)
    return Population(
        people=PEOPLE, windows=PEOPLE * EACH, sources=(source,), leads=leads, seconds=(10.0, 10.0)
    )


def made(kind: str, modality: str = "ppg", *, replicates: int = 6, leads=(), name="small"):
    """Return a fitted head."""
    spec = Spec(
        name=name,
        task="a made-up label",
        kind=kind,
        outputs=OUTPUTS[kind],
        unit="years" if kind == "number" else "",
        lowest=0.0 if kind == "number" else None,
        not_for="anything",
    )
    head = export.fit(spec, rows(kind), population(leads), ENGINE, modality, replicates=replicates)
    return export.with_words(head, "It is made up.")


def prints(vectors, used=(False, True), quality=0.9, model=ENGINE.model_id) -> Fingerprints:
    """Return a record of these vectors."""
    vectors = np.asarray(vectors, np.float32)
    n = len(vectors)
    used = np.tile(np.array(used), (n, 1))
    grade = np.where(used, np.float32(quality), np.float32(np.nan)).astype(np.float32)
    blank = np.full((n, 2), np.nan, np.float32)
    return Fingerprints(
        vectors=vectors,
        vector=weighted_mean(vectors, used, grade),
        start=10.0 * np.arange(n),
        used=used,
        quality=grade,
        reasons=("",) * n,
        heart_rate=blank,
        arrival_time=blank[:, 0],
        window=10.0,
        record="r1",
        subject="p1",
        source="r1.hea",
        channels=("", "PPG"),
        selection="",
        model=model,
    )
