"""From a corpus to training batches: which people, which windows, what is shown.

A batch is a function of (seed, step) alone, so that a resumed run sees what an uninterrupted
one would have seen, and every rank can make its own rows of the same batch.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus.order import Order, rank_slice
from cardioprint.models import masking
from cardioprint.models.m2ae import LARGEST
from cardioprint.training.cuts import choose
from cardioprint.training.places import Places, span
from cardioprint.training.schedule import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.corpus.cache import Cache

    Ints = NDArray[np.int64]

MOST_BEATS = 30
"""Beats of a window that its mean beat is made of: 180 beats/min in ten seconds."""

TOGETHER = 32
"""Rows unpacked at a time: they stay in a core's own cache."""


@dataclass(frozen=True, kw_only=True)
class BatchConfig:
    """What a batch is made of."""

    size: int = 128
    """Pairs of windows in a step, over all ranks."""
    patch: int = 25
    """Samples in a patch, as the model's."""
    mask_ratio: float = 0.7
    """Least fraction of all patches that is hidden in masked views."""
    block: int = masking.BLOCK
    """Patches that are hidden or shown together."""
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
    """Databases get shares in proportion to hours ** temperature; see `corpus.order`."""
    people: float = 0.5
    """People of a database get shares in proportion to hours ** people: 1: every hour counts
    alike, and who lay in bed for a week fills the batches; 0: every person does; 0.5, between the
    two, is what the shipped weights were trained with."""
    one_database: bool = True
    """All of a batch from one database, so that contrast cannot tell people by their hospital:
    a prototype with mixed batches did (Recall@1 on unseen people fell while it rose on known)."""

    def __post_init__(self) -> None:
        if self.size % self.windows_each:
            raise ValueError("size must be a multiple of windows_each")
        if self.block < 1:
            raise ValueError("block must be at least one patch")
        if not 0 <= self.people <= 1:
            raise ValueError("need 0 <= people <= 1")
        if self.same + self.both + self.short > 1:
            raise ValueError("same + both + short must not exceed 1")


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Two windows of each of some people, and what the model may see of them.

    Attributes:
        kind: "same" (one window twice), "other", "both" or "short".
        windows: float32, shape (2, batch, 2, time): view, row, modality, time.
        shown: For each of the two views the visible patches of the modalities shown, each
            int64 of shape (batch, visible).
        patches_valid: Patches from the window's start that hold signal.
        subject: int64, shape (batch,).
        beats: int64, shape (2, batch, 2, beat): samples after the window's start of R-peaks and
            steepest upslopes; -1 where there is none.
        first_row: Where these rows stand in the batch of all ranks.
    """

    kind: str
    windows: NDArray[np.float32]
    shown: tuple[dict[str, Ints], dict[str, Ints]]
    patches_valid: int
    subject: Ints
    beats: Ints
    first_row: int = 0


class Sampler:
    """Makes batches from a cache.

    Every usable window is the anchor of a row as often as its person's share says: see
    `BatchConfig.people` and `corpus.order`. A training window lies about its anchor, the middle
    anywhere in it. What else is chosen, a second window of the person, the speed of time, the
    monitor's delay, what is hidden, follows from seed and step.

    Args:
        cache: The corpus.
        config: What a batch is made of.
        seed: Of everything.

    Raises:
        RecordError: The cache has no usable windows.
    """

    def __init__(self, cache: Cache, config: BatchConfig, *, seed: int = 0):
        self.cache, self.config, self.seed = cache, config, seed
        self.places = Places(cache, stretch=config.stretch, people=config.people)
        if self.places.unused:
            warnings.warn(
                f"no window of {', '.join(self.places.unused)} can be used: needed are ECG and "
                "PPG of good quality that agree on a lag",
                stacklevel=2,
            )
        self.rate, self.n = self.places.rate, self.places.n
        c = config
        self.order = Order(
            counts=self.places.turns,
            sizes=self.places.counts,
            seed=seed,
            temperature=c.temperature,
            block=c.size if c.one_database else 1,
        )
        self.schedule = Schedule(
            (c.same, c.both, c.short, 1 - c.same - c.both - c.short),
            size=c.size,
            each=c.windows_each,
            seed=seed,
        )

    def batch(self, step: int, rank: int = 0, ranks: int = 1) -> Batch:
        """Return a rank's rows of the batch of a step."""
        c = self.config
        mine = rank_slice(c.size, rank, ranks)
        kind, positions = self.schedule(step)
        rng = np.random.default_rng((self.seed, step))
        anchors = self.places.anchor(self.order.at(positions))
        cuts = choose(self.places, rng, anchors, kind, c)
        patches = valid = self.n // c.patch
        if kind == "short":
            valid = int(rng.choice([10, 15, 20, 30]))
        first, second = self._shown(rng, kind, patches, valid)
        starts, shifts, speed = cuts.starts[:, mine], cuts.shifts[:, mine], cuts.speed[mine]
        windows = self._read(starts, shifts, speed, valid * c.patch, twice=kind == "same")
        beats = [self._beats(0, starts, speed), self._beats(1, starts + shifts, speed)]
        return Batch(
            kind=kind,
            windows=windows,
            shown=(
                {m: at[mine] for m, at in first.items()},
                {m: at[mine] for m, at in second.items()},
            ),
            patches_valid=valid,
            subject=cuts.subject[mine],
            beats=np.stack(beats, axis=2),
            first_row=mine.start,
        )

    def _read(
        self, starts: Ints, shifts: Ints, speed: NDArray[np.float64], used: int, *, twice: bool
    ) -> NDArray[np.float32]:
        """Return normalised windows of time that runs `speed` times as fast.

        Values between samples come by linear interpolation. Only the first `used` samples of a
        window hold signal, the rest are 0.
        """
        rows, length = len(speed), int(span(speed, self.n).max(initial=1))
        out = np.zeros((2, rows, 2, self.n), np.float32)
        for first in range(0, rows, TOGETHER):
            here = slice(first, first + TOGETHER)
            place = np.arange(used) * speed[here, None]
            whole = place.astype(np.int64)
            part = (place - whole).astype(np.float32)
            needs = span(speed[here], self.n)
            whole += (np.arange(len(needs)) * length)[:, None]
            for view in range(1 if twice else 2):
                for modality, begin in enumerate(
                    (starts[view, here], (starts + shifts)[view, here])
                ):
                    x = self.cache.crops(modality, begin, length, used=needs).ravel()
                    low, high = x.take(whole), x.take(whole + 1, mode="clip")
                    high -= low
                    high *= part
                    high += low
                    normalise(high)
                    out[view, here, modality, :used] = high
        if twice:
            out[1] = out[0]
        return out

    def _beats(self, modality: int, start: Ints, speed: NDArray[np.float64]) -> Ints:
        """Return the beats in each window, shape (2, batch, beat), padded with -1."""
        beats = self.cache.beats[modality]
        at = np.searchsorted(beats, start)[..., None] + np.arange(MOST_BEATS)
        since = beats[np.minimum(at, len(beats) - 1)] - start[..., None]
        inside = np.round(since / speed[:, None]).astype(np.int64)
        return np.where((at < len(beats)) & (inside >= 0) & (inside < self.n), inside, -1)

    def _shown(
        self, rng: np.random.Generator, kind: str, patches: int, valid: int
    ) -> tuple[dict[str, Ints], dict[str, Ints]]:
        c = self.config
        how: dict[str, Any] = {"mask_ratio": c.mask_ratio, "block": c.block}

        def one(modality: str, full: bool) -> dict[str, Ints]:
            if full or valid < patches:
                return {modality: np.tile(np.arange(valid), (c.size, 1))}
            return {modality: masking.single(rng, c.size, patches, **how)}

        full = bool(rng.random() < c.full)
        if kind == "both" and full:
            whole = np.tile(np.arange(patches), (c.size, 1))
            return {"ecg": whole, "ppg": whole}, {"ecg": whole, "ppg": whole}
        if kind == "both":
            views = []
            for _ in range(2):
                ecg, ppg = masking.complementary(rng, c.size, patches, **how)
                views.append({"ecg": ecg, "ppg": ppg})
            return views[0], views[1]
        if kind == "same":
            return one("ecg", full), one("ppg", full)
        # Across modalities half of the time: what they share; within one: what it has alone.
        first, second = (("ecg", "ppg"), ("ecg", "ppg"), ("ecg", "ecg"), ("ppg", "ppg"))[
            int(rng.integers(4))
        ]
        return one(first, full), one(second, full)


def normalise(windows: NDArray[np.float32]) -> None:
    """Scale windows to mean 0 and SD 1, in place, and cut off what is beyond `LARGEST`."""
    windows -= windows.mean(axis=-1, keepdims=True)
    power = np.einsum("...t,...t->...", windows, windows) / windows.shape[-1]
    windows /= np.sqrt(power)[..., None] + np.float32(1e-6)
    np.clip(windows, -LARGEST, LARGEST, out=windows)
