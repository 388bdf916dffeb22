"""A head, and what it answers about a recording: a value with an interval, or why there is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import ModelError, UnsafeFileError
from cardioprint.fingerprints.heads.answer import Answer, summarised
from cardioprint.fingerprints.heads.card import Card, from_json
from cardioprint.fingerprints.heads.graph import Graph, Outputs
from cardioprint.fingerprints.heads.onnx_bytes import MOST_BYTES
from cardioprint.runtime.folder import digest
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.fingerprints.result import Fingerprints

CARD, GRAPH = "head.json", "head.onnx"
"""Files of a head's folder."""

MOST_CARD_BYTES = 2**20
"""Of a head.json."""

BATCH = 4096
"""Windows in a call."""

MOST_STRANGE = 0.5
"""Share of a record's good windows that may be unlike the training people, too short or of other
signals; where more are, what is left is an accident, and the record gets no answer."""

SHORTER = 0.95
"""Share of the shortest training window below which a window holds too little signal."""

SAME_LEAD = {"MLII": "II", "ML2": "II"}
"""Other names of leads."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A head's view of every window of a record.

    Attributes:
        outputs: Of every window; meaningless where `reasons` says why.
        reasons: Why a window is left out; "" where it counts.
    """

    outputs: Outputs
    reasons: tuple[str, ...] = field(default=())


