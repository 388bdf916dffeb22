"""One small interface for whatever turns windows into vectors.

An encoder gets windows as they were recorded: physical units, native rate, NaN where nothing was
measured. What a method's authors do to a signal before their network sees it (resampling,
filters, normalisation, padding) is part of the method and happens inside `embed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from cardioprint.errors import ChannelError, RecordError
from cardioprint.signal.preparation import MODALITIES
from cardioprint.types import check_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["model", "peer", "random", "baseline"]
"""A claim of ours; somebody else's published weights; an untrained network; anything else."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One modality of many windows.

    Attributes:
        samples: float32, shape (window, time): ECG in mV, PPG in its own unit. NaN: missing;
            shorter windows end in NaN.
        sampling_rate: Hertz, as recorded.
        lead: ECG view in the usual spelling (I, II, V1), "" where unknown.

    Raises:
        ChannelError: `samples` is not two-dimensional or holds no numbers.
        SamplingRateError: A rate that is no rate.
    """

    samples: NDArray[np.float32]
    sampling_rate: float
    lead: str = ""

    def __post_init__(self) -> None:
        check_rate(self.sampling_rate, source="signals")
        samples = np.asarray(self.samples)
        if samples.ndim != 2 or samples.shape[1] == 0 or samples.dtype.kind not in "fiu":
            raise ChannelError(
                f"samples must be numbers of shape (window, time), got {samples.dtype} "
                f"with shape {samples.shape}",
                source="signals",
                field="samples",
                fix="give one row a window, padded with NaN",
            )
        samples = samples.astype(np.float32, copy=False)
        if np.isinf(samples).any():  # no amplifier reads infinity: it marks an overflow
            samples = np.where(np.isinf(samples), np.float32(np.nan), samples)
        object.__setattr__(self, "samples", samples)


@dataclass(frozen=True, kw_only=True)
class Signals:
    """Windows to be embedded, and what is known of each without a signal.

    Attributes:
        series: By modality, "ecg" and "ppg"; the windows of both are the same ones.
        known: Numbers known of each window's person (age, sex, bmi), shape (window,), NaN where
            unknown. Only baselines without a signal look at them.

    Raises:
        ChannelError: A modality of another name, or none at all.
        RecordError: Numbers of windows differ.
    """

    series: Mapping[str, Series]
    known: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "series", MappingProxyType(dict(self.series)))
        known = {k: np.asarray(v, np.float64) for k, v in self.known.items()}
        object.__setattr__(self, "known", MappingProxyType(known))
        names = [str(m) for m in MODALITIES]
        if not self.series or not set(self.series) <= set(names):
            raise ChannelError(
                f"modalities {sorted(self.series)} are not among {', '.join(names)}",
                source="signals",
                field="series",
                fix="give ecg, ppg or both",
            )
        counts = {len(s.samples) for s in self.series.values()} | {len(v) for v in known.values()}
        if len(counts) > 1:
            raise RecordError(
                f"series and known give different numbers of windows: {sorted(counts)}",
                source="signals",
                fix="give one row a window in each",
            )

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(next(iter(self.series.values())).samples)

    def __getitem__(self, index: NDArray | slice) -> Signals:
        """Return some of the windows, by position or by a boolean array."""
        series = {m: replace(s, samples=s.samples[index]) for m, s in self.series.items()}
        return replace(self, series=series, known={k: v[index] for k, v in self.known.items()})

    def only(self, *modalities: str) -> Signals:
        """Return the same windows with these modalities alone."""
        return replace(self, series={m: self.take(m, "this selection") for m in modalities})

    def take(self, modality: str, who: str) -> Series:
        """Return a modality that an encoder cannot do without.

        Args:
            modality: "ecg" or "ppg".
            who: The encoder, for the message.

        Raises:
            ChannelError: It is not there.
        """
        if modality not in self.series:
            raise ChannelError(
                f"{who} takes {modality}; these windows hold {', '.join(sorted(self.series))}",
                source="signals",
                field=modality,
                fix="choose an encoder for what was recorded",
            )
        return self.series[modality]

    @classmethod
    def of(
        cls,
        *,
        ecg: NDArray[np.floating] | None = None,
        ppg: NDArray[np.floating] | None = None,
        sampling_rate: float,
        lead: str = "",
        known: Mapping[str, NDArray] | None = None,
    ) -> Signals:
        """Make windows of one rate from arrays of shape (window, time)."""
        series = {}
        if ecg is not None:
            series["ecg"] = Series(samples=ecg, sampling_rate=sampling_rate, lead=lead)
        if ppg is not None:
            series["ppg"] = Series(samples=ppg, sampling_rate=sampling_rate)
        return cls(series=series, known=known or {})


@runtime_checkable
class Encoder(Protocol):
    """Windows -> one vector each, the same whatever other windows are in the batch."""

    @property
    def name(self) -> str:
        """Column of the report."""
        ...

    @property
    def kind(self) -> Kind:
        """What its column stands for."""
        ...

    @property
    def sampling_rate(self) -> float:
        """Hertz that it works at; windows of any other rate are resampled inside."""
        ...

    @property
    def seconds(self) -> float | None:
        """Window length that it wants; None: any.

        Longer windows are cut, shorter ones filled as its authors do.
        """
        ...

    @property
    def modalities(self) -> tuple[str, ...]:
        """What it can take; it uses those of them that the windows hold."""
        ...

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return vectors, shape (window, feature); NaN where one cannot be computed.

        Raises:
            ChannelError: The windows hold nothing that it takes.
        """
        ...


@runtime_checkable
class Fits(Protocol):
    """An encoder that must see signals first. Fit it on training folds only."""

    def fit(self, signals: Signals) -> Encoder:
        """Return the encoder that these windows, without any labels, make of it."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A supervised baseline: it learns labels of a training fold and predicts others."""

    @property
    def name(self) -> str:
        """Column of the report."""
        ...

    def fit(self, signals: Signals, target: NDArray[np.floating], subject: NDArray) -> Learner:
        """Return the learner trained on these windows and nothing else.

        Args:
            signals: Training windows.
            target: Shape (window, output): 0/1 labels, or numbers.
            subject: Person of each window, for its inner split.
        """
        ...

    def predict(self, signals: Signals) -> NDArray[np.float64]:
        """Return predictions, shape (window, output): probabilities, or numbers."""
        ...


def usable(signals: Signals, modalities: tuple[str, ...], who: str) -> list[str]:
    """Return which of an encoder's modalities the windows hold, ECG first.

    Raises:
        ChannelError: None of them.
    """
    found = [m for m in modalities if m in signals.series]
    if not found:
        signals.take(modalities[0], who)
    return found
