"""Heads on recordings and fingerprint files."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardioprint.benchmark.heads import export
from cardioprint.errors import ChannelError, ModelError, RecordError
from cardioprint.fingerprints import table
from cardioprint.fingerprints.heads import files
from cardioprint.fingerprints.heads.head import Head
from cardioprint.fingerprints.pipeline import fingerprint, opened, session
from cardioprint.signal.blocks import InMemory
from cardioprint.simulate import patient
from cardioprint.types import Modality, Record
from small_heads import made


@pytest.fixture(scope="module")
def record():
    return patient(minutes=1, seed=3, events=False)[0]


@pytest.fixture(scope="module")
def fitted_on(tiny_folder, tmp_path_factory):
    """Return a function: modality, more of the card -> a head of the small model."""
    engine = session(tiny_folder)

    def make(modality, **more):
        head = made("number", modality)
        card = head.card
        # A head of the small model's size that judges everything: its weights do not matter.
        wide = export.fit(
            _spec(), _rows(engine.features), card.population, engine, modality, replicates=2
        )
        limits = replace(wide.card.applicability, distance=1e9)
        wide = replace(wide, card=replace(wide.card, applicability=limits, **more))
        return Head(export.save(wide, tmp_path_factory.mktemp("heads") / "small"))

    return make


def _spec():
    from cardioprint.benchmark.heads.judging import Spec

    return Spec(
        name="small", task="t", kind="number", outputs=("age",), unit="years", not_for="anything"
    )


def _rows(features):
    from small_heads import rows

    found = rows("number")
    noise = np.random.default_rng(0).normal(size=(len(found.y), features))
    return replace(found, vectors=noise.astype(np.float32), baselines={})


def test_each_head_sees_its_own_signal_alone(fitted_on, record, tiny_folder):
    heads = [fitted_on(m) for m in ("ecg", "ppg", "ecg+ppg")]
    answers = files.ask(heads, record, model=tiny_folder, threads=1)
    assert [a.why for a in answers] == ["", "", ""]
    ecg, _ = record.of(Modality.ECG), record.of(Modality.PPG)
    alone = fingerprint(record.with_channels(*ecg), model=tiny_folder, threads=1)
    assert answers[0].value == heads[0].answer(alone).value
    assert answers[0].value != answers[2].value


def test_a_signal_that_was_not_recorded(fitted_on, record, tiny_folder):
    ppg = record.with_channels(*record.of(Modality.PPG))
    heads = [fitted_on("ecg"), fitted_on("ppg")]
    silent, given = files.ask(heads, ppg, model=tiny_folder, threads=1)
    assert "no ECG" in silent.why and given.why == ""
    other = Record(channels=(replace(ppg.channels[0], modality=Modality.OTHER),), name="x")
    with pytest.raises(ChannelError, match="neither"):
        files.ask(heads, other, model=tiny_folder, threads=1)


def test_a_head_of_another_model(fitted_on, record, tiny_folder):
    with pytest.raises(ModelError, match="belongs to other-1"):
        files.ask([fitted_on("ecg", model="other-1")], record, model=tiny_folder)


def test_a_record_shorter_than_the_training_windows(fitted_on, record, tiny_folder):
    ppg = record.of(Modality.PPG)[0]
    short = replace(ppg, samples=ppg.samples[: round(2.1 * ppg.sampling_rate)])
    (answer,) = files.ask(
        [fitted_on("ppg")], record.with_channels(short), model=tiny_folder, threads=1
    )
    assert "shorter than" in answer.why


def test_a_file_answers_as_the_recording_does(fitted_on, record, tiny_folder, tmp_path):
    ecg = record.with_channels(*record.of(Modality.ECG))
    prints = fingerprint(ecg, model=tiny_folder, threads=1)
    path = tmp_path / "f.parquet"
    table.write(prints, path, table.provenance(session(tiny_folder)))
    assert files.is_fingerprints(path)
    (read,) = files.read_fingerprints(path)
    np.testing.assert_array_equal(read.vectors, prints.vectors)
    np.testing.assert_array_equal(read.used, prints.used)
    np.testing.assert_allclose(read.vector, prints.vector, rtol=1e-5)
    head = fitted_on("ecg")
    assert head.answer(read) == replace(head.answer(prints), source=read.source)


def test_a_record_that_abstained_throughout_is_read(fitted_on, record, tiny_folder, tmp_path):
    ecg = record.of(Modality.ECG)[0]
    flat = record.with_channels(replace(ecg, samples=0 * ecg.samples))
    path = tmp_path / "f.parquet"
    prints = fingerprint(flat, model=tiny_folder, threads=1)
    table.write(prints, path, table.provenance(session(tiny_folder)))
    (read,) = files.read_fingerprints(path)
    assert read.abstained.all() and np.isnan(read.vector).all()
    assert "no window to judge" in fitted_on("ecg").answer(read).why


def written(prints, path, model):
    """Write fingerprints and read them back."""
    table.write(prints, path, table.provenance(session(model)))
    (read,) = files.read_fingerprints(path)
    return read


def cut(record, seconds):
    """Return the first seconds of a record."""
    return record.with_channels(
        *(
            replace(c, samples=c.samples[: round(seconds * c.sampling_rate)])
            for c in record.channels
        )
    )


@pytest.mark.parametrize("seconds", [0.5, 2.1, 12.1, 34.5])
def test_short_windows_of_a_file_abstain_as_those_of_the_recording(
    fitted_on, record, tiny_folder, tmp_path, seconds
):
    head = fitted_on("ppg")
    short = cut(record.with_channels(*record.of(Modality.PPG)), seconds)
    (asked,) = files.ask([head], short, model=tiny_folder, threads=1)
    prints = fingerprint(short, model=tiny_folder, threads=1)
    read = written(prints, tmp_path / "f.parquet", tiny_folder)
    assert head.answer(read) == asked
    told = {0.5: "too short: 0.5 s", 2.1: "shorter than 10.0 s", 12.1: "", 34.5: ""}[seconds]
    assert told in asked.why and bool(asked.why) == bool(told)
    if seconds > 12:
        assert asked.used == asked.windows - 1 and "shorter" in str(asked.abstained)


def test_facts_of_the_signal_survive_the_file(record, tiny_folder, tmp_path):
    ecg, ppg = record.of(Modality.ECG)[0], record.of(Modality.PPG)[0]
    late = replace(ppg, samples=ppg.samples[: round(25 * ppg.sampling_rate)], start=4.0)
    both = record.with_channels(replace(ecg, lead="V1"), replace(late, site="wrist"))
    prints = fingerprint(both, model=tiny_folder, threads=1, stride=5.0)
    assert prints.places == ("V1", "wrist")
    read = written(prints, tmp_path / "f.parquet", tiny_folder)
    assert (read.window, read.places, read.channels) == (10.0, ("V1", "wrist"), prints.channels)
    np.testing.assert_array_equal(read.seconds, prints.seconds)
    assert prints.seconds[0].tolist() == pytest.approx([10, 6])  # the PPG begins at 4 s
    assert prints.seconds[4].tolist() == pytest.approx([10, 9])  # and ends at 29 s
    assert prints.seconds[-1, 1] == 0
    whole = pq.read_table(tmp_path / "f.parquet").to_pylist()[0]
    assert whole["level"] == "record" and whole["seconds_ecg"] == pytest.approx(60, abs=0.1)
    assert whole["unused_s"] == prints.unused


def test_an_absent_channel_has_no_seconds(record, tiny_folder, tmp_path):
    ecg = record.with_channels(*record.of(Modality.ECG))
    prints = fingerprint(ecg, model=tiny_folder, threads=1)
    read = written(prints, tmp_path / "f.parquet", tiny_folder)
    assert np.isnan(read.seconds[:, 1]).all() and np.isfinite(read.seconds[:, 0]).all()
    assert read.channels == prints.channels and read.channels[1] == ""


def test_files_of_older_releases_say_what_was_not_checked(fitted_on, record, tiny_folder, tmp_path):
    head = fitted_on("ecg")
    short = cut(record.with_channels(*record.of(Modality.ECG)), 6)
    prints = fingerprint(short, model=tiny_folder, threads=1)
    assert "shorter than" in head.answer(prints).why
    written(prints, tmp_path / "new.parquet", tiny_folder)
    new = pq.read_table(tmp_path / "new.parquet")
    pq.write_table(new.drop_columns(list(table.FACTS)), tmp_path / "old.parquet")
    (old,) = files.read_fingerprints(tmp_path / "old.parquet")
    assert old.seconds is None and old.places is None
    answer = head.answer(old)
    assert answer.why == "" and "seconds of signal: not in the fingerprint file" in answer.unchecked


def test_an_older_file_is_added_to(record, tiny_folder, tmp_path):
    prints = fingerprint(cut(record, 20), model=tiny_folder, threads=1)
    for name in ("a", "b"):
        written(replace(prints, source=f"{name}.hea"), tmp_path / f"{name}.parquet", tiny_folder)
    old = pq.read_table(tmp_path / "a.parquet").drop_columns(list(table.FACTS))
    pq.write_table(old, tmp_path / "old.parquet")
    out = tmp_path / "out.parquet"
    assert table.merge(tmp_path / "old.parquet", [tmp_path / "b.parquet"], out) == 6
    a, b = files.read_fingerprints(out)
    assert a.seconds is None and b.seconds is not None and a.window == b.window == 10
    np.testing.assert_array_equal(a.vectors, b.vectors)
    strange = pq.read_table(out).append_column("later", pa.array([1] * 6))
    pq.write_table(strange, out)
    with pytest.raises(RecordError, match="newer release"):
        table.merge(out, [tmp_path / "b.parquet"], tmp_path / "x.parquet")


@pytest.mark.parametrize("seconds", [2.1, 7.0, 14.0, 60.0])
def test_shipped_heads_answer_alike_from_a_real_recording_and_its_file(
    shared_data, tmp_path, seconds
):
    from cardioprint.fingerprints.heads import shelf

    source = opened(shared_data / "formats" / "cinc2015_wfdb" / "100.hea")
    real = cut(source.read(), seconds)
    heads = [Head(f) for f in shelf.shipped().values()]
    told = dict(zip((h.card.name for h in heads), files.ask(heads, real, threads=1), strict=True))
    for modality in ("ecg", "ppg"):
        some = fingerprint(files.Only(InMemory(record=real), (modality,)), threads=1)
        read = written(some, tmp_path / "f.parquet", "tiny")
        for head in heads:
            if head.card.modality == modality:
                assert head.answer(read) == told[head.card.name]
    assert any("shorter" in a.why for a in told.values()) == (seconds < 10)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "f.parquet"
    path.write_bytes(b"PAR1 nothing")
    assert not files.is_fingerprints(path)
    assert not files.is_fingerprints(tmp_path / "absent.parquet")
    with pytest.raises(RecordError, match="not a fingerprint file"):
        list(files.read_fingerprints(path))
    about = {b"cardioprint": b'{"model": "m"}'}
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(about), path)
    with pytest.raises(RecordError, match="column"):
        list(files.read_fingerprints(path))
    wrong = {name: pa.array(["x"]) for name in files.COLUMNS}
    wrong["level"] = pa.array(["window"])
    pq.write_table(pa.table(wrong).replace_schema_metadata(about), path)
    with pytest.raises(RecordError, match="damaged"):
        list(files.read_fingerprints(path))
