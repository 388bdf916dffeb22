"""Simulated twins of real excerpts: as many people, of their ages and sexes, at their rate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.base import Series, Signals
from cardioprint.benchmark.realism.excerpts import Excerpts, believed
from cardioprint.simulate import Batch, DeviceConfig, measured, pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

POOL = 4
"""People simulated for each that is wanted, to choose ages and sexes from."""

ROUNDS = 8
"""Times that twins whom the quality index does not believe are chosen anew."""

TOGETHER = 512
"""People simulated at a time."""

YEAR_OF_SEX = 40.0
"""Years that a twin of the other sex is away."""


@dataclass(frozen=True, kw_only=True)
class Virtual:
    """What virtual people are made for.

    Attributes:
        seconds: Length of an excerpt.
        rate: Hertz.
        lead: ECG lead, "" for none.
        more: Further leads.
        ppg: Whether a PPG is wanted.
        balanced: As many people with each rhythm and each morphology.
        devices: Kinds of `simulate.DeviceConfig` that measure them; none: clean.
        rhythms: `simulate.Rhythm` of those who are wanted; none: everybody.
        seed: Of all chance.
    """

    seconds: float
    rate: float
    lead: str = "II"
    more: tuple[str, ...] = ()
    ppg: bool = True
    balanced: bool = False
    devices: tuple[str, ...] = ()
    rhythms: tuple[int, ...] = ()
    seed: int = 0


def like(
    excerpts: Excerpts,
    *,
    ages: tuple[float, float] = (18.0, 90.0),
    devices: tuple[str, ...] = (),
    seed: int = 0,
) -> Excerpts:
    """Return a simulated twin for each of some excerpts, believed by the quality index as it is.

    Args:
        excerpts: Real ones; their labels `age` and `male` choose the twins where they are known.
        ages: Years, uniform, of people whose age is not known.
        devices: As in `Virtual`.
        seed: Of the simulation and of unknown ages.
    """
    series = excerpts.signals.series
    first = next(iter(series.values()))
    want = Virtual(
        seconds=first.samples.shape[1] / first.sampling_rate,
        rate=first.sampling_rate,
        lead=(series["ecg"].lead or "II") if "ecg" in series else "",
        more=tuple(lead for lead in excerpts.leads),
        ppg="ppg" in series,
        devices=devices,
        seed=seed,
    )
    age, male = _wanted(excerpts, ages, np.random.default_rng(seed))
    pool = _drawn(want, POOL * len(age))
    free = np.arange(len(pool))
    chosen = np.full(len(age), -1)
    tried = failed = 0
    for _ in range(ROUNDS):
        open_places = np.flatnonzero(chosen < 0)
        if not len(open_places):
            break
        near = free[
            matched(
                pool.labels["age"][free],
                pool.labels["male"][free],
                age[open_places],
                male[open_places],
            )
        ]
        good = believed(pool[near].signals)
        chosen[open_places[good]] = near[good]
        free = np.setdiff1d(free, near)
        tried, failed = tried + len(good), failed + int((~good).sum())
    found = chosen[chosen >= 0]
    return replace(pool[found], abstained=(failed, tried))


def _wanted(
    excerpts: Excerpts, ages: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an age and a sex for each excerpt; several of one person stand for several twins."""
    n = len(excerpts)
    age = np.array(excerpts.labels.get("age", np.full(n, np.nan)), float)
    male = np.array(excerpts.labels.get("male", np.full(n, np.nan)), float)
    age = np.where(np.isfinite(age), age, rng.uniform(*ages, n))
    return age, np.where(np.isfinite(male), male, (rng.random(n) < 0.5).astype(float))


def matched(
    age: NDArray[np.floating],
    male: NDArray[np.floating],
    wanted_age: NDArray[np.floating],
    wanted_male: NDArray[np.floating],
) -> NDArray[np.int64]:
    """Return a different person of a pool for each wanted one, nearest in age, of the same sex.

    Raises:
        ValueError: The pool is too small.
    """
    if len(age) < len(wanted_age):
        raise ValueError(f"{len(age)} people for {len(wanted_age)} twins")
    free = np.ones(len(age), bool)
    out = np.zeros(len(wanted_age), np.int64)
    for i, (years, sex) in enumerate(zip(wanted_age, wanted_male, strict=True)):
        away = np.abs(age - years) + YEAR_OF_SEX * (male != sex)
        out[i] = int(np.argmin(np.where(free, away, np.inf)))
        free[out[i]] = False
    return out


