"""The ECG of some records: every beat's waves put where the beat is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend
from cardioprint.simulate.classes import Beat
from cardioprint.simulate.fibrillation import atrial_waves
from cardioprint.simulate.heart_vector import (
    ST_CENTRE,
    ST_SPREAD,
    T_TO_END,
    T_WAVES,
)
from cardioprint.simulate.leads import lead_vectors

if TYPE_CHECKING:
    from cardioprint.simulate.physiology import Physiology

P_SPAN, QRS_SPAN, T_SPAN = (-0.02, 0.16), (-0.12, 0.16), (-0.02, 0.12)
"""Seconds from the onset of P, from R, and from R to the longest QT and beyond, in which a wave is
not nothing."""

BREATHING = (0.03, 0.07)
"""Least and additional share by which inspiration shrinks the QRS: the modulation from which Moody
1985 derives respiration (our choice of size)."""


def render_ecg(
    life: Physiology, *, sampling_rate: float, count: int, leads: tuple[str, ...] = ("II",)
) -> Array:
    """Return the ECG of the records in mV, without noise or wander.

    Args:
        life: Beats and people.
        sampling_rate: Hertz.
        count: Samples from the record's zero.
        leads: Names out of `leads.LEADS`.

    Returns:
        Shape (person, lead, count).
    """
    b = life.backend
    vectors = lead_vectors(leads, life.lifelong)
    direct = len(leads) <= 3  # else render x, y, z and project: 3 channels instead of 12
    view = vectors if direct else b.array(EYE)[None] + 0 * vectors[:, :3, :]
    canvas = _Canvas(len(life.people), view.shape[1], sampling_rate, count, b)
    _ventricles(canvas, life, view)
    _atria(canvas, life, view)
    signal = canvas.signal()
    if not direct:
        signal = b.xp.matmul(vectors, signal)
    who, waves = atrial_waves(
        life.beats, life.foci, life.draws, sampling_rate=sampling_rate, count=count
    )
    if len(who):
        signal[who] = signal[who] + b.xp.matmul(vectors[who], waves.mT)
    return signal


EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class _Canvas:
    """Signals of all people, onto which short pieces are added.

    Args:
        people: Rows.
        channels: Signals a row.
        rate: Hertz.
        count: Samples of a row.
        b: Where the arrays live.
    """

    def __init__(self, people: int, channels: int, rate: float, count: int, b: Backend) -> None:
        self.people, self.rate, self.count, self.b = people, rate, count, b
        self.channels = [b.zeros(people * count) for _ in range(channels)]

    def clock(self, time: Array, span: tuple[float, float]) -> tuple[Array, Array, Array]:
        """Return sample numbers and seconds around each event, and which samples are inside."""
        b, first = self.b, (time + span[0]) * self.rate
        start = b.to_int(b.xp.ceil(first))
        width = int((span[1] - span[0]) * self.rate) + 1
        index = start[:, None] + b.arange(width)[None, :]
        seconds = b.to_float(index) / self.rate - time[:, None]
        return index, seconds, (index >= 0) & (index < self.count)

    def add(self, row: Array, index: Array, inside: Array, values: list[Array]) -> None:
        """Add one array of values (event, sample) a channel."""
        place = self.b.xp.where(inside, row[:, None] * self.count + index, 0 * index)
        for sums, value in zip(self.channels, values, strict=True):
            self.b.add_at(sums, place, self.b.xp.where(inside, value, 0 * value))

    def signal(self) -> Array:
        """Return what was added, shape (person, channel, count)."""
        rows = [sums.reshape(self.people, self.count) for sums in self.channels]
        return self.b.xp.stack(rows, axis=1)


def beat_class(life: Physiology) -> Array:
    """Return 1 where a beat is ventricular in shape, else 0; shape (person, beat)."""
    escape = (life.beats.kind == Beat.ESCAPE) & life.wide_escape[:, None]
    return life.backend.to_int((life.beats.kind == Beat.VENTRICULAR) | escape)


def t_wave(qt: Array, onset: Array, offset: Array, b: Backend) -> tuple[Array, Array]:
    """Return seconds from R to the peak of T, and how much longer T is than tabulated.

    A wide QRS prolongs QT by half of what it is too wide; T always follows the QRS.

    Args:
        qt: Seconds that rate and person want.
        onset: Seconds from the beginning of the QRS to R.
        offset: Seconds from R to its end.
        b: Where the arrays live.
    """
    stretch = (qt / 0.4).clip(0.6, 1.4)
    wide = (offset - 0.051).clip(0.0, 0.1)
    peak = qt + 0.5 * wide - onset - T_TO_END * stretch
    return b.xp.maximum(peak, offset + 0.09), stretch


def _ventricles(canvas: _Canvas, life: Physiology, view: Array) -> None:
    b, beats = life.backend, life.beats
    near = (beats.time > -1.0) & (beats.time < canvas.count / canvas.rate + 0.2)
    row, column = b.where_true(beats.valid & near)
    kind = beat_class(life)[row, column]
    for part in b.blocks(len(row)):
        who, shape = row[part], kind[part]
        time, qt = beats.time[who, column[part]], beats.qt[who, column[part]]
        gain = _gain(life, who, time)
        _qrs(canvas, life, view, who, time, shape, gain)
        _recovery(canvas, life, view, who, time, shape, gain, qt)


def _gain(life: Physiology, row: Array, time: Array) -> Array:
    """Return by how much breathing changes each event's size."""
    return 1 - life.breathing_depth[row] * life.breath_at(row, time)


