"""When the atria and the ventricles of many people beat.

A small machine of events, the same for all: the sinus node (or an ectopic focus) fires an atrial
impulse, the node conducts it or not, and a ventricular beat comes from that impulse, from a
premature focus, from a tachycardia, or from an escape rhythm. Compensatory pauses, dropped beats
and dissociation follow from the machine. Every step takes each person's next event, so that the
loop runs over events and the arrays over people. Runs of an arrhythmia begin and end as a Markov
chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend, columns
from cardioprint.simulate.classes import Beat, Rhythm
from cardioprint.simulate.conduction import (
    CYCLES,
    REFRACTORY,
    REFRACTORY_AFTER_ECTOPIC,
    Node,
    draw_node,
)
from cardioprint.simulate.foci import AFTER, BEFORE, NEVER, Foci

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.person import Cohort
    from cardioprint.simulate.variability import Tone

APART = 2.5
"""Seconds at least between two premature beats of a kind."""

FOCUS = {
    Rhythm.ATRIAL_FIBRILLATION: Beat.NORMAL,
    Rhythm.ATRIAL_FLUTTER: Beat.NORMAL,
    Rhythm.SUPRAVENTRICULAR_TACHYCARDIA: Beat.SUPRAVENTRICULAR,
    Rhythm.VENTRICULAR_TACHYCARDIA: Beat.VENTRICULAR,
}
"""Rhythms in which the ventricles follow a clock other than the sinus node, and their beats."""

QT_LAG = 60.0
"""Seconds: time constant with which QT follows the rate (Razak 2011: a minute)."""

CONCEALED = 0.35
"""Share of the usual interval by which a fibrillating heart waits longer after a premature
ventricular beat, which enters the node from below (our choice of size)."""

EFFORT_RISE, EFFORT_CALM = 0.30, 0.6
"""Gain in heart rate and loss in its variability at full effort (mild exercise, our choice)."""


@dataclass(frozen=True, kw_only=True)
class Beats:
    """Beats of some records; rows are padded, `valid` says where something is.

    Attributes:
        time: Seconds from the record's zero to the R peak, shape (person, beat).
        valid: bool, same shape.
        kind: int64, `Beat`.
        rr: Seconds from the beat before.
        steady_rr: Seconds: RR as QT remembers it.
        sinus_rr: Seconds: interval of the sinus node at that moment.
        pr: Seconds from the onset of the P wave that was conducted to the QRS; NaN where none was.
        qt: Seconds.
        rhythm: int64, `Rhythm` at the beat.
        atrial_time: Seconds to the onset of the P wave, shape (person, atrial).
        atrial_valid: bool.
        atrial_premature: bool: from an ectopic focus.
    """

    time: Array
    valid: Array
    kind: Array
    rr: Array
    steady_rr: Array
    sinus_rr: Array
    pr: Array
    qt: Array
    rhythm: Array
    atrial_time: Array
    atrial_valid: Array
    atrial_premature: Array


def beats(
    people: Cohort,
    draws: Draws,
    tone: Tone,
    foci: Foci,
    *,
    seconds: float,
    qrs_onset: Array,
    effort: Callable[[Array], Array] | None = None,
) -> Beats:
    """Let every heart beat from `BEFORE` a record until `AFTER` it.

    Args:
        people: Whose.
        draws: Chance of the record.
        tone: Breathing and slow rhythms of the record.
        foci: What drives ectopic beats.
        seconds: Its length.
        qrs_onset: Seconds from the beginning of each person's QRS to R.
        effort: Physical effort from 0 to 1 at any instants, shape (person,).
    """
    node = draw_node(people, draws)
    machine = _Machine(people, draws, tone, foci, node, qrs_onset, effort)
    return machine.run(seconds + AFTER)


class _Machine:
    """The state of all hearts; every array has shape (person,)."""

    def __init__(
        self,
        people: Cohort,
        draws: Draws,
        tone: Tone,
        foci: Foci,
        node: Node,
        qrs_onset: Array,
        effort: Callable[[Array], Array] | None,
    ) -> None:
        self.people, self.draws, self.tone = people, draws, tone
        self.foci, self.node, self.effort = foci, node, effort
        self.qrs_onset = qrs_onset
        self.b: Backend = draws.backend
        xp, one = self.b.xp, self.b.xp.ones_like(people.age)
        self.flutter = people.rhythm == Rhythm.ATRIAL_FLUTTER
        self.fibrillation = people.rhythm == Rhythm.ATRIAL_FIBRILLATION
        self.tachycardia = people.rhythm == Rhythm.VENTRICULAR_TACHYCARDIA
        self.focal, self.run_kind = self.b.flags(len(people)), 0 * people.rhythm + int(Beat.NORMAL)
        for code, kind in FOCUS.items():
            here = people.rhythm == code
            self.focal = self.focal | here
            self.run_kind = xp.where(here, 0 * people.rhythm + int(kind), self.run_kind)
        start = draws.uniform("start", 3)
        self.never = NEVER * one
        self.sinus_rr = 60 / people.heart_rate
        self.present = foci.present
        in_focus = self._in_focus()
        period = xp.where(in_focus, foci.run, self.sinus_rr)
        first = -BEFORE + start[:, 0] * period
        self.next_atrial = xp.where(self._silent_atria(), self.never, first)
        self.next_own = xp.where(in_focus, first, first + foci.escape * (0.2 + start[:, 1]))
        self.next_own = xp.where(self.node.closed | in_focus, self.next_own, self.never)
        self.next_kind = self._own_kind()
        self.on_its_way = self.never
        self.early_now = self.b.flags(len(people))
        self.way_early = self.early_now
        self.way_pr = 0 * one
        self.last = first - period
        self.last_ectopic = self.early_now
        self.count = self.b.to_int(start[:, 2] * 3)
        self.cycle = self.b.to_int(CYCLES[0] + start[:, 1] * (CYCLES[1] - CYCLES[0]))
        self.memory = xp.where(
            self.node.closed, foci.escape, xp.where(in_focus, self._mean_run(), self.sinus_rr)
        )
        self.due_atrial, self.due_ventricular = foci.first_atrial, foci.first_ventricular
        self.switch = foci.switch

    def _in_focus(self) -> Array:
        return self.present & self.focal

    def _silent_atria(self) -> Array:
        """True where the atria have no P waves of their own; VT leaves the sinus node alone."""
        return self.present & self.focal & ~self.tachycardia

    def _mean_run(self) -> Array:
        two, upto = columns(self.foci.ratios)
        mean = 2 * two + 3 * (upto - two) + 4 * (1 - upto)
        return self.foci.run * self.b.xp.where(self.flutter, mean, 1 + 0 * two)

    def _own_kind(self) -> Array:
        """Return the kind of the next beat that no atrial impulse makes."""
        escape = 0 * self.run_kind + int(Beat.ESCAPE)
        return self.b.xp.where(self._in_focus(), self.run_kind, escape)

    def _sinus(self, time: Array) -> Array:
        """Return the sinus interval at `time`, seconds."""
        change = self.tone.sinus(time, self.b)
        if self.effort is None:
            return self.b.xp.maximum(self.sinus_rr + change, 0.55 * self.sinus_rr)
        work = self.effort(time)
        rr = self.sinus_rr / (1 + EFFORT_RISE * work)
        return self.b.xp.maximum(rr + (1 - EFFORT_CALM * work) * change, 0.55 * rr)

    def run(self, until: float, chunk: int = 16) -> Beats:
        """Step until every heart is past `until`, seconds."""
        steps: list[tuple[Array, ...]] = []
        block = 0
        while True:
            u = self.draws.uniform(f"step {block}", chunk, 3)
            z = self.draws.normal(f"noise {block}", chunk)
            time = self.never
            for i in range(chunk):
                step = self._step(u[:, i, 0], u[:, i, 1], u[:, i, 2], z[:, i])
                steps.append(step)
                time = step[0]
            block += 1
            if bool(self.b.xp.all(time > until)):
                return self._collect(steps, until)

    def _step(self, u: Array, v: Array, w: Array, z: Array) -> tuple[Array, ...]:
        """Take every person's next event."""
        xp = self.b.xp
        ventricular_next = xp.minimum(self.on_its_way, self.next_own)
        atrial = self.next_atrial < ventricular_next
        time = xp.minimum(self.next_atrial, ventricular_next)
        sinus = self._sinus(time)
        early = self.early_now & atrial
        self._atrial(atrial, time, sinus, v)
        kind, rr, pr, rhythm = self._ventricular(~atrial, time, sinus, u, w, z)
        return time, atrial, early, kind, rr, self.memory, sinus, pr, rhythm

    def _atrial(self, now: Array, time: Array, sinus: Array, v: Array) -> None:
        """Conduct an atrial impulse where there is one, and plan the next."""
        xp = self.b.xp
        need = xp.where(
            self.last_ectopic, 0 * time + REFRACTORY_AFTER_ECTOPIC, 0 * time + REFRACTORY
        )
        block = self.present
        node = self.node
        arrives, pr = Node(
            pr=node.pr,
            step=node.step,
            wenckebach=node.wenckebach & block,
            mobitz=node.mobitz & block,
            closed=node.closed & block,
        ).conduct(time - self.last, need, self.count, self.cycle, self.b)
        arrives = arrives & now & (self.on_its_way >= NEVER) & (self.next_own > time + 0.06)
        lost = now & ~arrives & (self.count >= self.cycle)
        span = self.b.to_int(CYCLES[0] + v * (CYCLES[1] - CYCLES[0] + 1))
        self.cycle = xp.where(lost, span, self.cycle)
        self.count = xp.where(lost, 0 * self.count, self.count + self.b.to_int(arrives))
        self.on_its_way = xp.where(arrives, time + pr + self.qrs_onset, self.on_its_way)
        self.way_pr = xp.where(arrives, pr, self.way_pr)
        self.way_early = xp.where(arrives, self.early_now, self.way_early)
        due = now & (time >= self.due_atrial) & ~self.early_now
        reset = xp.where(self.early_now, 1.0 + 0.15 * v, 1 + 0 * v)
        wait = xp.where(due, self.foci.early, reset) * sinus
        self.next_atrial = xp.where(now, time + wait, self.next_atrial)
        gap = -xp.log(v) * 3600 / self.people.premature_atrial
        self.due_atrial = xp.where(due, time + APART + gap, self.due_atrial)
        self.early_now = xp.where(now, due, self.early_now)

    def _ventricular(
        self, now: Array, time: Array, sinus: Array, u: Array, w: Array, z: Array
    ) -> tuple[Array, ...]:
        """Let the ventricles beat where they do, and plan what they do on their own."""
        xp, b, foci = self.b.xp, self.b, self.foci
        conducted = now & (self.on_its_way <= self.next_own)
        made = xp.where(
            self.way_early, b.to_int(self.way_early) * int(Beat.ATRIAL_PREMATURE), 0 * self.count
        )
        kind = xp.where(conducted, made, self.next_kind)
        rr = (time - self.last).clip(0.15, 4.0)
        pr = xp.where(conducted, self.way_pr, float("nan") + 0 * time)
        follow = (1 - xp.exp(-rr / QT_LAG)) * (rr - self.memory)
        self.memory = xp.where(now, self.memory + follow, self.memory)
        rhythm = xp.where(self.present, self.people.rhythm, 0 * self.people.rhythm)
        ectopic = kind == Beat.VENTRICULAR

        turn = now & (time >= self.switch)
        self.present = self.present ^ turn
        stay = -xp.log(w) * xp.where(self.present, foci.dwell, foci.rest)
        self.switch = xp.where(turn, time + 2.0 + stay, self.switch)
        focus, silent = self._in_focus(), self._silent_atria()

        usual = xp.where(focus, foci.run, xp.minimum(rr, 1.3 * sinus))
        after_qt = xp.maximum(foci.coupling * usual, 0.36 + 0 * rr)
        run = self._run_interval(u, z)
        # Where the atria fibrillate, a focus can only beat before the next conducted beat does.
        room = ~focus | (self.fibrillation & (after_qt < run))
        run = xp.where(ectopic & self.fibrillation, run + CONCEALED * foci.run, run)
        premature = now & (time >= self.due_ventricular) & ~ectopic & room
        gap = -xp.log(u) * 3600 / self.people.premature_ventricular
        self.due_ventricular = xp.where(premature, time + APART + gap, self.due_ventricular)
        own = xp.where(focus, run, foci.escape * (1 + 0.01 * z))
        own = xp.where(premature, after_qt, own)
        self.next_own = xp.where(now, time + own, self.next_own)
        next_kind = xp.where(premature, 0 * self.count + int(Beat.VENTRICULAR), self._own_kind())
        self.next_kind = xp.where(now, next_kind, self.next_kind)
        back = now & turn & ~silent & (self.next_atrial >= NEVER)
        self.next_atrial = xp.where(back, time + 1.25 * sinus, self.next_atrial)
        self.next_atrial = xp.where(now & silent, self.never, self.next_atrial)
        self.on_its_way = xp.where(now, self.never, self.on_its_way)
        self.last = xp.where(now, time, self.last)
        self.last_ectopic = xp.where(now, ectopic, self.last_ectopic)
        return kind, rr, pr, rhythm

    def _run_interval(self, u: Array, z: Array) -> Array:
        """Return seconds to the next beat of a run."""
        xp, foci = self.b.xp, self.foci
        log_normal = xp.exp(foci.spread * z - 0.5 * foci.spread**2)
        two, upto = columns(foci.ratios)
        ratio = xp.where(u < two, 2 + 0 * u, xp.where(u < upto, 3 + 0 * u, 4 + 0 * u))
        return (foci.run * xp.where(self.flutter, ratio, 1 + 0 * u) * log_normal).clip(0.27, 3.0)

    def _collect(self, steps: list[tuple[Array, ...]], until: float) -> Beats:
        """Sort the events into beats and P waves, each packed to the left."""
        xp = self.b.xp
        time, atrial, early, kind, rr, memory, sinus, pr, rhythm = (
            xp.stack(list(column), axis=1) for column in zip(*steps, strict=True)
        )
        inside = time <= until
        beat, valid = self.b.packed(~atrial & inside)
        wave, wave_valid = self.b.packed(atrial & inside)
        steady = self.b.along(memory, beat)
        return Beats(
            time=self.b.along(time, beat),
            valid=valid,
            kind=self.b.along(kind, beat),
            rr=self.b.along(rr, beat),
            steady_rr=steady,
            sinus_rr=self.b.along(sinus, beat),
            pr=self.b.along(pr, beat),
            qt=self.people.qtc[:, None] * steady ** (1 / 3),
            rhythm=self.b.along(rhythm, beat),
            atrial_time=self.b.along(time, wave),
            atrial_valid=wave_valid,
            atrial_premature=self.b.along(early, wave),
        )
