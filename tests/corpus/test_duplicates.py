"""The same seconds of a simulated heart, changed in every way that a copy may be."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from cardioprint.corpus import duplicates
from cardioprint.corpus.build import build
from cardioprint.corpus.duplicates import Search, find
from cardioprint.corpus.place import Place
from cardioprint.corpus.sides import strictest
from cardioprint.corpus.store import open_corpus
from cardioprint.errors import RecordError
from cardioprint.signal.resampling import resample
from cardioprint.simulate import patient, record
from cardioprint.types import Modality, Record
from corpus_rows import TableRows, rows_of
from tiny_database import source

PEOPLE = 5


def cut(record, start, stop):
    parts = [
        replace(
            c, samples=c.samples[round(start * c.sampling_rate) : round(stop * c.sampling_rate)]
        )
        for c in record.channels
    ]
    return record.with_channels(*parts)


def each(record, change):
    return record.with_channels(*(change(c) for c in record.channels))


def at_rate(rate):
    def change(c):
        x = resample(c.samples.astype(float), c.sampling_rate, rate)[1]
        return replace(c, samples=x.astype(np.float32), sampling_rate=rate)

    return change


def with_noise(decibels):
    rng = np.random.default_rng(0)

    def change(c):
        noise = rng.normal(0, c.samples.std() * 10 ** (-decibels / 20), len(c.samples))
        return replace(c, samples=(c.samples + noise).astype(np.float32))

    return change


def scaled(gain):
    return lambda c: replace(c, samples=gain * c.samples)


def late_ppg(c):
    return c if c.modality == Modality.ECG else replace(c, start=c.start + 0.31)


def only(record, modality):
    return record.with_channels(*record.of(modality))


def search(originals, copies, **more):
    one = [rows_of(r, f"one/{i}") for i, r in enumerate(originals)]
    two = [rows_of(r, f"two/{i}") for i, r in enumerate(copies)]
    return find(TableRows(*one, *two), rate=125.0, window=10.0, **more)


def pairs_of(found):
    return {(p["a"], p["b"]): p for p in found.pairs.to_pylist()}


def expected(n=PEOPLE):
    return {(f"one/{i}", f"two/{i}") for i in range(n)}


@pytest.fixture(scope="module")
def people():
    return [
        patient(minutes=3, seed=s, heart_rate=52 + 9 * s, events=False)[0] for s in range(PEOPLE)
    ]


BOTH, ECG, PPG = None, Modality.ECG, Modality.PPG
LONG, SHORT = (33.337, 150.0), (90.3, 120.3)


@pytest.mark.parametrize(
    ("part", "changes", "modality", "sign"),
    [
        (LONG, (), BOTH, 1),
        (SHORT, (), BOTH, 1),
        (SHORT, (), ECG, 1),
        (SHORT, (), PPG, 1),
        (LONG, (at_rate(60.0),), BOTH, 1),
        (LONG, (at_rate(60.0),), PPG, 1),
        (LONG, (at_rate(250.0), scaled(30.0)), ECG, 1),
        (LONG, (at_rate(500.0),), BOTH, 1),
        (LONG, (scaled(-1.0),), BOTH, -1),
        (LONG, (scaled(-1.0),), ECG, -1),
        (LONG, (with_noise(10),), BOTH, 1),
        (LONG, (with_noise(10),), ECG, 1),
        (LONG, (with_noise(10),), PPG, 1),
        (SHORT, (at_rate(250.0), scaled(-0.2), with_noise(10)), BOTH, -1),
        (LONG, (late_ppg,), BOTH, 1),
    ],
)
def test_a_copy_is_found_and_nothing_else(people, part, changes, modality, sign):
    copies = [cut(r, *part) for r in people]
    for change in changes:
        copies = [each(c, change) for c in copies]
    if modality:
        copies = [only(c, modality) for c in copies]
    found = pairs_of(search(people, copies))
    assert set(found) == expected()
    for pair in found.values():
        assert pair["offset"] == pytest.approx(-part[0], abs=0.02)
        assert pair["overlap"] == pytest.approx(part[1] - part[0], abs=10)
        assert sign * pair["correlation"] > 0.93
        assert (pair["ppg_correlation"] is None) == (modality == ECG)


def with_rhythm(name, count):
    """Return recordings of people with this rhythm."""
    found = []
    for person in range(300):
        made, _ = record(person, seconds=12, balanced=True)
        if made.notes["rhythm"] == name:
            found.append(record(person, seconds=150, balanced=True)[0])
            if len(found) == count:
                return found
    raise AssertionError(f"nobody has {name}")


def paced(seed, seconds=150.0, rate=250.0):
    """Return a person whose pacemaker gives 70 beats a minute, and not one more or less.

    Waves differ from person to person, and breathing changes their height.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    phase = (time + rng.uniform(0, 0.8)) % (60 / 70)
    breath = 1 + 0.05 * np.sin(2 * np.pi * (rng.uniform(0.2, 0.3) * time + rng.uniform()))

    def wave(place, width):
        return np.exp(-0.5 * ((phase - place * rng.uniform(0.9, 1.1)) / width) ** 2)

    ecg = wave(0.35, 0.03 * rng.uniform(0.8, 1.2)) - 0.3 * wave(0.62, 0.05)
    ppg = wave(0.4, 0.09 * rng.uniform(0.8, 1.2)) + 0.4 * wave(0.62, 0.09)
    ecg, ppg = (x * breath + rng.normal(0, 0.01, len(x)) for x in (ecg, ppg))
    return Record.from_arrays(ecg=ecg, ppg=ppg, sampling_rate=rate, lead="II", name=f"{seed}")


