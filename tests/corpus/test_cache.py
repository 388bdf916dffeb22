"""What training reads is what was prepared, whole or cut anywhere; damage is noticed."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from cardioprint.corpus import cache_writer, export
from cardioprint.corpus.cache import COLUMNS, export_cache, open_cache
from cardioprint.corpus.cache_writer import write_cache
from cardioprint.errors import RecordError, UnknownNameError
from cardioprint.signal.preparation import Preparation, prepare_record
from cardioprint.simulate import patient
from corpus_rows import rows_of

P = Preparation()
N = P.window_samples


@pytest.fixture(scope="module")
def with_gap():
    """Return three simulated minutes in which both modalities are lost for a while."""
    return patient(minutes=3, seed=2)[0]


def batches_of(*records):
    """Return the rows of (record, key) pairs in batches."""
    return [batch for record, key in records for batch in rows_of(record, key).to_batches()]


def written(batches, folder, **more):
    batches = list(batches)
    windows = sum(b.num_rows for b in batches)
    arguments = {"windows": windows, "preparation": P, "about": {"split": "train"}, **more}
    write_cache(batches, folder, **arguments)
    return open_cache(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory, with_gap):
    """Return a cache of that record and of half a minute of another one."""
    other, _ = patient(minutes=0.5, seed=5, events=False)
    batches = batches_of((with_gap, "a/gap"), (other, "b/short"))
    return written(batches, tmp_path_factory.mktemp("cache") / "c")


def prepared(record):
    """Return the prepared signal with NaN where it was not measured, and half a count of it."""
    whole = prepare_record(record, P)
    return np.where(whole.valid, whole.samples, np.nan)


def test_windows_are_the_prepared_signal(cache, with_gap):
    truth = prepared(with_gap)
    mine = np.flatnonzero(cache.record == cache.records.index("a/gap"))
    got = cache.windows(mine[::-1])[::-1]
    assert got.dtype == np.float32 and got.shape == (len(mine), 2, N)
    for window, start in zip(got, cache.start[mine], strict=True):
        first = round(start * P.sampling_rate)
        want = np.full((2, N), np.nan)
        part = truth[:, first : first + N]
        want[:, : part.shape[1]] = part
        np.testing.assert_array_equal(np.isnan(window), np.isnan(want))
        half = np.nan_to_num(np.nanmax(want, axis=1) - np.nanmin(want, axis=1)) / 65000
        for channel in range(2):
            np.testing.assert_allclose(
                window[channel], want[channel], rtol=0, atol=0.51 * half[channel] + 1e-6
            )
    assert np.isnan(got).any()


@pytest.mark.parametrize("modality", (0, 1))
@pytest.mark.parametrize("length", (1, 300, N, 3 * N))
def test_a_cut_runs_across_windows(cache, with_gap, modality, length):
    """Half a count is 2e-5 of a window's range, on either side of a join."""
    truth = prepared(with_gap)[modality]
    run = 0
    while cache.continues[run + 1]:
        run += 1
    starts = np.arange(0, (run + 1) * N - length, 271)
    got = cache.crops(modality, starts, length)
    want = np.lib.stride_tricks.sliding_window_view(truth[: (run + 1) * N], length)[starts]
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    largest = np.nanmax(cache.scale[: run + 1, modality])
    np.testing.assert_allclose(got, want, rtol=0, atol=0.51 * largest + 1e-6)


def test_nothing_is_joined_over_a_gap(cache):
    first = int(np.flatnonzero(cache.record == cache.records.index("b/short"))[0])
    assert not cache.continues[first]
    with pytest.raises(ValueError, match="gap"):
        cache.crops(0, [first * N - 10], 20)
    before = cache.crops(0, [first * N - 10], 20, used=[10])
    np.testing.assert_array_equal(before[:, :10], cache.crops(0, [first * N - 10], 10))
    end = len(cache.samples)
    last = cache.crops(1, [end - 10], 20, used=[10])
    np.testing.assert_array_equal(last[:, :10], cache.crops(1, [end - 10], 10))
    for starts in ([-1], [end - 19]):
        with pytest.raises(IndexError):
            cache.crops(0, starts, 20)
    with pytest.raises(IndexError):
        cache.windows([len(cache)])
    assert cache.crops(0, [], 20).shape == (0, 20) and cache.windows([]).shape == (0, 2, N)


def test_beats_lie_on_the_signal(cache):
    for channel, beats in enumerate(cache.beats):
        assert (np.diff(beats) > 0).all()
        assert beats[0] >= 0 and beats[-1] < len(cache.samples)
        good = beats[(beats > 40) & (beats < 30 * 125)]
        around = cache.crops(channel, good - 20, 41)
        if channel:
            around = np.diff(around, axis=1)
        assert np.median(np.abs(np.argmax(around, axis=1) - 20)) <= 1


