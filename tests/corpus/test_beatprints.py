import numpy as np
import pytest

from cardioprint.corpus import content
from cardioprint.corpus.beatprints import (
    COLUMNS,
    EARLY,
    KINDS,
    TICKS,
    TIME_BITS,
    Scan,
    run_of,
    scan,
    ticks_of,
    write_prints,
)
from cardioprint.corpus.spool import Spool
from cardioprint.errors import RecordError
from cardioprint.simulate import patient
from corpus_rows import TableRows, rows_of

RATE = 125.0


def scan_of(tmp_path, *runs):
    """Return a scan of runs that are given as beats in seconds."""
    spool = Spool(tmp_path)
    for number, seconds in enumerate(runs):
        ticks = np.rint(np.asarray(seconds) * RATE * TICKS).astype(np.int64) + EARLY
        spool.append("beats0", (number << TIME_BITS) | ticks)
    names = [f"a/{i}" for i in range(len(runs))]
    edges, nothing = np.arange(len(runs) + 1), np.zeros(len(runs), np.uint64)
    return Scan(spool=spool, rate=RATE, record=names, subject=names, edges=edges, content=nothing)


def prints_of(found, kinds=KINDS, parts=4, sample=1):
    """Return the set of prints of each run."""
    write_prints(found, 0, kinds, parts=parts, sample=sample)
    out = [set() for _ in range(len(found))]
    for part in range(parts):
        hashed = found.spool.read(f"hash{part}", np.uint64)
        beat = found.spool.read(f"beat{part}", np.int64)
        for h, run in zip(hashed.tolist(), run_of(beat).tolist(), strict=True):
            out[run].add(h)
    return out


def heart(seed, beats=200):
    return np.cumsum(np.random.default_rng(seed).normal(0.85, 0.05, beats))


def shared(one, other):
    return len(one & other) / min(len(one), len(other))


def test_a_shifted_copy_has_the_same_prints_and_another_heart_none(tmp_path):
    same, copy, other = prints_of(scan_of(tmp_path, heart(1), heart(1)[40:] - 30.004, heart(2)))
    assert shared(same, copy) > 0.9
    assert shared(same, other) < 0.03


def test_jitter_below_a_sample_leaves_prints_in_common(tmp_path):
    """As between a recording and its copy at another rate."""
    rng = np.random.default_rng(3)
    moved = heart(1) + rng.normal(0, 0.0008, 200)
    same, copy = prints_of(scan_of(tmp_path, heart(1), moved))
    assert shared(same, copy) > 0.3


@pytest.mark.parametrize("change", ("missed", "extra"))
def test_one_beat_too_few_or_too_many_spoils_the_prints_around_it_only(tmp_path, change):
    beats = heart(1, 60)
    copy = np.delete(beats, 30) if change == "missed" else np.insert(beats, 30, beats[29] + 0.4)
    sharp = KINDS[:1]
    same, other = prints_of(scan_of(tmp_path, beats, copy), sharp)
    assert shared(same, other) > 0.75


def test_no_print_reaches_over_a_pause_or_into_another_run(tmp_path):
    apart = np.concatenate((heart(1, 9), heart(1, 9)[-1] + 3 + heart(2, 9)))
    whole, halves = prints_of(scan_of(tmp_path, apart, heart(1, 6)), KINDS[:1])
    assert len(whole) == 2 * 2  # one print of nine beats on either side, on two grids
    assert not halves


def test_sampling_keeps_the_same_prints_in_copies(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    runs = heart(1, 2000), heart(1, 2000) + 7
    every = prints_of(scan_of(tmp_path / "a", *runs))
    some = prints_of(scan_of(tmp_path / "b", *runs), sample=4)
    assert len(some[0]) == pytest.approx(len(every[0]) / 4, rel=0.15)
    assert shared(*some) == pytest.approx(shared(*every), abs=0.1)


def test_a_scan_finds_the_beats_where_the_hearts_beat(tmp_path):
    record, truth = patient(minutes=1.5, seed=1, events=False)
    rows = TableRows(rows_of(record, "one/a"), rows_of(record, "one/b"))
    found = scan(rows.batches(COLUMNS), Spool(tmp_path), rate=RATE)
    assert found.record == ["one/a", "one/b"]
    assert found.edges.tolist() == [0, 9, 18]
    beats = found.beats(0)
    for run in range(2):
        seconds = ticks_of(beats[run_of(beats) == run]) / TICKS / RATE
        error = np.abs(seconds[:, None] - truth.r_peaks[None, :]).min(axis=1)
        assert np.median(error) < 0.003
    assert found.content[0] == found.content[1]


def test_a_record_that_comes_again_is_another_run(tmp_path):
    rows = rows_of(patient(minutes=1, seed=1, events=False)[0], "one/a")
    rows = TableRows(rows.slice(0, 3), rows.slice(2, 4))
    found = scan(rows.batches(COLUMNS), Spool(tmp_path), rate=RATE)
    assert found.record == ["one/a", "one/a"]
    assert (np.diff(found.beats(0)) > 0).all()


def test_a_start_that_is_no_number_is_refused(tmp_path):
    rows = rows_of(patient(minutes=0.5, seed=1, events=False)[0], "one/a")
    at = rows.schema.get_field_index("start")
    rows = rows.set_column(at, "start", [[0.0, float("nan"), 20.0]])
    with pytest.raises(RecordError, match="start"):
        scan(TableRows(rows).batches(COLUMNS), Spool(tmp_path), rate=RATE)


def test_content_follows_every_number_but_not_the_order():
    rows = rows_of(patient(minutes=1, seed=1, events=False)[0], "one/a")
    batch = rows.combine_chunks().to_batches()[0]
    hashes = content.row_hashes(batch)
    assert len(set(hashes.tolist())) == 6
    turned = rows.take([5, 4, 3, 2, 1, 0]).combine_chunks().to_batches()[0]
    assert content.row_hashes(turned).sum() == hashes.sum()
    for name in content.COLUMNS[1:]:
        values = rows.column(name).to_pylist()
        values[2] = values[2][:-1] if isinstance(values[2], list) else 0.123
        at = rows.schema.get_field_index(name)
        kind = rows.schema.field(name).type
        import pyarrow as pa

        other = rows.set_column(at, rows.schema.field(name), pa.array(values, kind))
        changed = content.row_hashes(other.combine_chunks().to_batches()[0]) != hashes
        assert changed.tolist() == [False, False, True, False, False, False], name
