"""Whether a figure could be too good: the leakage audit that is printed with every run.

Each check is a function that gives one line with a verdict. None of them proves that nothing
leaks; together they find what has made published figures too good: people on both sides, copies
under two names, labels that the device or the length gives away, and folds that are not folds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark import checks, controls
from cardioprint.benchmark.checks import Check, Verdict, worst
from cardioprint.benchmark.heads.base import Head, Kind, checked, outer_folds
from cardioprint.benchmark.heads.linear import Linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS = 3000
"""Rows, drawn at random, on which labels are shuffled and noise is judged."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """All lines of a task.

    Attributes:
        task: What was audited.
        checks: In order.
    """

    task: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all lines."""
        return worst([c.verdict for c in self.checks])

    def markdown(self) -> str:
        """Return the audit as a table."""
        lines = [f"Leakage audit of {self.task}: {self.verdict}.", ""]
        lines += ["| check | verdict | value | what was found |", "|---|---|---|---|"]
        for c in self.checks:
            value = f"{c.value:.3f}" if np.isfinite(c.value) else ""
            verdict = c.verdict if c.verdict == "pass" else f"**{c.verdict}**"
            lines.append(f"| {c.name} | {verdict} | {value} | {c.sentence} |")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain JSON."""
        listed = [
            asdict(c) | {"value": float(c.value) if np.isfinite(c.value) else None}
            for c in self.checks
        ]
        return {"task": self.task, "verdict": self.verdict, "checks": listed}


def audit(
    task: str,
    x: NDArray[np.floating],
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    *,
    tested: str = "",
    trained: Sequence[str] | None = (),
    windows: NDArray[np.floating] | None = None,
    metadata: Mapping[str, NDArray] | None = None,
    head: Head | None = None,
    seed: int = 0,
    draws: int = controls.DRAWS,
) -> Audit:
    """Return every check that the arrays at hand allow.

    Args:
        task: What is audited.
        x: Vectors, shape (row, feature).
        y: Labels, as for `Head.fit`.
        subject: Person of each row.
        kind: What y holds.
        tested: Database that the rows come from; "": not of the catalogue.
        trained: Databases that the encoder was trained on; None where nobody wrote them down.
        windows: What the vectors were made from, one modality, shape (row, time), or None.
        metadata: What is known of each row's recording (length, rate, device, missing share,
            quality, source); numbers or strings.
        head: What the vectors are judged with; default: `Linear`.
        seed: Of folds, shuffles and noise.
        draws: Shuffles of labels, and draws of noise.
    """
    x, y, subject = checked(x, y, subject, kind)
    head = head or Linear()
    out = [checks.people_across_folds(subject, outer_folds(y, subject, kind, seed))]
    if tested:
        out += [checks.pretraining(tested, trained)]
    if windows is not None:
        out += [checks.same_windows(windows, subject)]
    out += [checks.same_vectors(x, subject)]
    some = np.sort(np.random.default_rng(seed).permutation(len(x))[:MOST_ROWS])
    if len(np.unique(subject[some])) == len(np.unique(subject)):
        x, y, subject = x[some], y[some], subject[some]
        metadata = {k: np.asarray(v)[some] for k, v in (metadata or {}).items()}
    if metadata:
        out += [controls.metadata_probe(metadata, x, y, subject, kind, seed=seed)]
    out += [
        controls.shuffled_labels(x, y, subject, kind, head, draws=draws, seed=seed),
        controls.noise_vectors(x.shape[1], y, subject, kind, head, draws=draws, seed=seed),
        controls.constant_vectors(y, subject, kind, head, seed=seed),
    ]
    return Audit(task=task, checks=tuple(out))