def test_fibrillation():
    people = with_rhythm("atrial_fibrillation", 4)
    copies = [each(cut(r, *SHORT), with_noise(10)) for r in people]
    assert set(pairs_of(search(people, copies))) == expected(4)


def test_paced_hearts_of_one_rate_are_not_taken_for_each_other():
    people = [paced(seed) for seed in range(8)]
    assert not pairs_of(search(people[:4], people[4:]))
    copies = [cut(r, *SHORT) for r in people[:4]]
    assert set(pairs_of(search(people[:4], copies))) <= expected(4)


def test_another_lead_of_the_same_seconds():
    people = [record(n, seconds=120)[0] for n in range(4)]
    copies = [record(n, seconds=120, leads=("V5",), ecg_rate=500.0)[0] for n in range(4)]
    found = pairs_of(search(people, copies))
    assert set(found) == expected(4)


def test_hearts_of_one_rate_are_not_taken_for_each_other():
    people = [patient(minutes=3, seed=s, heart_rate=70, events=False)[0] for s in range(8)]
    assert not pairs_of(search(people[:4], people[4:]))


def test_new_records_are_compared_with_old_ones_but_not_old_ones_again(people):
    old = [rows_of(r, f"one/{i}") for i, r in enumerate(people[:2])]
    old.append(rows_of(cut(people[0], *LONG), "two/0"))
    first = find(TableRows(*old), rate=125.0, window=10.0)
    assert set(pairs_of(first)) == {("one/0", "two/0")}
    new = rows_of(cut(people[1], *LONG), "two/1")
    second = find(TableRows(*old, new), rate=125.0, window=10.0, known=first.contents)
    assert set(pairs_of(second)) == {("one/1", "two/1")}
    third = find(TableRows(*old, new), rate=125.0, window=10.0, known=second.contents)
    assert third.candidates == 0 and third.contents == second.contents


def test_files_on_disk_change_nothing(people):
    copies = [cut(r, *LONG) for r in people]
    whole = search(people, copies)
    split = search(people, copies, search=Search(in_memory=100))
    assert split.pairs.equals(whole.pairs)
    fewer = search(people, copies, search=Search(sample=3))
    assert set(pairs_of(fewer)) == expected()
    assert fewer.prints < whole.prints / 2
    with pytest.raises(ValueError, match="sample"):
        Search(sample=0)


def test_a_record_in_several_copies(people):
    copies = [cut(people[0], 10.0 * k, 10.0 * k + 60) for k in range(4)]
    found = pairs_of(search(people[:1], copies))
    assert len(found) == 4 + 6  # each with the original, and with each other
    middle = found["two/0", "two/3"]
    assert middle["offset"] == pytest.approx(-30)
    assert middle["overlap"] == pytest.approx(30)


def test_no_beats_no_trouble(make_channel):
    flat = make_channel(np.zeros(8000), 125.0)
    noise = make_channel(np.random.default_rng(0).normal(size=8000), 125.0, "ppg")
    record = patient(minutes=1, seed=1, events=False)[0].with_channels(flat, noise)
    assert search([record], [record]).windows == 14
    assert (
        find(TableRows(rows_of(record, "one/a").slice(0, 0)), rate=125.0, window=10.0).windows == 0
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Return a corpus of six records; the third is the first again, another person's by name."""
    folder = tmp_path_factory.mktemp("duplicates")
    texts = {f"r{i}": f"60 {i}" for i in range(6)} | {"r2": "60 0"}
    report = build([source(folder / "in", texts)], folder / "corpus", workers=0)
    assert set(pairs_of(report.duplicates)) == {("tiny/r0", "tiny/r2")}
    return folder / "corpus"


def test_an_update_keeps_what_was_found(corpus, tmp_path):
    pairs = duplicates.read_pairs(Place.at(corpus))
    assert pairs.schema.equals(duplicates.schema())
    assert pairs.column("subject_a").to_pylist() == ["tiny:p0"]
    again = duplicates.update(corpus)
    assert again.pairs.equals(pairs)
    texts = {f"s{i}": f"60 {s}" for i, s in enumerate((3, 9))}
    build([source(tmp_path / "in", texts)], corpus, workers=0)
    assert set(pairs_of(duplicates.update(corpus))) == {
        ("tiny/r0", "tiny/r2"),
        ("tiny/r3", "tiny/s0"),
    }


def test_a_damaged_table_is_named(corpus, tmp_path):
    place = Place.at(tmp_path)
    assert duplicates.read_pairs(place).num_rows == 0 and not duplicates.read_contents(place)
    (tmp_path / duplicates.DUPLICATES).write_bytes(b"PAR1 not at all")
    with pytest.raises(RecordError, match=duplicates.DUPLICATES):
        duplicates.read_pairs(place)
    (tmp_path / duplicates.CONTENTS).write_bytes(b"")
    with pytest.raises(RecordError, match=duplicates.CONTENTS):
        duplicates.read_contents(place)


def test_sides_join_the_people_of_a_pair(corpus):
    with open_corpus(corpus) as opened:
        rows = opened.records().to_pylist()
        own = {row["subject"]: row["split"] for row in rows}
        moved = duplicates.sides(opened)
    joined = strictest({own["tiny:p0"], own["tiny:p1"]})
    final = {**own, **moved}
    assert final["tiny:p0"] == final["tiny:p1"] == joined
    assert {s for s in moved if own[s] == moved[s]} == set()
    assert duplicates.sides(corpus) == moved


def test_the_table_has_no_folders_of_this_machine(corpus):
    table = duplicates.read_pairs(Place.at(corpus))
    assert isinstance(table, pa.Table)
    assert str(corpus) not in str(table.to_pylist())