def people(want: Virtual, count: int) -> Excerpts:
    """Simulate people until so many have an excerpt that the quality index believes.

    The share that it does not believe is in `Excerpts.abstained`.
    """
    parts: list[Excerpts] = []
    have = tried = first = 0
    while have < count:
        part = _simulated(want, TOGETHER, first=first)
        first += len(part)
        if want.rhythms:
            part = part[np.isin(part.labels["own_rhythm"], want.rhythms)]
        tried += len(part)
        part = part[believed(part.signals)]
        parts.append(part)
        have += len(part)
        if first >= 50 * count + TOGETHER:
            raise ValueError("the quality index believes hardly any simulated excerpt")
    made = joined(parts)
    return replace(made[np.arange(count)], abstained=(tried - have, tried))


def _drawn(want: Virtual, count: int) -> Excerpts:
    """Simulate people whether their excerpts are believed or not."""
    starts = range(0, count, TOGETHER)
    return joined([_simulated(want, min(TOGETHER, count - s), first=s) for s in starts])


def joined(parts: list[Excerpts]) -> Excerpts:
    """Return excerpts of one kind as one."""
    one = parts[0]

    def together(of: list[Series]) -> Series:
        return replace(of[0], samples=np.concatenate([s.samples for s in of]))

    series = {m: together([p.signals.series[m] for p in parts]) for m in one.signals.series}
    return replace(
        one,
        signals=Signals(series=series),
        subject=np.concatenate([p.subject for p in parts]),
        labels={k: np.concatenate([p.labels[k] for p in parts]) for k in one.labels},
        leads={k: together([p.leads[k] for p in parts]) for k in one.leads},
    )


def _simulated(want: Virtual, count: int, first: int) -> Excerpts:
    """Return an excerpt of each of some people."""
    leads = tuple(dict.fromkeys((want.lead or "II", *want.more)))
    batch = pairs(
        count,
        want.seed,
        seconds=want.seconds,
        sampling_rate=want.rate,
        leads=leads,
        first=first,
        balanced=want.balanced,
    )
    ecg, ppg = np.asarray(batch.ecg), np.asarray(batch.ppg)
    if want.devices:
        ecg, ppg = _measured(batch, want)
    series = {
        lead: Series(samples=ecg[:, i], sampling_rate=want.rate, lead=lead)
        for i, lead in enumerate(leads)
    }
    kept = {}
    if want.lead:
        kept["ecg"] = series[want.lead]
    if want.ppg:
        kept["ppg"] = Series(samples=ppg, sampling_rate=want.rate)
    return Excerpts(
        name=f"simulated{', devices' if want.devices else ''}",
        signals=Signals(series=kept),
        subject=np.array([f"simulated_{want.seed}_{first + i}" for i in range(count)]),
        labels=_truth(batch),
        leads={lead: series[lead] for lead in want.more},
    )


def _measured(batch: Batch, want: Virtual) -> tuple[NDArray, NDArray]:
    """Return ECG and PPG as devices of some kinds record them."""
    usual = DeviceConfig()
    config = replace(usual, kinds=tuple(k for k in usual.kinds if k.name in want.devices))
    found = measured(batch, seed=want.seed, config=config)
    return np.asarray(found.ecg), np.asarray(found.ppg)


def _truth(batch: Batch) -> dict[str, NDArray]:
    """Return what is true of each excerpt, as numbers."""
    truth, people = batch.truth, batch.truth.people
    with np.errstate(all="ignore"):
        rr = np.asarray(truth.rr, float)
        rate = 60 / np.array([np.nanmean(r) if np.isfinite(r).any() else np.nan for r in rr])
    return {
        "age": np.asarray(people.age, float),
        "male": np.asarray(people.male, float),
        "sbp": np.asarray(people.systolic, float),
        "dbp": np.asarray(people.diastolic, float),
        "heart_rate": rate,
        "rhythm": np.asarray(truth.rhythm),
        "own_rhythm": np.asarray(people.rhythm),
        "morphology": np.asarray(truth.morphology),
    }
