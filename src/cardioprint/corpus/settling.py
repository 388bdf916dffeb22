"""What becomes of prepared units: they are committed, at once or many together."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cardioprint.corpus import commits
from cardioprint.corpus.units import PreparedUnit, Unit, quarantined
from cardioprint.corpus.workers import Lost

if TYPE_CHECKING:
    from cardioprint.corpus.agenda import Agenda
    from cardioprint.corpus.place import Place
    from cardioprint.corpus.records import Ledger


class Tally(Protocol):
    """Where a build counts what it has done."""

    def forget(self, unit: Unit) -> None:
        """Leave out a unit that has ended."""
        ...

    def add(self, prepared: PreparedUnit) -> None:
        """Take in a unit that was committed."""
        ...


class Settling:
    """Commits what workers have prepared, and sees what is to be done where one died.

    Args:
        place: The corpus.
        ledger: What is in it.
        agenda: What is to be done.
        tally: Where the build counts.
        every: Seconds between commits; 0: each unit by itself.
    """

    def __init__(self, place: Place, ledger: Ledger, agenda: Agenda, tally: Tally, every: float):
        self._place, self._ledger, self._agenda, self._tally = place, ledger, agenda, tally
        self._every, self._last = every, time.monotonic()
        self._held: list[tuple[Unit, PreparedUnit]] = []

    def take(self, unit: Unit, outcome: PreparedUnit | Lost) -> None:
        """Take in what became of a unit."""
        if isinstance(outcome, Lost):
            self._tally.forget(unit)
            if not 0 <= outcome.at < len(unit.entries):
                self._agenda.again(unit)
                return
            if self._agenda.suspect(unit, outcome.at):
                return
            outcome = quarantined(unit, f"{outcome.reason}, twice")
        self._held.append((unit, outcome))
        if time.monotonic() - self._last >= self._every:
            self.commit()

    def commit(self) -> None:
        """Commit what is held: all of it or, where another build was faster, nothing."""
        held, self._held = self._held, []
        self._last = time.monotonic()
        if not held:
            return
        whole = PreparedUnit.together([prepared for _, prepared in held])
        taken = commits.commit(self._place, self._ledger, whole)
        discarded = whole.has_windows_of(taken)
        for unit, prepared in held:
            self._tally.forget(unit)
            if not discarded:
                self._tally.add(prepared.without(taken))
            elif rest := tuple(e for e in unit.entries if e.key not in taken):
                self._agenda.again(replace(unit, entries=rest))
                continue
            self._agenda.finished(unit)
