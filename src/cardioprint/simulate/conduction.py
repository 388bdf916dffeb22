"""From an atrial impulse to the ventricle: how long it takes, and whether it arrives.

Normal conduction slows a little after a short recovery. Wenckebach: PR grows from beat to beat by
ever smaller steps until one impulse is lost (Mobitz 1924; Katz & Pick 1956). Mobitz II: PR is
constant and impulses are lost now and then. Third degree: none arrives (Kusumoto 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend
from cardioprint.simulate.classes import Rhythm

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.person import Cohort

REFRACTORY, REFRACTORY_AFTER_ECTOPIC = 0.16, 0.42
"""Seconds after a ventricular beat in which an atrial impulse finds the way blocked. A premature
ventricular beat conducts backwards into the node, hence the compensatory pause."""

DECREMENT, DECREMENT_TIME = 0.07, 0.12
"""Seconds that PR gains after the shortest recovery, and how fast that wears off (our choice,
after Billette 1994)."""

CYCLES = (2, 6)
"""Least and most beats conducted before one is lost."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """The atrioventricular node of each person.

    Attributes:
        pr: Seconds at rest, shape (person,).
        step: Seconds that the second beat of a Wenckebach cycle gains.
        wenckebach: bool: loses beats after growing PR.
        mobitz: bool: loses beats with constant PR.
        closed: bool: conducts nothing.
    """

    pr: Array
    step: Array
    wenckebach: Array
    mobitz: Array
    closed: Array

    def conduct(
        self, recovery: Array, refractory: Array, count: Array, cycle: Array, b: Backend
    ) -> tuple[Array, Array]:
        """Say whether an impulse arrives and after how long.

        Args:
            recovery: Seconds since the last ventricular beat, shape (person,).
            refractory: Seconds needed.
            count: Beats conducted since the last one lost.
            cycle: Conducted beats in this cycle.
            b: Where the arrays live.

        Returns:
            (arrives, seconds).
        """
        xp = b.xp
        tired = DECREMENT * xp.exp(-(recovery - REFRACTORY).clip(0.0, 9.0) / DECREMENT_TIME)
        grown = 2 * self.step * (1 - 0.5 ** b.to_float(count))
        gained = xp.where(self.wenckebach, grown, xp.where(self.mobitz, 0 * tired, tired))
        lost = (self.wenckebach | self.mobitz) & (count >= cycle)
        return (recovery > refractory) & ~lost & ~self.closed, self.pr + gained


def draw_node(people: Cohort, draws: Draws) -> Node:
    """Draw the node that a record finds.

    Wenckebach starts from a long PR and gains 0.02-0.06 s, as clinics see it.
    """
    u = draws.uniform("node", 2)
    wenckebach = people.rhythm == Rhythm.WENCKEBACH
    return Node(
        pr=draws.backend.xp.where(wenckebach, 0.18 + 0.06 * u[:, 0], people.pr),
        step=0.02 + 0.04 * u[:, 1],
        wenckebach=wenckebach,
        mobitz=people.rhythm == Rhythm.MOBITZ_2,
        closed=people.rhythm == Rhythm.THIRD_DEGREE_BLOCK,
    )
