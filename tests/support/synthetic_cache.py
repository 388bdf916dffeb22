"""Training caches with known content, in memory."""

from pathlib import Path

import numpy as np

from cardioprint.corpus.cache import Cache
from cardioprint.signal.preparation import Preparation

RATE = 125
N = 1250
COUNTS = 1500

KINDS_ONLY = {
    "same": {"same": 1.0, "both": 0.0, "short": 0.0},
    "both": {"same": 0.0, "both": 1.0, "short": 0.0},
    "short": {"same": 0.0, "both": 0.0, "short": 1.0},
    "other": {"same": 0.0, "both": 0.0, "short": 0.0},
}
"""Configurations with steps of one kind."""


def runs(lengths, *, subjects=None, databases=None, lags=None):
    """Return a cache of runs of so many good windows each; its samples are their own index.

    Args:
        lengths: Windows in each run.
        subjects: Person of each run; default: one each.
        databases: Database of each run, ascending; default: one for all.
        lags: Of each run, seconds; default 0.25.
    """
    lengths = np.asarray(lengths)
    each = np.arange(len(lengths))
    subjects = each if subjects is None else np.asarray(subjects)
    databases = 0 * each if databases is None else np.asarray(databases)
    lags = np.full(len(lengths), 0.25) if lags is None else np.asarray(lags)
    total = lengths.sum()
    continues = np.ones(total, bool)
    continues[np.cumsum(lengths) - lengths] = False
    ones = np.ones((total, 2), np.float32)
    index = np.arange(total * N)
    # Two counts a sample hold more than int16 does: a scale and an offset a window.
    counts = np.stack([index % N, index % N], axis=1).astype(np.int16)
    offset = np.repeat(np.arange(total)[:, None] * N, 2, axis=1).astype(np.float32)
    beats = np.arange(60, total * N, RATE)
    return Cache(
        folder=Path("memory"),
        samples=counts,
        scale=ones,
        offset=offset,
        quality=ones,
        valid=ones,
        subject=np.repeat(subjects, lengths).astype(np.int32),
        record=np.repeat(each, lengths).astype(np.int32),
        database=np.repeat(databases, lengths).astype(np.int32),
        start=np.concatenate([10.0 * np.arange(n) for n in lengths]),
        lag=np.repeat(lags, lengths).astype(np.float32),
        agreement=np.ones(total, np.float32),
        continues=continues,
        beats=(beats, beats + 31),
        subjects=tuple(f"p{i}" for i in range(subjects.max() + 1)),
        records=tuple(f"r{i}" for i in each),
        databases=tuple(f"d{i}" for i in range(databases.max() + 1)),
        preparation=Preparation(),
        about={},
    )


def synthetic(lags, seconds=60, hertz=None):
    """Return a cache of one run a person: a beat a second, the pulse `lags[i]` later.

    People are in the databases "even" and "odd" in turn. With `hertz`, both channels are a sine
    instead whose frequency names the person.
    """
    n, count = seconds * RATE, len(lags)
    order = sorted(range(count), key=lambda i: i % 2)
    samples = np.zeros((n * count, 2), np.int16)
    beats = ([], [])
    for place, i in enumerate(order):
        first = place * n
        at = np.arange(RATE // 2, n - 2 * RATE, RATE)
        later = at + round(lags[i] * RATE)
        if hertz is None:
            samples[first + at, 0] = 10_000
            samples[first + later, 1] = 10_000
        else:
            wave = np.sin(2 * np.pi * hertz[i] * np.arange(n) / RATE)
            samples[first : first + n] = np.round(wave * COUNTS)[:, None]
        beats[0].append(first + at)
        beats[1].append(first + later)
    cache = runs(
        [n // N] * count,
        subjects=order,
        databases=[i % 2 for i in order],
        lags=[lags[i] for i in order],
    )
    plain = np.ones_like(cache.scale)
    return Cache(
        **{
            **vars(cache),
            "samples": samples,
            "scale": plain / COUNTS,
            "offset": 0 * plain,
            "beats": (np.concatenate(beats[0]), np.concatenate(beats[1])),
            "databases": ("even", "odd"),
        }
    )
