"""Simulated people as a paired test set, and encoders whose score is known beforehand."""

from functools import lru_cache

import numpy as np

from cardioprint.benchmark.paired.stretches import Stretches
from cardioprint.benchmark.sets import excerpt_of, paired_set
from cardioprint.benchmark.tasks import ecgid_records
from cardioprint.benchmark.tasks.base import Bench
from cardioprint.benchmark.tasks.bidmc_records import PairedRecords
from cardioprint.signal.preparation import MODALITIES, Preparation
from cardioprint.simulate import patient

PEOPLE = 8


def _record(seed):
    return patient(
        minutes=1.5, seed=seed, heart_rate=58 + 4.3 * seed, events=False, subject=f"p{seed}"
    )[0]


@lru_cache(maxsize=1)
def people() -> PairedRecords:
    """Return eight simulated people of a minute and a half each."""
    records = tuple(_record(seed) for seed in range(PEOPLE))
    paired = paired_set(records, Preparation())
    return PairedRecords(
        name="simulated",
        paired=paired,
        records=records,
        use=np.flatnonzero(paired.believed),
        stride=2,
    )


@lru_cache(maxsize=1)
def dated() -> ecgid_records.DatedRecords:
    """Return three 20-s records of each: two on one day, and one on another of half of them."""
    parts, days = [], []
    for number, record in enumerate(people().records):
        for k in range(3):
            parts.append(excerpt_of(record, 25.0 * k, 20.0))
            days.append("2004-12-28" if k == 2 and number % 2 else "2004-12-07")
    return ecgid_records.dated(parts, days, "simulated days")


def fresh(data: PairedRecords) -> PairedRecords:
    """Return the same set with an empty memory."""
    return PairedRecords(
        name=data.name,
        paired=data.paired,
        records=data.records,
        use=data.use,
        stride=data.stride,
    )


def bench(encoders, folder, quick=False) -> Bench:
    """Return a bench without a memory."""
    return Bench(
        encoders=encoders,
        folder=folder,
        quick=quick,
        embed=lambda encoder, key, signals: encoder.embed(signals),
    )


def figures(result, encoder):
    """Return (inputs, measure) -> value of one encoder."""
    return {(s.inputs, s.measure): s.value for s in result.scores if s.encoder == encoder}


class Oracle:
    """Knows whose window it sees, when it was, and the other modality.

    It finds a window's record by comparing it with what every record holds at that time.
    """

    name, kind, seconds, sampling_rate = "oracle", "model", 10.0, 125.0
    modalities = ("ecg", "ppg")
    shared = tuple(range(16))

    def __init__(self, *known: Stretches):
        self.known = [
            (record.subject, whole)
            for stretches in known
            for record, whole in zip(stretches.records, stretches.prepared, strict=True)
        ]
        self.subjects = sorted({s for s, _ in self.known})

    def embed(self, signals):
        raise AssertionError("an encoder of prepared windows is given prepared windows")

    def whose(self, windows, modality):
        row = MODALITIES.index(modality)
        out = []
        for start, x, valid in zip(
            windows.start, windows.samples[:, row], windows.valid[:, row], strict=True
        ):
            alike = [self._alike(whole, row, start, x[valid]) for _, whole in self.known]
            out.append(self.subjects.index(self.known[int(np.argmax(alike))][0]))
        return np.array(out)

    @staticmethod
    def _alike(whole, row, start, x):
        first = round((start - whole.start) * whole.sampling_rate)
        y = whole.samples[row, first : first + len(x)]
        return np.corrcoef(x, y)[0, 1] if len(y) == len(x) and y.std() > 0 else -1.0

    def embed_prepared(self, windows, modalities):
        out = np.zeros((len(windows), 16), np.float32)
        out[np.arange(len(out)), self.whose(windows, modalities[0])] = 1
        return out

    def timing(self, windows, modalities):
        moment = np.round(windows.start / 10).astype(int)
        person = self.whose(windows, modalities[0])
        draw = [np.random.default_rng(p + 100 * m) for p, m in zip(person, moment, strict=True)]
        return np.stack([rng.normal(size=64) for rng in draw]).astype(np.float32)

    def reconstruct(self, windows, source, target):
        return windows.samples[:, MODALITIES.index(target)].copy()


class Noise:
    """Says something else each time it is asked."""

    name, kind, seconds, sampling_rate = "noise", "model", 10.0, 125.0
    modalities = ("ecg", "ppg")
    shared = tuple(range(16))

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def embed(self, signals):
        return self.rng.normal(size=(len(signals), 32)).astype(np.float32)

    def embed_prepared(self, windows, modalities):
        return self.embed(windows)

    def timing(self, windows, modalities):
        return self.embed(windows)

    def reconstruct(self, windows, source, target):
        return self.rng.normal(size=(len(windows), 1250)).astype(np.float32)


class Raw:
    """Takes windows as recorded: their quantiles."""

    name, kind, seconds, sampling_rate = "raw", "baseline", None, 125.0
    modalities = ("ecg",)

    def __init__(self):
        self.seen = []

    def embed(self, signals):
        self.seen.append(signals)
        x = signals.series["ecg"].samples
        return np.quantile(x, np.linspace(0, 1, 21), axis=1).T.astype(np.float32)
