import math
from dataclasses import replace

import numpy as np
import pytest

import tiny_database as tiny
from cardioprint.corpus import layout
from cardioprint.corpus.windows import Origin, Rows, block_rows, signals, typed_labels
from cardioprint.errors import ChannelError, RecordError
from cardioprint.signal.blocks import InMemory, prepared_blocks
from cardioprint.signal.preparation import Preparation, prepare_record
from cardioprint.simulate import patient
from cardioprint.types import Modality

P = Preparation()
ORIGIN = Origin(key="d/r", database="d", subject="d:p", split="train", labels={"age": 61})


def rows_of(*records, origin=ORIGIN):
    """Return the rows of a record in pieces, and what was found on the way."""
    import pyarrow as pa

    rows = Rows(iter([InMemory(record=r) for r in records]), origin, P)
    batches = list(rows)
    return pa.Table.from_batches(batches), rows


@pytest.fixture(scope="module")
def record():
    return tiny.simulated(95, 3)


def test_samples_are_the_prepared_signal_within_half_a_count(record):
    table, _ = rows_of(record)
    prepared = prepare_record(record, P)
    read = signals(table)
    assert read.shape == (10, 2, 1250)
    for i, start in enumerate(table["start"].to_pylist()):
        first = round((start - prepared.start) * 125)
        true = prepared.samples[:, first : first + 1250]
        n = true.shape[1]
        for c, name in enumerate(("ecg", "ppg")):
            half = table[f"{name}_scale"][i].as_py() / 2
            size = np.abs(true[c]).max()
            error = np.abs(read[i, c, :n] - true[c]).max()
            assert error <= half + 4 * np.finfo(np.float32).eps * size
    assert np.isnan(read[-1, :, 630:]).all()  # 5 of the last window's 10 s were recorded
    assert table["ecg_valid"].to_pylist() == pytest.approx([1] * 9 + [0.5], abs=0.01)


def test_beats_are_samples_after_the_window_s_start(record):
    table, _ = rows_of(record)
    read = signals(table)
    for i in range(9):
        ecg, peaks = read[i, 0], np.array(table["r_peaks"][i].as_py())
        assert ((peaks >= 0) & (peaks < 1250)).all() and len(peaks) > 5
        inner = peaks[(peaks > 20) & (peaks < 1230)]
        around = ecg[inner[:, None] + np.arange(-15, 16)]
        assert (np.abs(np.argmax(around, axis=1) - 15) <= 1).mean() > 0.9


def test_pulses_that_share_their_steepest_rise_count_once(record):
    (block,) = prepared_blocks(InMemory(record=record), "II", "PLETH", P)
    ecg, ppg = block.quality.beats
    twice = replace(block.quality, beats=(ecg, np.sort(np.append(ppg, ppg[3]))))
    batches = [
        block_rows(replace(block, quality=q), "d/r", ORIGIN, P) for q in (block.quality, twice)
    ]
    assert batches[0].equals(batches[1])


def test_lag_and_agreement(record):
    table, _ = rows_of(record)
    lag = table["lag"].to_pylist()
    assert len(set(lag)) == 1 and 0.15 < lag[0] < 0.4
    assert min(table["agreement"].to_pylist()) > 0.8


def test_two_hearts_agree_on_no_lag():
    one, _ = patient(minutes=2, seed=4, heart_rate=60, events=False)
    two, _ = patient(minutes=2, seed=5, heart_rate=83, events=False)
    table, _ = rows_of(one.with_channels(one.channels[0], two.channels[1]))
    assert table["lag"].null_count == table["agreement"].null_count == len(table)


def test_a_signal_that_was_off_for_half_the_time_still_has_its_lag(record):
    ecg, ppg = record.channels
    samples = ppg.samples.copy()
    rng = np.random.default_rng(0)
    half = len(samples) // 2
    samples[:half] = rng.normal(size=half) * samples.std()
    table, _ = rows_of(record.with_channels(ecg, replace(ppg, samples=samples)))
    whole, _ = rows_of(record)
    assert table["lag"][0].as_py() == pytest.approx(whole["lag"][0].as_py(), abs=0.01)


def test_an_absent_modality_is_null_so_that_no_filter_lets_it_pass(record):
    table, _ = rows_of(record.with_channels(record.channels[0]))
    assert table["ppg_quality"].null_count == table["lag"].null_count == len(table)
    assert table["ppg_valid"].to_pylist() == [0] * len(table)
    assert not table["ecg_quality"].null_count
    assert np.isnan(signals(table)[:, 1]).all()


def test_windows_without_enough_signal_are_left_out(record):
    def holed(channel):
        rate = channel.sampling_rate
        samples = channel.samples.copy()
        samples[round(20.5 * rate) : round(38.5 * rate)] = np.nan  # 0.5 s and 1.5 s remain
        return replace(channel, samples=samples)

    table, rows = rows_of(record.with_channels(*(holed(c) for c in record.channels)))
    assert 20.0 not in table["start"].to_pylist() and 30.0 not in table["start"].to_pylist()
    assert rows.windows == len(table) == 8
    assert rows.seconds == pytest.approx(75, abs=0.3)


def test_pieces_are_numbered_and_unusable_ones_passed_over(record):
    table, rows = rows_of(tiny.only(record, Modality.OTHER), record, record)
    assert set(table["record"].to_pylist()) == {"d/r#1", "d/r#2"}
    assert rows.pieces == 3
    table, _ = rows_of(record)
    assert set(table["record"].to_pylist()) == {"d/r"}


def test_a_record_without_anything_usable_says_so(record):
    with pytest.raises(ChannelError, match="neither ECG nor PPG"):
        rows_of(tiny.only(record, Modality.OTHER))
    with pytest.raises(RecordError, match="no window holds 2 s"):
        rows_of(tiny.part(record, 1.5))


def test_labels_of_the_adapter_and_of_the_record_s_notes(record):
    noted = replace(record, notes={"sbp": "121.5", "age": "7", "comments": "secret"})
    table, rows = rows_of(noted)
    assert table["labels"][0].as_py()["sbp"] == 121.5
    assert table["labels"][0].as_py()["age"] == 61
    assert rows.labels == {"sbp": 121.5, "age": 61}


def test_typed_labels():
    known = typed_labels({"age": "61", "sex": "F", "sbp": math.nan, "dbp": "n/a", "device": "x"})
    assert known["age"] == 61 and known["sex"] == "F"
    assert known["sbp"] is known["dbp"] is known["rhythm"] is None
    assert set(known) == set(layout.TYPED_LABELS)


def test_blocks_of_a_long_record_are_the_rows_of_the_whole(record):
    source = InMemory(record=record)
    whole, _ = rows_of(record)
    starts, r_peaks = [], []
    for block in prepared_blocks(source, "II", "PLETH", P, block=20):
        batch = block_rows(block, "d/r", ORIGIN, P)
        starts += batch.column("start").to_pylist()
        r_peaks += batch.column("r_peaks").to_pylist()
    assert starts == whole["start"].to_pylist()
    assert r_peaks == whole["r_peaks"].to_pylist()
