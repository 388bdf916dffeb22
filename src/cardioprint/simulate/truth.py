"""What is true of simulated records."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cardioprint.simulate.backend import Array, Backend
from cardioprint.simulate.classes import SYMBOLS, Beat, Rhythm
from cardioprint.simulate.ecg import beat_class, t_wave
from cardioprint.simulate.heart_vector import T_TO_END
from cardioprint.simulate.landmarks import pulse_landmarks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.simulate.person import Cohort
    from cardioprint.simulate.physiology import Physiology
    from cardioprint.types import Modality

    Floats = NDArray[np.float64]


class Artefact(NamedTuple):
    """A stretch of one modality that was spoilt on purpose.

    Attributes:
        modality: Which of the two signals.
        start: Seconds after the record's zero.
        stop: Seconds after the record's zero, exclusive.
        kind: "gap" (NaN samples), "clipped", "sensor_off", "motion", "walking" or "gain_step" of a
            PPG, "lead_off", "electrode_noise" or "muscle" of an ECG (`devices.events`).
    """

    modality: Modality
    start: float
    stop: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Beats, pulses and artefacts of one record, as simulated.

    All arrays but `p_onsets` have one entry for each beat whose R peak lies inside the record, in
    time order: entry i of `onsets` is the pulse that beat i sent to the sensor. Times are seconds
    after the record's zero, float64.

    Attributes:
        r_peaks: R peaks.
        kinds: "N" conducted, "A" premature atrial, "S" of a supraventricular tachycardia, "V"
            ventricular, "E" escape beat (WFDB codes).
        rhythms: Codes of `Rhythm`, int64.
        qrs_onsets: Beginnings of the QRS.
        qrs_offsets: Their ends.
        t_peaks: Peaks of T.
        t_ends: Ends of T, where a tangent puts them.
        pr: Seconds from P to QRS; NaN where no P wave was conducted.
        onsets: Feet of the pulses: the minimum of the noise-free wave before the upstroke. NaN
            where there is no pulse, or it arrives outside the record.
        upslopes: Steepest points; NaN as in `onsets`.
        systolic_peaks: Maxima of the noise-free pulses; NaN as in `onsets`.
        systolic: mmHg of the beat.
        diastolic: mmHg before the beat.
        heart_rate: Rate of the sinus node at the R peak, beats/min. An ectopic beat leaves it
            alone, so it is the smooth course behind the RR intervals.
        p_onsets: Onsets of all P waves, conducted or not.
        artefacts: Spoilt stretches in time order. Beats go on underneath them.
    """

    r_peaks: Floats
    kinds: NDArray[np.str_]
    rhythms: NDArray[np.int64]
    qrs_onsets: Floats
    qrs_offsets: Floats
    t_peaks: Floats
    t_ends: Floats
    pr: Floats
    onsets: Floats
    upslopes: Floats
    systolic_peaks: Floats
    systolic: Floats
    diastolic: Floats
    heart_rate: Floats
    p_onsets: Floats
    artefacts: tuple[Artefact, ...] = ()

    @property
    def qrs(self) -> Floats:
        """QRS durations, seconds."""
        return self.qrs_offsets - self.qrs_onsets

    @property
    def qt(self) -> Floats:
        """QT intervals, seconds."""
        return self.t_ends - self.qrs_onsets

    @property
    def pat(self) -> Floats:
        """Pulse arrival times, R peak to foot, seconds; NaN where there is no pulse."""
        return self.onsets - self.r_peaks


