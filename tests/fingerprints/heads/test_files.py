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
from cardioprint.fingerprints.pipeline import fingerprint, session
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
