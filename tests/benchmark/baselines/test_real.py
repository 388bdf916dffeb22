"""Baselines on real people, where the data are present: no weaker than they were measured."""

import numpy as np
import pytest

from cardioprint.benchmark import probes, statistics
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.datasets.tables import rows


def table(folder, name, column, thin=1):
    if not (folder / "labelled" / f"{name}.parquet").is_file():
        pytest.skip(f"{name}.parquet is not on this machine")
    found = [row for i, row in enumerate(rows(name, [column])) if i % thin == 0]
    return np.stack([r.pop(column) for r in found]), found


def area(score, truth):
    return statistics.auroc(score, truth)(np.ones(len(truth)))


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_five_classes_from_one_lead(shared_data):
    pytest.importorskip("sklearn")
    x, found = table(shared_data, "five_class", "II")
    keep = np.array(["PTB-XL" in r["source"] for r in found])
    vectors = HandMade().embed(Signals.of(ecg=x[keep], sampling_rate=100, lead="II"))
    subject = np.array([str(r["subject"]) for r in found])[keep]
    areas = []
    for kind in ("NORM", "MI", "STTC", "CD", "HYP"):
        label = np.array([int(r[kind]) for r in found])[keep]
        areas.append(area(probes.logistic(vectors, label, subject)[:, 1], label == 1))
    assert np.mean(areas) > 0.79


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_rhythm_from_pulses(shared_data):
    pytest.importorskip("sklearn")
    x, found = table(shared_data, "rhythm_ppg", "ppg", thin=8)
    vectors = HandMade().embed(Signals.of(ppg=x, sampling_rate=100))
    kinds, label = np.unique([r["rhythm"] for r in found], return_inverse=True)
    score = probes.logistic(vectors, label, np.array([str(r["subject"]) for r in found]))
    assert np.mean([area(score[:, k], label == k) for k in range(len(kinds))]) > 0.92
