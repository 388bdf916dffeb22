from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark.realism import comparison, picture, report
from cardioprint.benchmark.realism.detectors import (
    CLASSES,
    af_of,
    detectors,
    five_virtual,
    rhythm_virtual,
)
from cardioprint.benchmark.realism.examination import Library, examine
from cardioprint.benchmark.realism.excerpts import REAL, Excerpts, real_excerpts
from cardioprint.benchmark.realism.twins import Virtual, people
from cardioprint.benchmark.statistics import Estimate
from cardioprint.errors import UnknownNameError
from cardioprint.simulate import Morphology, Rhythm


def labelled(**labels):
    n = len(next(iter(labels.values())))
    made = people(Virtual(seconds=2.1, rate=100.0, lead=""), 8)[np.zeros(n, int)]
    return replace(made, labels={k: np.array(v) for k, v in labels.items()})


def test_rhythms_get_their_classes_and_others_take_no_part():
    e = labelled(rhythm=[Rhythm.SINUS, Rhythm.ATRIAL_FIBRILLATION, Rhythm.ATRIAL_FLUTTER])
    np.testing.assert_array_equal(rhythm_virtual(e), [0, 5, np.nan])
    np.testing.assert_array_equal(af_of(rhythm_virtual)(e), [0, 1, np.nan])


def test_a_block_is_a_disease_of_conduction():
    e = labelled(
        morphology=[Morphology.NORMAL, Morphology.NORMAL, Morphology.LEFT_VENTRICULAR_HYPERTROPHY],
        own_rhythm=[Rhythm.SINUS, Rhythm.FIRST_DEGREE_BLOCK, Rhythm.SINUS],
    )
    said = [{c for c, y in zip(CLASSES, row, strict=True) if y} for row in five_virtual(e)]
    assert said == [{"NORM"}, {"CD"}, {"HYP"}]


def test_a_detector_taught_by_virtual_people_finds_rates_of_others():
    """A "real" set of other virtual people: learning must carry over, chance must not."""
    task = replace(detectors()["heart_rate"], people=120, other="", real="theirs")
    task = replace(task, methods=("hand features, linear",))
    theirs = people(replace(task.virtual, seed=9), 60)
    task = replace(task, truth=lambda e: e.labels["heart_rate"])
    scores = examine(task, Library({"theirs": theirs}.__getitem__))
    by = {(s.trained, s.method): s.found.value for s in scores}
    chance = by["nothing (chance)", ""]
    assert chance > 6
    assert by["virtual people, clean", "hand features, linear"] < 0.4 * chance
    assert set(by) >= {("other people of the same set", "hand features, linear")}
    assert len(by) == 3


def test_unknown_sets_are_refused():
    with pytest.raises(UnknownNameError, match="bidmc"):
        real_excerpts("mimic")


@pytest.mark.parametrize("name", ["bidmc", "ppg_bp", "five_class"])
def test_real_excerpts_are_believed_and_labelled(name, shared_data, monkeypatch):
    monkeypatch.setenv("CARDIOPRINT_DATA", str(shared_data))
    found = real_excerpts(name)
    wanted = REAL[name]
    first = next(iter(found.signals.series.values()))
    assert first.samples.shape[1] == round(wanted.seconds * first.sampling_rate)
    counts = np.unique(found.subject, return_counts=True)[1]
    assert counts.max() <= wanted.each and len(counts) > 40
    assert np.isfinite(found.labels["age"]).mean() > 0.9 and np.nanmax(found.labels["age"]) <= 120


@pytest.fixture(scope="module")
def tiny_comparison():
    """Return a comparison of forty "recordings", which are virtual people as well."""
    made = people(Virtual(seconds=8.0, rate=125.0, seed=5), 40)
    real = Excerpts(
        name="bidmc", signals=made.signals, subject=made.subject, labels=dict(made.labels)
    )
    return comparison.compared(real)


def test_the_report_says_everything_and_the_picture_is_one(tiny_comparison):
    found = comparison.Findings(
        comparisons={"bidmc": tiny_comparison},
        controls=(tiny_comparison.clean.giveaway,),
        references={},
        scores={
            "A task": [
                comparison.Score(trained=t, method=m, found=estimate_of(v))
                for t, m, v in (("nothing (chance)", "", 0.5), ("virtual people", "linear", 0.9))
            ]
        },
        seconds=60.0,
    )
    text = report.markdown(found)
    for part in (
        "## What gives the simulation away",
        "b/a",
        "KS",
        "A task",
        "0.900 [0.800, 1.000]",
    ):
        assert part in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
    assert picture.draw(found).startswith(b"\x89PNG")


def test_a_simulation_of_the_same_people_is_near(tiny_comparison):
    rate = tiny_comparison.clean.distances["heart rate (ECG)"]
    assert rate is not None and rate.ks < 0.35
    assert tiny_comparison.clean.giveaway.auroc.value < 0.75


def estimate_of(value):
    return Estimate(
        value=value, low=value - 0.1, high=value + 0.1, rows=9, people=3, replicates=np.zeros(1)
    )