@dataclass(frozen=True, kw_only=True)
class BatchTruth:
    """The same of many records, as padded arrays on the device of the signals.

    Arrays of beats have shape (person, beat); a place without a beat inside the record holds NaN,
    in `kinds` and `rhythms` -1. Attributes of the same name mean what they mean in `Truth`.

    Attributes:
        people: The people as the record found them: age, sex, pressures, stiffness, ...
        rhythm: int64, shape (person,): `Rhythm` of the record, from what is inside it: premature
            beats make a sinus rhythm one with premature beats.
        morphology: int64, shape (person,): `Morphology`.
        rr: Seconds from the beat before.
        kinds: int64, `Beat`.
        strength: Stroke volume over the usual; 0 where the aortic valve stayed shut.
        p_onsets: Shape (person, wave).
    """

    people: Cohort
    rhythm: Array
    morphology: Array
    r_peaks: Array
    rr: Array
    kinds: Array
    rhythms: Array
    qrs_onsets: Array
    qrs_offsets: Array
    t_peaks: Array
    t_ends: Array
    pr: Array
    onsets: Array
    upslopes: Array
    systolic_peaks: Array
    systolic: Array
    diastolic: Array
    strength: Array
    heart_rate: Array
    p_onsets: Array

    @property
    def pat(self) -> Array:
        """Pulse arrival times, R peak to foot, seconds."""
        return self.onsets - self.r_peaks

    def record(self, row: int, b: Backend, artefacts: tuple[Artefact, ...] = ()) -> Truth:
        """Return the truth of one record, without padding.

        Args:
            row: Which.
            b: Where the arrays live.
            artefacts: What a device did to its signals.
        """
        shared = {f.name for f in fields(Truth)} - {"kinds", "p_onsets", "artefacts"}
        here = b.numpy(self.kinds[row]) >= 0
        columns = {name: b.numpy(getattr(self, name)[row])[here] for name in shared}
        columns = {k: v if v.dtype.kind == "i" else v.astype(float) for k, v in columns.items()}
        waves = b.numpy(self.p_onsets[row]).astype(float)
        return Truth(
            kinds=np.array(SYMBOLS)[b.numpy(self.kinds[row])[here]],
            p_onsets=waves[np.isfinite(waves)],
            artefacts=artefacts,
            **columns,
        )


def batch_truth(life: Physiology, pulses: Array, *, sampling_rate: float, site: str) -> BatchTruth:
    """Return what is true of some records.

    Args:
        life: Beats and people.
        pulses: Noise-free sum of the pulses at the site, shape (person, time).
        sampling_rate: Of `pulses`, hertz.
        site: Where the PPG is taken.
    """
    b, xp, beats = life.backend, life.backend.xp, life.beats
    inside = beats.valid & (beats.time >= 0) & (beats.time < life.seconds)
    nothing = float("nan") + 0 * beats.time
    row = b.arange(len(life.people))[:, None] + 0 * beats.kind
    shape = beat_class(life)
    onset, offset = life.vectors.onset[row, shape], life.vectors.offset[row, shape]
    peak, stretch = t_wave(beats.qt, onset, offset, b)
    foot, steepest, top = pulse_landmarks(life, pulses, sampling_rate=sampling_rate, site=site)

    def seen(values: Array) -> Array:
        return xp.where(inside, values, nothing)

    waves = beats.atrial_valid & (beats.atrial_time >= 0) & (beats.atrial_time < life.seconds)
    return BatchTruth(
        people=life.people,
        rhythm=_label(life, inside),
        morphology=life.people.morphology,
        r_peaks=seen(beats.time),
        rr=seen(beats.rr),
        kinds=xp.where(inside, beats.kind, 0 * beats.kind - 1),
        rhythms=xp.where(inside, beats.rhythm, 0 * beats.rhythm - 1),
        qrs_onsets=seen(beats.time - onset),
        qrs_offsets=seen(beats.time + offset),
        t_peaks=seen(beats.time + peak),
        t_ends=seen(beats.time + peak + T_TO_END * stretch),
        pr=seen(beats.pr),
        onsets=seen(foot),
        upslopes=seen(steepest),
        systolic_peaks=seen(top),
        systolic=seen(life.pulses.systolic),
        diastolic=seen(life.pulses.diastolic),
        strength=seen(life.pulses.strength),
        heart_rate=seen(60 / beats.sinus_rr),
        p_onsets=xp.where(waves, beats.atrial_time, float("nan") + 0 * beats.atrial_time),
    )


def _label(life: Physiology, inside: Array) -> Array:
    """Return the rhythm of each record from the beats inside it."""
    xp, beats, own = life.backend.xp, life.beats, life.people.rhythm
    shown = xp.any(inside & (beats.rhythm == own[:, None]), axis=1)
    label = xp.where(shown, own, 0 * own)
    plain = label == Rhythm.SINUS
    for code in (
        Rhythm.FIRST_DEGREE_BLOCK,
        Rhythm.PREMATURE_ATRIAL,
        Rhythm.PREMATURE_VENTRICULAR,
    ):
        plain = plain | (label == code)
    premature = (label == Rhythm.PREMATURE_ATRIAL) | (label == Rhythm.PREMATURE_VENTRICULAR)
    label = xp.where(premature, 0 * label, label)
    for code, kind in (
        (Rhythm.PREMATURE_ATRIAL, Beat.ATRIAL_PREMATURE),
        (Rhythm.PREMATURE_VENTRICULAR, Beat.VENTRICULAR),
    ):
        some = xp.any(inside & (beats.kind == kind), axis=1) & plain
        label = xp.where(some, 0 * label + int(code), label)
    return label
