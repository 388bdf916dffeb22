"""What a build still has to do: units to be claimed, and those of them that are ours."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cardioprint.corpus.place import Lock, Place
from cardioprint.corpus.records import QUARANTINED, Ledger
from cardioprint.corpus.units import Unit, parts_of

if TYPE_CHECKING:
    from cardioprint.datasets.base import Entry


class Agenda:
    """The units still to be prepared, and those of them that are claimed by this build."""

    def __init__(self, place: Place, ledger: Ledger, units: Sequence[Unit], *, retry: bool):
        self._place, self._ledger = place, ledger
        self._claims: dict[str, Lock] = {}
        self._open: Counter[str] = Counter()
        self._ours: deque[Unit] = deque()
        self._alone: deque[Unit] = deque()
        self._suspects: set[str] = set()
        self._again: dict[str, str] = {}
        self.kept = self.total = 0
        self.changed: list[str] = []
        entries = [e for u in units for e in u.entries]
        for entry in entries:
            self._compare(entry, retry)
        self.total = sum(self._todo(e) for e in entries)
        self.kept = len(entries) - self.total
        self._waiting = deque(u for u in units if any(map(self._todo, u.entries)))

    def _compare(self, entry: Entry, retry: bool) -> None:
        """Note what is to be done about a recording that was met before."""
        known = self._ledger.get(entry.key)
        if known is None:
            return
        failed = known.status == QUARANTINED
        if failed and retry:
            self._again[entry.key] = known.time
        elif known.changed(entry):
            if failed:
                self._again[entry.key] = known.time
            else:
                self.changed.append(entry.key)

    def _todo(self, entry: Entry) -> bool:
        known = self._ledger.get(entry.key)
        return known is None or (
            known.status == QUARANTINED and self._again.get(entry.key) == known.time
        )

    def left(self) -> bool:
        """Return whether anything is still to be done, here or by another builder."""
        return bool(self._waiting or self._ours or self._alone)

    def take(self) -> Unit | None:
        """Return a unit that is ours to prepare; None where others have claimed what is left."""
        if self._ours:
            return self._ours.popleft()
        for _ in range(len(self._waiting)):
            unit = self._waiting.popleft()
            lock = self._place.lock(f"units/{unit.name}")
            if not lock.take(wait=False):
                self._waiting.append(unit)
                continue
            self._ledger.refresh()  # somebody else may just have finished it
            left = tuple(e for e in unit.entries if self._todo(e))
            if left:
                self._claims[unit.name] = lock
                self._open[unit.name] = 1
                return replace(unit, entries=left)
            lock.free(remove=True)
        return None

    def take_alone(self) -> Unit | None:
        """Return a recording that killed its worker, to be tried once more on its own."""
        return self._alone.popleft() if self._alone else None

    def again(self, unit: Unit) -> None:
        """Put a unit that is ours back."""
        self._ours.append(unit)

    def suspect(self, unit: Unit, at: int) -> bool:
        """Set a recording that killed its worker apart; return False if it did so before."""
        rest, alone = parts_of(unit, at)
        key = alone.entries[0].key
        if key in self._suspects:
            return False
        self._suspects.add(key)
        self._alone.append(alone)
        if rest:
            self._ours.append(rest)
            self._open[unit.name] += 1
        return True

    def finished(self, unit: Unit) -> None:
        """Give up the claim of a unit when all parts of it are done."""
        self._open[unit.name] -= 1
        if self._open[unit.name] == 0 and unit.name in self._claims:
            self._claims.pop(unit.name).free(remove=True)

    def free(self) -> None:
        """Give up all claims."""
        for lock in self._claims.values():
            lock.free()
        self._claims.clear()