def _qrs(
    canvas: _Canvas,
    life: Physiology,
    view: Array,
    row: Array,
    time: Array,
    kind: Array,
    gain: Array,
) -> None:
    v = life.vectors
    centre, spread, size = (x[row, kind] for x in (v.centre, v.spread, v.size))
    index, seconds, inside = canvas.clock(time, QRS_SPAN)
    values = _gaussians(seconds, centre, spread, size, view[row], gain, life.backend)
    canvas.add(row, index, inside, values)


def _recovery(
    canvas: _Canvas,
    life: Physiology,
    view: Array,
    row: Array,
    time: Array,
    kind: Array,
    gain: Array,
    qt: Array,
) -> None:
    """Add ST and T."""
    xp, v = life.backend.xp, life.vectors
    onset, offset = v.onset[row, kind], v.offset[row, kind]
    peak, stretch = t_wave(qt, onset, offset, life.backend)
    index, seconds, inside = canvas.clock(time, (T_SPAN[0], float(xp.max(qt)) + T_SPAN[1]))
    gap = peak - offset
    # Each wave of T is a share of its vector: three Gaussians with sizes (event, wave, 3).
    centre = [offset + ST_CENTRE * gap] + [peak + c * stretch for c, _, _ in T_WAVES]
    spread = [ST_SPREAD * gap] + [s * stretch for _, s, _ in T_WAVES]
    size = [v.st[row, kind]] + [share * v.t[row, kind] for _, _, share in T_WAVES]
    centres, spreads, sizes = (xp.stack(x, axis=1) for x in (centre, spread, size))
    values = _gaussians(seconds, centres, spreads, sizes, view[row], gain, life.backend)
    canvas.add(row, index, inside, values)


def _atria(canvas: _Canvas, life: Physiology, view: Array) -> None:
    b, beats, v = life.backend, life.beats, life.vectors
    near = (beats.atrial_time > -0.3) & (beats.atrial_time < canvas.count / canvas.rate + 0.1)
    all_rows, column = b.where_true(beats.atrial_valid & near)
    kinds = b.to_int(beats.atrial_premature)
    for part in b.blocks(len(all_rows)):
        row, at = all_rows[part], column[part]
        time, kind = beats.atrial_time[row, at], kinds[row, at]
        index, seconds, inside = canvas.clock(time, P_SPAN)
        centre, spread, size = (x[row, kind] for x in (v.p_centre, v.p_spread, v.p_size))
        gain = _gain(life, row, time)
        values = _gaussians(seconds, centre, spread, size, view[row], gain, b)
        canvas.add(row, index, inside, values)


def _gaussians(
    seconds: Array,
    centre: Array,
    spread: Array,
    size: Array,
    view: Array,
    gain: Array,
    b: Backend,
) -> list[Array]:
    """Return the sum of some Gaussians, one array (event, sample) a channel.

    Args:
        seconds: Time around each event, shape (event, sample).
        centre: Seconds, shape (event, wave).
        spread: Seconds, shape (event, wave).
        size: mV, shape (event, wave, 3).
        view: Lead vectors, shape (event, channel, 3).
        gain: Factor on each event, shape (event,).
        b: Where the arrays live.
    """
    heights = b.xp.matmul(size, view.mT) * gain[:, None, None]
    values = [0.0 * seconds for _ in range(view.shape[1])]
    for k in range(centre.shape[1]):
        z = (seconds - centre[:, k, None]) / spread[:, k, None]
        wave = b.xp.exp(-0.5 * z * z)
        values = [value + heights[:, k, c, None] * wave for c, value in enumerate(values)]
    return values
