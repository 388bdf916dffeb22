"""One physiology for both signals: people, their beats, and what the beats do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from cardioprint.simulate.backend import Array, Backend, columns
from cardioprint.simulate.draws import Draws
from cardioprint.simulate.foci import Foci, draw_foci
from cardioprint.simulate.haemodynamics import Pulses, pulses
from cardioprint.simulate.person import Cohort
from cardioprint.simulate.rhythm import Beats, beats
from cardioprint.simulate.variability import Lines, Tone, draw_tone
from cardioprint.simulate.vectors import Vectors, draw_vectors

Effort = Callable[[Array], Array]


@dataclass(frozen=True, kw_only=True)
class Physiology:
    """What happens in some people while something records them.

    Render it with `render_ecg` and `render_ppg`, at any rate, lead and site.

    Attributes:
        people: As this recording finds them.
        lifelong: Chance that a person keeps.
        draws: Chance of the record.
        seconds: Length of the record.
        tone: Breathing and slow waves.
        foci: Ectopic beats and runs.
        beats: Beats and P waves.
        pulses: Their pulses.
        vectors: Shapes of the ECG.
        wide_escape: bool, shape (person,): escape beats come from the ventricles.
        breathing_depth: Share by which inspiration shrinks the QRS.
        pulse_breathing: Share by which it shrinks a pulse.
        pulse_pace: Duration of a pulse over the average person's.
    """

    people: Cohort
    lifelong: Draws
    draws: Draws
    seconds: float
    tone: Tone
    foci: Foci
    beats: Beats
    pulses: Pulses
    vectors: Vectors
    wide_escape: Array
    breathing_depth: Array
    pulse_breathing: Array
    pulse_pace: Array

    @property
    def backend(self) -> Backend:
        """Where the arrays live."""
        return self.draws.backend

    def rows(self, which: slice) -> Physiology:
        """Return some of the people with all that happens to them."""
        return _rows(self, which)

    def breath_at(self, row: Array, time: Array) -> Array:
        """Return breathing (-1 to 1) of people `row` at `time`, both of shape (event,)."""
        b, breath = self.backend, self.tone.breath
        angle = breath.speed[row] * time + breath.phase[row]
        drift = breath.drift
        for size, speed, phase in zip(drift.size, drift.speed, drift.phase, strict=True):
            angle = angle + size[row] * b.xp.cos(speed[row] * time + phase[row])
        return b.xp.sin(angle)


def _rows(value: Any, which: slice) -> Any:
    """Return the rows of every array in a structure of arrays."""
    if isinstance(value, Lines):
        return Lines(**{f.name: getattr(value, f.name)[:, which] for f in fields(value)})
    if isinstance(value, Draws):
        return replace(value, people=value.people[which])
    if is_dataclass(value):
        parts = {f.name: _rows(getattr(value, f.name), which) for f in fields(value)}
        return type(value)(**parts)
    return value if isinstance(value, float | int) else value[which]


def live(
    people: Cohort,
    lifelong: Draws,
    draws: Draws,
    *,
    seconds: float,
    change: float = 0.1,
    foci: Foci | None = None,
    effort: Effort | None = None,
) -> Physiology:
    """Let some people live through a record.

    Args:
        people: As the recording finds them (`person.visit`).
        lifelong: Chance of record 0 of the same people.
        draws: Chance of the record.
        seconds: Its length.
        change: Chance that a record with an arrhythmia shows its beginning or end.
        foci: Ectopic beats and runs; drawn if None.
        effort: Physical effort, 0 to 1, at any instants (person,) or (person, time); none if None.
    """
    tone = draw_tone(people, draws, seconds=seconds)
    if foci is None:
        foci = draw_foci(people, draws, seconds=seconds, change=change)
    vectors = draw_vectors(people, lifelong)
    found = beats(
        people, draws, tone, foci, seconds=seconds, qrs_onset=vectors.onset[:, 0], effort=effort
    )
    u = columns(lifelong.uniform("habits", 4))
    return Physiology(
        people=people,
        lifelong=lifelong,
        draws=draws,
        seconds=seconds,
        tone=tone,
        foci=foci,
        beats=found,
        pulses=pulses(people, found, foci, tone, draws, effort=effort),
        vectors=vectors,
        wide_escape=foci.escape > 60 / 45,
        breathing_depth=0.03 + 0.07 * u[0],
        pulse_breathing=0.03 + 0.09 * u[1],
        pulse_pace=0.94 + 0.12 * u[2],
    )
