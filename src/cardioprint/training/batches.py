"""From a corpus to training batches: which people, which windows, what is shown.

A batch is a function of (seed, step) alone, so that a resumed run sees what an uninterrupted
one would have seen, and every rank can take its slice of the same batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus.pairs import CANONICAL_LAG, COUNTS, Pairs
from cardioprint.models import masking
from cardioprint.models.m2ae import LARGEST

if TYPE_CHECKING:
    from numpy.typing import NDArray


MOST_BEATS = 30
"""Beats of a window that its mean beat is made of: 180 beats/min in ten seconds."""


@dataclass(frozen=True, kw_only=True)
class BatchConfig:
    """What a batch is made of."""

    size: int = 128
    """Pairs of windows in a step, over all ranks."""
    patch: int = 25
    """Samples in a patch, as the model's."""
    mask_ratio: float = 0.7
    """Least fraction of all patches that is hidden in masked views."""
    same: float = 0.25
    """Share of steps with ECG and PPG of one window (phase: the bottleneck's tokens)."""
    both: float = 0.25
    """Share of steps with two windows of a person, both modalities shown in part."""
    short: float = 0.15
    """Share of steps with 2 to 6 seconds of signal only; the rest: two windows, one modality."""
    windows_each: int = 4
    """Windows of each person in a step of the first kind: when beats fall is to be told from
    when they fell a minute later, not only from another person's."""
    full: float = 0.3
    """Share of steps that show the modalities whole, as they will be in use."""
    jitter: float = 0.015
    """Seconds by which PPG is moved about its usual lag in single-modality views. At 0.06 the
    best guess of an ECG from PPG was a blur: a QRS complex lasts 0.09 s."""
    device_lag: tuple[float, float] = (-0.15, 0.45)
    """Seconds added to the PPG's lag where both modalities are shown: monitors' delays."""
    stretch: float = 0.12
    """Largest natural logarithm of the factor by which a person's time runs faster or slower,
    the same for all of a row. Without it the way from PPG to ECG was learnt person by person:
    held-out error rose from step 3,000 on while the training error fell."""
    temperature: float = 0.5
    """Sources and people are drawn in proportion to hours ** temperature."""

    def __post_init__(self) -> None:
        if self.size % self.windows_each:
            raise ValueError("size must be a multiple of windows_each")
        if self.same + self.both + self.short > 1:
            raise ValueError("same + both + short must not exceed 1")


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Two windows of each of `size` people, and what the model may see of them.

    Attributes:
        kind: "same" (one window twice), "other", "both" or "short".
        windows: float32, shape (2, batch, 2, time): view, row, modality, time.
        shown: For each of the two views the visible patches of the modalities shown, each
            int64 of shape (batch, visible).
        patches_valid: Patches from the window's start that hold signal.
        subject: int64, shape (batch,).
        beats: int64, shape (2, batch, 2, beat): samples after the window's start of R-peaks and
            steepest upslopes; -1 where there is none.
    """

    kind: str
    windows: NDArray[np.float32]
    shown: tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.int64]]]
    patches_valid: int
    subject: NDArray[np.int64]
    beats: NDArray[np.int64]


class Sampler:
    """Draws batches from a corpus."""

    def __init__(self, pairs: Pairs, config: BatchConfig, *, seed: int = 0):
        self.pairs, self.config, self.seed = pairs, config, seed
        self.rate = pairs.preparation.sampling_rate
        self.n = pairs.preparation.window_samples
        # Samples read for a window whose time runs fastest, and what may be used at all: there
        # has to be room for moving the PPG by its lag.
        self.reach = math.ceil(self.n * math.exp(config.stretch)) + 1
        shift = np.abs(np.round((pairs.lag - CANONICAL_LAG) * self.rate)).astype(np.int64)
        usable = pairs.length - self.reach - shift - round(0.05 * self.rate) >= 0
        self.of_subject: dict[int, NDArray[np.int64]] = {}
        self.by_source: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        hours = []
        for source in range(len(pairs.sources)):
            mine = usable & (pairs.source == source)
            people = np.unique(pairs.subject[mine])
            weight = []
            for person in people:
                stretches = np.flatnonzero(mine & (pairs.subject == person))
                self.of_subject[int(person)] = stretches
                weight.append(float(pairs.length[stretches].sum()))
            w = np.array(weight) ** config.temperature
            self.by_source.append((people, w / w.sum()))
            hours.append(sum(weight) ** config.temperature)
        self.source_weight = np.array(hours) / sum(hours)

    def batch(self, step: int) -> Batch:
        """Return the batch of a step."""
        c = self.config
        rng = np.random.default_rng((self.seed, step))
        kind = rng.choice(
            ["same", "both", "short", "other"],
            p=[c.same, c.both, c.short, 1 - c.same - c.both - c.short],
        )
        source = int(rng.choice(len(self.by_source), p=self.source_weight))
        people, weight = self.by_source[source]
        # Phase is learnt against other windows of the same person too, state never is.
        each = c.windows_each if kind == "same" else 1
        number = c.size // each
        subject = rng.choice(people, number, p=weight, replace=len(people) < number)
        subject = np.repeat(subject, each)
        speed = np.exp(rng.uniform(-c.stretch, c.stretch, number)).repeat(each)
        starts, lags = self._places(rng, subject, kind, speed)
        windows = self._read(starts, lags, speed)
        patches = self.n // c.patch
        valid = patches
        if kind == "short":
            valid = int(rng.choice([10, 15, 20, 30]))
            windows[..., valid * c.patch :] = 0
        normalise(windows, valid * c.patch)
        return Batch(
            kind=str(kind),
            windows=windows,
            shown=self._shown(rng, str(kind), patches, valid),
            patches_valid=valid,
            subject=subject.astype(np.int64),
            beats=np.stack(
                [self._beats(0, starts, speed), self._beats(1, starts + lags, speed)], axis=2
            ),
        )

    def _places(
        self,
        rng: np.random.Generator,
        subject: NDArray[np.int64],
        kind: str,
        speed: NDArray[np.float64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (ECG start, PPG shift) in samples, shape (2, batch) each."""
        c, p = self.config, self.pairs
        start = np.zeros((2, len(subject)), np.int64)
        shift = np.zeros((2, len(subject)), np.int64)
        if kind == "both":
            extra = rng.uniform(*c.device_lag, (1, len(subject)))
            extra = extra + rng.normal(0, 0.01, (2, len(subject)))
        else:
            extra = rng.uniform(-c.jitter, c.jitter, (2, len(subject)))
        moved = np.round(extra * self.rate).astype(np.int64)
        for i, person in enumerate(subject):
            mine = self.of_subject[int(person)]
            weight = p.length[mine] / p.length[mine].sum()
            first = int(rng.choice(mine, p=weight))
            second = first
            if kind != "same":
                long_enough = p.length[first] > 2 * self.n
                if not long_enough or rng.random() < 0.3:
                    second = int(rng.choice(mine, p=weight))
            for view, stretch in enumerate((first, second)):
                # PPG index = ECG index + shift; a larger delay means reading further on.
                aligned = round((p.lag[stretch] - CANONICAL_LAG * speed[i]) * self.rate)
                s = aligned - int(moved[view, i])
                low = max(0, -s)
                high = int(p.length[stretch]) - self.reach - max(0, s)
                if high < low:  # no room to move: take the aligned pair
                    s = aligned
                    low, high = max(0, -s), int(p.length[stretch]) - self.reach - max(0, s)
                start[view, i] = p.first[stretch] + rng.integers(low, high + 1)
                shift[view, i] = s
            if kind == "same":
                start[1, i], shift[1, i] = start[0, i], shift[0, i]
        return start, shift

    def _read(
        self, start: NDArray[np.int64], shift: NDArray[np.int64], speed: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return windows whose time runs `speed` times as fast, by linear interpolation."""
        place = np.arange(self.n) * speed[:, None]
        whole = place.astype(np.int64)
        part = (place - whole).astype(np.float32)
        out = []
        for row, first in enumerate((start, start + shift)):
            at = first[..., None] + whole
            x = self.pairs.samples[:, row]
            out.append(x[at] * (1 - part) + x[at + 1] * part)
        return (np.stack(out, axis=2) / COUNTS).astype(np.float32)

    def _beats(
        self, modality: int, start: NDArray[np.int64], speed: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return the beats in each window, shape (2, batch, beat), padded with -1."""
        beats = self.pairs.beats[modality]
        first = np.searchsorted(beats, start)
        at = first[..., None] + np.arange(MOST_BEATS)
        since = beats[np.minimum(at, len(beats) - 1)] - start[..., None]
        inside = np.round(since / speed[:, None]).astype(np.int64)
        return np.where((at < len(beats)) & (inside >= 0) & (inside < self.n), inside, -1)

    def _shown(
        self, rng: np.random.Generator, kind: str, patches: int, valid: int
    ) -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.int64]]]:
        c = self.config

        def one(modality: str, full: bool) -> dict[str, NDArray[np.int64]]:
            if full or valid < patches:
                return {modality: np.tile(np.arange(valid), (c.size, 1))}
            return {modality: masking.single(rng, c.size, patches, mask_ratio=c.mask_ratio)}

        full = bool(rng.random() < c.full)
        if kind == "both" and full:
            whole = np.tile(np.arange(patches), (c.size, 1))
            return {"ecg": whole, "ppg": whole}, {"ecg": whole, "ppg": whole}
        if kind == "both":
            views = []
            for _ in range(2):
                ecg, ppg = masking.complementary(rng, c.size, patches, mask_ratio=c.mask_ratio)
                views.append({"ecg": ecg, "ppg": ppg})
            return views[0], views[1]
        if kind == "same":
            return one("ecg", full), one("ppg", full)
        # Across modalities half of the time: what they share; within one: what it has alone.
        first, second = (("ecg", "ppg"), ("ecg", "ppg"), ("ecg", "ecg"), ("ppg", "ppg"))[
            int(rng.integers(4))
        ]
        return one(first, full), one(second, full)


def normalise(windows: NDArray[np.float32], n: int) -> None:
    """Scale the first `n` samples of every window to mean 0 and SD 1, in place."""
    part = windows[..., :n]
    part -= part.mean(axis=-1, keepdims=True)
    part /= part.std(axis=-1, keepdims=True) + 1e-6
    np.clip(part, -LARGEST, LARGEST, out=part)