def test_names_and_runs(cache):
    assert cache.databases == ("a", "b") and cache.subjects == ("a:gap", "b:short")
    assert cache.hours == pytest.approx(len(cache) * 10 / 3600)
    np.testing.assert_array_equal(
        np.flatnonzero(~cache.continues), np.unique(cache.record, True)[1]
    )
    assert np.isnan(cache.lag[cache.valid[:, 0] == 0]).all() or (cache.valid[:, 0] > 0).all()


def test_an_absent_modality_is_missing(tmp_path, with_gap):
    ecg = with_gap.with_channels(with_gap.channels[0])
    cache = written(batches_of((ecg, "a/gap")), tmp_path / "c")
    assert not cache.valid[:, 1].any() and np.isnan(cache.quality[:, 1]).all()
    got = cache.windows(np.arange(len(cache)))
    assert np.isnan(got[:, 1]).all() and np.isfinite(got[:, 0]).any()
    assert np.isnan(cache.crops(1, [100], 2000)).all()
    assert len(cache.beats[1]) == 0 and np.isnan(cache.lag).all()


def test_rows_out_of_order_are_refused(tmp_path, with_gap):
    a, b = batches_of((with_gap, "a/gap")), batches_of((with_gap, "a/second"))
    (rows,) = a
    for wrong in (
        [rows.slice(3, 2), rows.slice(0, 3)],  # time runs back
        [rows.slice(0, 3), *b, rows.slice(3)],  # a record comes again
        [rows.slice(0, 3), rows.slice(2)],  # a window twice
    ):
        with pytest.raises(RecordError, match="order"):
            written(wrong, tmp_path / "c")
    for windows in (rows.num_rows - 1, rows.num_rows + 1):
        with pytest.raises(RecordError, match="windows"):
            written(a, tmp_path / "c", windows=windows)
    with pytest.raises(RecordError, match="preparation"):
        written(a, tmp_path / "c", preparation=replace(P, ppg_high=10.0))
    assert not list(tmp_path.iterdir())  # nothing is left of any of them


KILLED = """
import os, sys
from pathlib import Path
import pyarrow as pa
from cardioprint.corpus.cache_writer import write_cache
from cardioprint.signal.preparation import Preparation

table = pa.ipc.open_file(sys.argv[1]).read_all().combine_chunks()

def batches():
    yield table.slice(0, 2).to_batches()[0]
    os._exit(9)

out, preparation = Path(sys.argv[2]), Preparation()
write_cache(batches(), out, windows=table.num_rows, preparation=preparation, about={})
"""


def test_a_killed_export_leaves_no_cache(tmp_path, with_gap):
    import pyarrow as pa

    batches = batches_of((with_gap, "a/gap"))
    with pa.ipc.new_file(str(tmp_path / "rows.arrow"), batches[0].schema) as file:
        for batch in batches:
            file.write_batch(batch)
    out = tmp_path / "here" / "cache"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "rows.arrow"), str(out)], check=False
    )
    assert done.returncode == 9
    (left,) = out.parent.iterdir()
    for folder in (out, left):
        with pytest.raises(RecordError):
            open_cache(folder)
    assert len(written(batches, out)) == sum(b.num_rows for b in batches)
    assert list(out.parent.iterdir()) == [out]  # what was left is cleared away


def test_a_full_disk_is_known_beforehand(tmp_path, with_gap, monkeypatch):
    monkeypatch.setattr(
        cache_writer.shutil, "disk_usage", lambda _: type("", (), {"free": 10_000})()
    )
    with pytest.raises(RecordError, match="GB"):
        written(batches_of((with_gap, "a/gap")), tmp_path / "c")


