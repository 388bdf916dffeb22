"""Drawings: marks stand where the numbers say, on the page and in the picture."""

import io
import math
import re
from dataclasses import replace

import numpy as np
import pytest

import bench_results
from cardioprint.benchmark.report_page import examples, loading, png, svg
from cardioprint.benchmark.report_page.drawing import (
    Drawing,
    Line,
    Mark,
    Scale,
    Text,
    reach,
    tick_words,
    ticks,
)
from cardioprint.benchmark.report_page.figures import curves, forest, looks, reliability, traces
from cardioprint.benchmark.report_page.parts import curve_tables, transfer
from cardioprint.benchmark.report_page.standing import headline, ranked
from cardioprint.errors import RecordError

NAN = float("nan")
MODEL = bench_results.ENCODERS[0][0]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return loading.read(bench_results.make(tmp_path_factory.mktemp("run")))


def task(loaded, name):
    return next(t for t in loaded.tasks if t.name == name)


def marks(drawing: Drawing) -> list[Mark]:
    return [i for i in drawing.items if isinstance(i, Mark)]


@pytest.mark.parametrize("low, high", [(0.6, 0.93), (-0.3, 14.2), (0, 1e-4), (995.0, 1005.0)])
def test_ticks_are_few_round_and_inside(low, high):
    found = ticks(low, high, 5)
    assert 2 <= len(found) <= 5
    assert all(low - 1e-9 <= t <= high + 1e-9 for t in found)
    assert len(set(tick_words(found))) == len(found)


def test_no_ticks_without_an_axis():
    assert ticks(1.0, 1.0) == [] and ticks(0, NAN) == []


def test_reach_of_nothing_and_of_one_value():
    assert reach([]) == (0.0, 1.0) and reach([NAN]) == (0.0, 1.0)
    low, high = reach([5.0])
    assert low < 5.0 < high


def test_a_line_is_interrupted_where_there_is_no_number():
    drawn = Drawing(title="", about="", width=10, height=10)
    drawn.line([(0, 0), (1, 1), (2, NAN), (3, 3), (4, 4), (5, NAN), (6, 6)], "ink")
    assert [len(i.points) for i in drawn.items if isinstance(i, Line)] == [2, 2]


def test_forest_places_values_by_one_scale_best_on_top(loaded):
    one = task(loaded, "age_ecg")
    drawn = forest.of_task(one, MODEL, looks.looks(loaded))
    scores = [s for s in ranked(headline(one)) if math.isfinite(s.value)]
    assert scores[0].value == min(s.value for s in scores)
    found = marks(drawn)
    assert len(found) == len(scores)
    assert [m.y for m in found] == sorted(m.y for m in found)
    slope = np.polyfit([s.value for s in scores], [m.x for m in found], 1)
    np.testing.assert_allclose(
        np.polyval(slope, [s.value for s in scores]), [m.x for m in found], atol=0.05
    )
    assert f"{scores[0].value:.1f}" in [i.words for i in drawn.items if isinstance(i, Text)]


def test_nothing_is_drawn_outside_its_panel(loaded):
    of = looks.looks(loaded)
    for one in loaded.tasks:
        panels = [forest.of_task(one, MODEL, of)]
        panels += [curves.panel([c], MODEL, of, "t", "") for c in one.curves]
        panels += [reliability.panel([r], MODEL, of) for r in one.reliability]
        for panel in panels:
            for item in panel.items:
                points = item.points if hasattr(item, "points") else ((item.x, item.y),)
                for x, y in points:
                    assert -1 <= x <= panel.width + 1 and -1 <= y <= panel.height + 1


def test_curves_have_one_mark_a_number_and_clean_apart(loaded):
    of, found = looks.looks(loaded), task(loaded, "five_class").curves
    noise = [c for c in found if c.name == "ecg: muscle noise"]
    drawn = marks(curves.panel(noise, MODEL, of, "noise", ""))
    known = sum(math.isfinite(v) for c in noise for v in (*c.value, c.clean))
    assert len(drawn) == known
    labels = [c for c in found if c.name == curves.EFFICIENCY]
    told = [replace(c, clean=0.7) for c in labels]
    texts = [i.words for i in curves.panel(told, MODEL, of, "", "").items if isinstance(i, Text)]
    assert "clean" not in texts and "1 %" in texts


