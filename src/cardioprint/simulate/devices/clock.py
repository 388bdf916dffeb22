"""A PPG that comes late, or on a clock of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cardioprint.simulate.variability import Lines

if TYPE_CHECKING:
    from cardioprint.simulate.backend import Array
    from cardioprint.simulate.devices.device import Device
    from cardioprint.simulate.physiology import Physiology
    from cardioprint.simulate.truth import BatchTruth


def delayed(life: Physiology, device: Device) -> Physiology:
    """Return lives as the PPG's clock has them: t becomes t (1 + drift) + delay.

    Rendering them makes a PPG that is late by exactly that, at any rate, with the pulses of the
    beats before the record at its beginning.

    Args:
        life: Beats and slow waves on the ECG's clock, which is the record's.
        device: Whose `delay` and `drift` count.
    """
    pace, delay = 1 + device.drift, device.delay
    tone, breath = life.tone, life.tone.breath

    def moved(lines: Lines) -> Lines:
        speed = lines.speed / pace
        return replace(lines, speed=speed, phase=lines.phase - speed * delay)

    speed = breath.speed / pace
    slower = replace(
        breath, speed=speed, phase=breath.phase - speed * delay, drift=moved(breath.drift)
    )
    tone = replace(tone, breath=slower, mayer=moved(tone.mayer), slow=moved(tone.slow))
    time = life.beats.time * pace[:, None] + delay[:, None]
    return replace(life, tone=tone, beats=replace(life.beats, time=time))


def moved_truth(truth: BatchTruth, device: Device, *, seconds: float) -> BatchTruth:
    """Return the truth with its pulses where the record has them; NaN beyond its end."""
    pace, delay = (1 + device.drift)[:, None], device.delay[:, None]

    def moved(time: Array) -> Array:
        late = time * pace + delay
        beyond = late >= seconds
        late[beyond] = float("nan")
        return late

    return replace(
        truth,
        onsets=moved(truth.onsets),
        upslopes=moved(truth.upslopes),
        systolic_peaks=moved(truth.systolic_peaks),
    )
