"""Windows are prepared once for all encoders of a task."""

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.signal.preparation import Preparation


def some(seed=0, rate=100.0):
    x = np.random.default_rng(seed).standard_normal((3, 1000)).astype(np.float32)
    return Signals.of(ppg=x.cumsum(axis=1), sampling_rate=rate)


def counted(monkeypatch):
    calls, plain = [], prepared.prepare
    monkeypatch.setattr(prepared, "prepare", lambda *a: calls.append(1) or plain(*a))
    monkeypatch.setattr(prepared, "_known", type(prepared._known)())
    return calls


def test_the_same_windows_are_prepared_once(monkeypatch):
    calls = counted(monkeypatch)
    first = prepared.windows_of(some(), ["ppg"], Preparation())
    again = prepared.windows_of(some(), ["ppg"], Preparation())
    assert len(calls) == 3
    assert np.array_equal(first.samples, again.samples)


def test_others_are_told_apart(monkeypatch):
    calls = counted(monkeypatch)
    for signals in (some(0), some(1), some(0, rate=125.0)):
        list(prepared.each(signals, ["ppg"], Preparation()))
    list(prepared.each(some(0), ["ppg"], Preparation(window=5.0, stride=5.0)))
    assert len(calls) == 12


def test_only_the_last_ones_are_kept_and_no_large_ones(monkeypatch):
    calls = counted(monkeypatch)
    monkeypatch.setattr(prepared, "REMEMBERED", 1)
    for seed in (0, 1, 0):
        list(prepared.each(some(seed), ["ppg"], Preparation()))
    assert len(calls) == 9
    assert len(prepared._known) == 1
    monkeypatch.setattr(prepared, "LARGEST", 10)
    list(prepared.each(some(0), ["ppg"], Preparation()))
    assert len(calls) == 12