def test_refusals_stand_below_the_steps_and_rings_for_what_is_left(loaded):
    of, found = looks.looks(loaded), task(loaded, "five_class").curves
    noise = next(c for c in found if c.name == "ecg: muscle noise" and c.encoder == MODEL)
    plain = curves.panel([noise], MODEL, of, "noise", "")
    share = (0.0, 0.0, 0.002, 0.3, 0.8, 1.0)
    told = replace(noise, refused=share, kept=(0.8, 0.8, 0.8, 0.79, 0.81, NAN))
    drawn = curves.panel([told], MODEL, of, "noise", "")
    texts = [i.words for i in drawn.items if isinstance(i, Text)]
    assert texts[texts.index("refused") + 1 :][:6] == [
        "0 %",
        "0 %",
        "<1 %",
        "30 %",
        "80 %",
        "100 %",
    ]
    rings = [m for m in marks(drawn) if m.shape == "ring"]
    assert len(rings) == 3 and "of the 70 % that are not refused" in rings[1].tip
    assert drawn.height == plain.height + curves.REFUSED
    table = str(curve_tables.table([[told]], "t"))
    assert "(30 % refused, others 0.790)" in table and "(100 % refused)" in table


def test_the_whole_window_is_a_step_among_lengths_and_not_drawn_twice(loaded):
    of, found = looks.looks(loaded), task(loaded, "five_class").curves
    noise = next(c for c in found if c.name == "ecg: muscle noise" and c.encoder == MODEL)
    length = replace(noise, name="length", axis="length, s", clean=noise.value[3])
    texts = [
        i.words for i in curves.panel([length], MODEL, of, "", "").items if isinstance(i, Text)
    ]
    assert "clean" not in texts


def test_reliability_lies_in_the_unit_square(loaded):
    one = task(loaded, "five_class").reliability[0]
    drawn = reliability.panel([one], MODEL, looks.looks(loaded))
    x = Scale(low=0, high=1, first=reliability.LEFT, last=reliability.LEFT + reliability.SIDE)
    np.testing.assert_allclose([m.x for m in marks(drawn)], [x(p) for p in one.predicted])


def test_encoders_of_one_kind_differ_in_their_lines(loaded):
    of = looks.looks(loaded)
    baselines = [v for v in of.values() if v.kind == "baseline"]
    assert len({v.dash for v in baselines}) == len(baselines) > 2
    assert len({v.shape for v in of.values()}) == len({v.role for v in of.values()})
    assert looks.look("never seen", of).role == "baseline"


def test_svg_and_png_draw_every_kind_of_mark(tmp_path):
    drawn = Drawing(title="<&>", subtitle="$x$", about='"a"', width=120, height=60)
    for k, shape in enumerate(("circle", "ring", "square", "diamond", "up", "bar")):
        drawn.mark(10 + 18 * k, 20, shape, "model", 9, tip="<tip>")
    drawn.line([(0, 40), (120, 40)], "muted", 2, (4, 3), 0.5)
    drawn.box(10, 30, 20, 10, "good", 0.2)
    drawn.text(60, 55, "$10 < 20$", "ink", anchor="middle", bold=True)
    made = svg.render(drawn)
    assert made.count("<circle") == 2 and made.count("<polygon") == 5
    assert "&lt;tip&gt;" in made and 'aria-label="&quot;a&quot;"' in made
    assert png.write([drawn], tmp_path / "a.png", columns=3, head="h")
    from matplotlib.image import imread

    picture = imread(io.BytesIO((tmp_path / "a.png").read_bytes()))
    assert picture.shape[1] == round((120 + 2 * png.MARGIN) * png.SCALE)
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 10
    assert not png.write([], tmp_path / "b.png", columns=3)