class Head:
    """A fitted head on a disk.

    Args:
        folder: With head.json and head.onnx.

    Raises:
        ModelError: Files are missing, damaged or of another layout.
        UnsafeFileError: They are not what a head consists of.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.card = read_card(folder)
        path = _inside(folder, GRAPH)
        if path.stat().st_size > MOST_BYTES:
            raise UnsafeFileError(
                f"{path.stat().st_size} bytes, a head's graph has at most {MOST_BYTES}", source=path
            )
        self._graph = Graph(path.read_bytes(), self.card, path)
        if digest(path) != self.card.graph:
            raise ModelError(
                f"{path} is not the graph its card describes (SHA-256 differs). "
                "Fix: fit the head again"
            )

    def __call__(self, vectors: NDArray[np.float32]) -> Outputs:
        """Return what the graph says of fingerprints of shape (window, feature).

        Raises:
            ModelError: They have another number of features.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.card.features:
            raise ModelError(
                f"head {self.card.name!r} reads {self.card.features} features, got vectors of "
                f"shape {vectors.shape}. Fix: use fingerprints of {self.card.model}"
            )
        parts = [self._graph(vectors[i : i + BATCH]) for i in range(0, len(vectors), BATCH)]
        if not parts:
            return self._graph(vectors)
        many = [p.replicates for p in parts if p.replicates is not None]
        return Outputs(
            output=np.concatenate([p.output for p in parts]),
            distance=np.concatenate([p.distance for p in parts]),
            replicates=np.concatenate(many) if many else None,
        )

    def judge(self, prints: Fingerprints) -> Judged:
        """Return the view of every window.

        Args:
            prints: Fingerprints of a record.

        Raises:
            ModelError: Another model's fingerprints.
        """
        card = self.card
        if prints.model != card.model:
            raise ModelError(
                f"head {card.name!r} belongs to {card.model}; {prints.source} holds fingerprints "
                f"of {prints.model}. Fix: fingerprint the recording with {card.model}, or fit the "
                "head on fingerprints of this model"
            )
        outputs = self(np.nan_to_num(prints.vectors))
        rows = [m in card.modality.split("+") for m in MODALITIES]
        least = SHORTER * min(card.population.seconds, default=0.0)
        known = None if prints.seconds is None else prints.seconds[:, rows]
        reasons = []
        for i, used in enumerate(prints.used):
            quality = prints.quality[i, rows]
            if not used.any():
                parts = prints.reasons[i].split("; ")
                told = [p for p in parts if p and not p.endswith("absent")]
                reasons.append("; ".join(told) or "no signal good enough")
            elif list(used) != rows:
                names = "+".join(m for m, u in zip(MODALITIES, used, strict=True) if u)
                reasons.append(f"{OTHER} {names}; this head reads {card.modality} alone")
            elif known is not None and (known[i] < least).any():
                reasons.append(f"{SHORT} {min(card.population.seconds):.1f} s")
            elif not (quality >= card.applicability.quality).all():
                reasons.append("quality below what the head accepts")
            elif not np.isfinite(prints.vectors[i]).all():
                reasons.append("the fingerprint is not finite")
            elif not outputs.distance[i] <= card.applicability.distance:
                reasons.append(UNLIKE)
            else:
                reasons.append("")
        return Judged(outputs=outputs, reasons=tuple(reasons))

    def answer(self, prints: Fingerprints) -> Answer:
        """Return the answer about a record.

        Probabilities are averaged over windows as log odds, numbers by their median.

        Args:
            prints: Its fingerprints.

        Raises:
            ModelError: Another model's fingerprints.
        """
        card, judged = self.card, self.judge(prints)
        use = np.array([not r for r in judged.reasons], bool)
        left_out = Counter(r for r in judged.reasons if r)
        why = self._why(use, left_out, prints)
        found: dict[str, tuple[float, ...]] = {}
        if not why:
            outputs = judged.outputs
            replicates = None if outputs.replicates is None else outputs.replicates[use]
            value, low, high = summarised(card, outputs.output[use], replicates)
            found = {"value": value, "low": low, "high": high}
            if card.kind == "classes":
                top = np.bincount(outputs.output[use].argmax(axis=1), minlength=len(card.outputs))
                found["shares"] = tuple(float(s) for s in top / use.sum())
        return Answer(
            head=card.name,
            record=prints.record,
            subject=prints.subject,
            source=prints.source,
            outputs=card.outputs,
            unit=card.unit,
            windows=len(prints),
            used=int(use.sum()) if not why else 0,
            abstained=dict(left_out.most_common()),
            level=card.interval.level,
            why=why,
            unchecked=() if why else self._unchecked(prints),
            **found,
        )

    def _unchecked(self, prints: Fingerprints) -> tuple[str, ...]:
        """Return the limits that could not be checked, for lack of facts."""
        population, out = self.card.population, []
        if population.seconds and prints.seconds is None:
            out.append("seconds of signal: not in the fingerprint file")
        if population.leads and "ecg" in self.card.modality:
            if prints.places is None:
                out.append("ECG lead: not in the fingerprint file")
            elif not prints.places[0]:
                out.append("ECG lead: the recording does not name it")
        return tuple(out)

    def _why(self, use: NDArray, left_out: Counter[str], prints: Fingerprints) -> str:
        """Return why there is no answer about a record, or ""."""
        card = self.card
        if len(prints) == 0:
            return f"too short: {prints.unused:.1f} s" if prints.unused >= 0 else "too short"
        lead = prints.places[0] if prints.places else ""
        lead = SAME_LEAD.get(lead, lead)
        known = card.population.leads
        if "ecg" in card.modality and lead and known and lead not in known:
            return f"lead {lead}; it learnt from {' and '.join(known)}"
        strange = Counter(
            {r: n for r, n in left_out.items() if r.startswith((UNLIKE, OTHER, SHORT))}
        )
        good = strange.total() + use.sum()
        if strange.total() > MOST_STRANGE * good:
            reason, count = strange.most_common(1)[0]
            return f"{count} of {good} good windows: {reason}"
        if not use.any():
            reason, count = left_out.most_common(1)[0]
            return f"no window to judge: {count} x {reason}"
        return ""


UNLIKE, OTHER, SHORT = "unlike the people it learnt from", "a fingerprint of", "shorter than"
"""How the reasons begin for windows that are good signals and yet none for this head."""


def read_card(folder: Path) -> Card:
    """Return the description in a head's folder.

    Raises:
        ModelError: Missing, damaged or of another layout.
        UnsafeFileError: Too large, or a link out of the folder.
    """
    path = _inside(folder, CARD)
    if path.stat().st_size > MOST_CARD_BYTES:
        raise UnsafeFileError(
            f"{path.stat().st_size} bytes, a card has at most {MOST_CARD_BYTES}", source=path
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read: {error}. Fix: fit the head again") from None
    return from_json(text, path)


def _inside(folder: Path, name: str) -> Path:
    """Return a file of the folder itself, not one that a link leads to."""
    path = folder / name
    if not path.is_file():
        raise ModelError(f"{folder} holds no {name}. Fix: give the folder of a head")
    if path.resolve().parent != folder.resolve():
        raise UnsafeFileError("a link out of its folder", source=path, fix="copy the file itself")
    return path
