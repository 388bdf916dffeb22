"""Baselines on real people, where the data are present: no weaker than they were measured."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import auroc, macro
from cardioprint.datasets.tables import rows


def table(folder, name, column, thin=1):
    if not (folder / "labelled" / f"{name}.parquet").is_file():
        pytest.skip(f"{name}.parquet is not on this machine")
    found = [row for i, row in enumerate(rows(name, [column])) if i % thin == 0]
    return np.stack([r.pop(column) for r in found]), found


def test_five_classes_from_one_lead(shared_data):
    x, found = table(shared_data, "five_class", "II")
    keep = np.array(["PTB-XL" in r["source"] for r in found])
    vectors = HandMade().embed(Signals.of(ecg=x[keep], sampling_rate=100, lead="II"))
    subject = np.array([str(r["subject"]) for r in found])[keep]
    kinds = ("NORM", "MI", "STTC", "CD", "HYP")
    y = np.array([[int(r[kind]) for kind in kinds] for r in found])[keep]
    score = Linear().fit_predict(vectors, y, subject, "labels")
    assert macro(auroc)(score, y)(np.ones(len(y))) > 0.79


def test_rhythm_from_pulses(shared_data):
    x, found = table(shared_data, "rhythm_ppg", "ppg", thin=8)
    vectors = HandMade().embed(Signals.of(ppg=x, sampling_rate=100))
    label = np.unique([r["rhythm"] for r in found], return_inverse=True)[1]
    subject = np.array([str(r["subject"]) for r in found])
    score = Linear().fit_predict(vectors, label, subject, "classes")
    assert macro(auroc)(score, label)(np.ones(len(label))) > 0.92