def test_examples_are_drawn_moved_and_named(loaded):
    found = examples.read(loaded.folder, task(loaded, "ppg_to_ecg"))
    assert [e.name for e in found] == ["best", "median", "worst"]
    assert (found[0].source, found[0].target) == ("ppg", "ecg")
    assert found[0].seconds == pytest.approx(10.0)
    drawn = traces.panel(found[2])
    assert drawn.title == "Worst window"
    assert "moved by \N{MINUS SIGN}120 ms" in drawn.subtitle
    lines = {i.role: i.points for i in drawn.items if isinstance(i, Line) and len(i.points) > 99}
    # Moved 120 ms earlier: its last sample ends before that of the measurement.
    gap = lines["ecg"][-1][0] - lines["generated"][-1][0]
    assert gap == pytest.approx(0.12 / 10 * (traces.WIDTH - 2 * traces.EDGE), rel=0.02)


def test_long_signals_are_thinned_and_keep_their_peaks():
    values = np.zeros(20_000)
    values[[137, 9_001, 19_999]] = 5.0, -4.0, 3.0
    kept = traces.thinned(values)
    assert len(kept) <= traces.MOST_POINTS and kept == sorted(kept)
    assert {137, 9_001, 19_999} <= set(kept)


@pytest.mark.parametrize(
    "changes",
    [
        {"made": np.zeros((2, 10))},
        {"time": np.zeros(1250)},
        {"time": None},
        {"ecg": np.array([["x"] * 1250] * 3)},
        {"ecg": np.array([{}], dtype=object)},
    ],
)
def test_damaged_examples_are_refused(tmp_path, changes):
    folder = bench_results.make(tmp_path, tasks=("ppg_to_ecg",))
    path = folder / "examples" / "ppg_to_ecg.npz"
    with np.load(path) as found:
        arrays = {k: found[k] for k in found.files} | changes
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(RecordError, match="cannot be read"):
        examples.read(folder, loading.read(folder).tasks[0])


def test_examples_with_holes_are_drawn_with_holes(tmp_path):
    folder = bench_results.make(tmp_path, tasks=("ppg_to_ecg",))
    path = folder / "examples" / "ppg_to_ecg.npz"
    with np.load(path) as found:
        arrays = {k: found[k].copy() for k in found.files}
    arrays["ecg"][0, 100:200] = NAN
    arrays["made"][:] = NAN
    np.savez(path, **arrays)
    found = examples.read(folder, loading.read(folder).tasks[0])
    assert "nan" not in re.sub("[a-z]*-", "", svg.render(traces.panel(found[0]))).lower()


def test_ways_of_a_transfer_are_read_from_the_measure_or_the_inputs(loaded):
    score = task(loaded, "transfer_hr").scores[0]
    named = transfer.way(replace(score, measure="UCI PPG > BIDMC PPG: MAE, beats/min"))
    assert (named.learnt, named.used, named.measure) == ("UCI PPG", "BIDMC PPG", "MAE, beats/min")
    plain = transfer.way(replace(score, inputs="ecg>ppg"))
    assert (plain.learnt, plain.used, plain.measure) == ("ECG", "PPG", "MAE, beats/min")
    same = transfer.way(replace(score, inputs="ecg"))
    assert (same.learnt, same.used) == ("ECG", "ECG")


def test_one_step_shows_its_interval_and_clean_only_where_it_says_more(loaded):
    of, found = looks.looks(loaded), task(loaded, "five_class").curves
    step = next(c for c in found if c.name == "ecg: polarity" and c.encoder == MODEL)
    worse = replace(step, value=(step.clean - 0.1,))
    drawn = curves.panel([worse], MODEL, of, "polarity", "")
    upright = [i for i in drawn.items if isinstance(i, Line) and i.role == "model"]
    assert any(len({x for x, _ in i.points}) == 1 for i in upright)
    assert len(marks(drawn)) == 2
    same = replace(step, value=(step.clean,))
    assert len(marks(curves.panel([same], MODEL, of, "polarity", ""))) == 1