@pytest.mark.parametrize(
    "damage",
    ("samples.npy", "lag.npy", "beats_ppg.npy", "cache.json", "pickle", "shape", "format", "keys"),
)
def test_damage_is_an_error_with_a_way_out(cache, tmp_path, damage):
    folder = tmp_path / "c"
    shutil.copytree(cache.folder, folder)
    about = json.loads((folder / "cache.json").read_text())
    if damage == "pickle":
        np.save(folder / "lag.npy", np.array([{}] * len(cache), object), allow_pickle=True)
    elif damage == "shape":
        np.save(folder / "lag.npy", np.zeros(3, np.float32))
    elif damage == "format":
        (folder / "cache.json").write_text(json.dumps({**about, "format": 99}))
    elif damage == "keys":
        (folder / "cache.json").write_text(json.dumps({"format": 1}))
    else:
        content = (folder / damage).read_bytes()
        (folder / damage).write_bytes(content[: len(content) // 2])
    with pytest.raises(RecordError, match="Fix"):
        open_cache(folder)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, with_gap):
    """Return a corpus of three people on two sides, its rows shuffled within each commit."""
    lance = pytest.importorskip("lance")
    import pyarrow as pa

    from cardioprint.corpus.commits import create
    from cardioprint.corpus.place import Place

    folder = tmp_path_factory.mktemp("corpus") / "c"
    create(Place.at(folder), P)
    rng = np.random.default_rng(0)
    for name, database, split in (("z", "a", "train"), ("y", "b", "train"), ("x", "a", "valid")):
        key = f"{database}/{name}"
        table = rows_of(with_gap, key, subject=f"{database}:{name}", split=split)
        for column, first in (
            ("ecg_quality", [0.2, np.nan, None]),
            ("ppg_quality", [0.4, 0.3, None]),
        ):
            values = pa.array(first + table[column].to_pylist()[3:], pa.float32())
            table = table.set_column(table.schema.get_field_index(column), column, values)
        table = table.take(pa.array(rng.permutation(table.num_rows)))
        lance.write_dataset(table, folder / "windows.lance", mode="append")
    return folder


def test_a_side_of_a_corpus(corpus, tmp_path, with_gap):
    seen = []
    cache = export_cache(corpus, tmp_path / "c", progress=lambda *n: seen.append(n))
    want = written(
        batches_of((with_gap, "a/z"), (with_gap, "b/y")),
        tmp_path / "want",
    )
    assert cache.subjects == ("a:z", "b:y") and cache.records == ("a/z", "b/y")
    np.testing.assert_array_equal(cache.samples, want.samples)
    assert cache.about["origin"]["windows"] == 54
    for name in set(COLUMNS) - {"quality"}:
        np.testing.assert_array_equal(getattr(cache, name), getattr(want, name))
    for mine, theirs in zip(cache.beats, want.beats, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert seen[-1] == (len(cache), len(cache))
    assert cache.about["split"] == "train" and cache.about["origin"]["preparation"]
    assert str(tmp_path) not in (tmp_path / "c" / "cache.json").read_text()
    assert export_cache(corpus, tmp_path / "c").subjects == cache.subjects  # nothing to do
    valid = export_cache(corpus, tmp_path / "v", split="valid")
    assert valid.subjects == ("a:x",)


def test_conditions(corpus, tmp_path):
    every = export_cache(corpus, tmp_path / "every")
    good = export_cache(corpus, tmp_path / "good", min_quality=0.5)
    best = np.fmax(every.quality[:, 0], every.quality[:, 1])
    assert len(good) == (best >= 0.5).sum() == len(every) - 6  # NaN is not good
    some = export_cache(corpus, tmp_path / "some", where="database = 'b' AND start >= 60")
    assert some.databases == ("b",) and some.start.min() >= 60
    with pytest.raises(RecordError, match="not understood"):
        export_cache(corpus, tmp_path / "no", where="quality >> 3")
    with pytest.raises(RecordError, match="no window"):
        export_cache(corpus, tmp_path / "no", where="start > 1e9")
    with pytest.raises(RecordError, match="no window"):
        export_cache(corpus, tmp_path / "no", split="reserved")
    with pytest.raises(UnknownNameError):
        export_cache(corpus, tmp_path / "no", split="training")
    with pytest.raises(RecordError, match="no corpus"):
        export_cache(tmp_path / "nothing", tmp_path / "no")
    with pytest.raises(RecordError, match="other windows"):
        export_cache(corpus, tmp_path / "good")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(RecordError, match="something else"):
        export_cache(corpus, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    assert not (tmp_path / "no").exists()


def test_duplicates_take_a_person_to_another_side(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_sides", lambda _: {"a:z": "valid"})
    assert export_cache(corpus, tmp_path / "t").subjects == ("b:y",)
    assert export_cache(corpus, tmp_path / "v", split="valid").subjects == ("a:x", "a:z")
    monkeypatch.undo()
    assert export_cache(corpus, tmp_path / "own").subjects == ("a:z", "b:y")


def test_opening_needs_neither_pyarrow_nor_lance(cache):
    script = """
import sys
from pathlib import Path
from cardioprint.corpus.cache import open_cache
cache = open_cache(Path(sys.argv[1]))
assert cache.windows([0, 1]).shape == (2, 2, 1250)
assert not {"pyarrow", "lance", "torch", "pandas"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, str(cache.folder)], check=True)
