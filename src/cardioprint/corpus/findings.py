"""What a check of a corpus has to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

NAMED = 5
"""Places named of each kind of finding; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One kind of thing that was found.

    Attributes:
        kind: One or two words, the same wherever this is found.
        text: What is wrong, or what is worth knowing.
        error: Whether the corpus must not be used like this; else a warning.
        count: Places.
        where: Some of them.
        fix: What can be done.
    """

    kind: str
    text: str
    error: bool = True
    count: int = 1
    where: tuple[str, ...] = ()
    fix: str = ""

    def lines(self) -> list[str]:
        """Return it as text."""
        head = f"{'error' if self.error else 'warning':8} {self.kind}: {self.text}"
        if self.count > 1:
            head += f" ({self.count:,} times)"
        rest = [f"           {place}" for place in self.where[:NAMED]]
        if self.where and self.count > len(rest):
            rest.append(f"           and {self.count - len(rest):,} more")
        if self.fix:
            rest.append(f"           fix: {self.fix}")
        return [head, *rest]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a check.

    Attributes:
        findings: Errors first.
        facts: What was looked at, in words.
    """

    findings: tuple[Finding, ...]
    facts: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings are no errors."""
        return not any(f.error for f in self.findings)

    def kinds(self) -> set[str]:
        """Return the kinds of errors."""
        return {f.kind for f in self.findings if f.error}

    def lines(self) -> list[str]:
        """Return it as text, one line each."""
        found = [line for f in self.findings for line in f.lines()]
        errors = sum(f.error for f in self.findings)
        warnings = len(self.findings) - errors
        verdict = "nothing wrong" if not errors else f"{errors} kinds of errors"
        return [*self.facts, *found, f"result   {verdict}, {warnings} kinds of warnings"]


@dataclass(kw_only=True)
class Collector:
    """Gathers findings of the same kind."""

    _held: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        text: str,
        where: Iterable[str] = (),
        *,
        count: int | None = None,
        error: bool = True,
        fix: str = "",
    ) -> None:
        """Note a finding.

        Args:
            kind: See `Finding`.
            text: See `Finding`; the same text is counted together.
            where: Places.
            count: Number of places; default: those named, at least one.
            error: See `Finding`.
            fix: See `Finding`.
        """
        places = tuple(where)
        old = self._held.get((kind, text))
        known = old.where if old else ()
        named = known + tuple(p for p in places if p not in known)
        self._held[kind, text] = Finding(
            kind=kind,
            text=text,
            error=error,
            count=(old.count if old else 0) + (max(1, len(places)) if count is None else count),
            where=named[:NAMED],
            fix=fix,
        )

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take in findings made elsewhere."""
        for f in findings:
            self.add(f.kind, f.text, f.where, count=f.count, error=f.error, fix=f.fix)

    def findings(self) -> tuple[Finding, ...]:
        """Return all, errors first."""
        return tuple(sorted(self._held.values(), key=lambda f: not f.error))
