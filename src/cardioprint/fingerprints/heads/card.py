"""What a head says of itself: where it comes from, how good it is, and when it keeps silent."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from cardioprint.errors import ModelError

FORMAT = 1
"""Layout of a head's folder; a reader refuses layouts that it does not know."""

Kind = Literal["classes", "labels", "number"]
"""One of several classes; one or more labels that are there or not; a number."""

MODALITIES = ("ecg", "ppg", "ecg+ppg")
"""What a fingerprint can be of, as fingerprint files write it."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""Of a head: also the name of its folder."""

LONGEST_TEXT, MOST_ITEMS = 4000, 1000
"""Characters of a text and items of a list beyond which a card is not one of ours."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A data set that a head learnt from."""

    name: str
    """Publisher and reference."""
    licence: str
    """The publisher's."""
    people: int
    """In the training rows."""
    windows: int
    """In the training rows."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """Whom a head learnt from."""

    people: int
    """Copies of one recording under two names count once."""
    windows: int
    """Training rows."""
    sources: tuple[Source, ...]
    """Data sets."""
    age: tuple[float, ...] = ()
    """Years, of people: lowest, 5, 25, 50, 75, 95 %, highest; empty where unknown."""
    male: float | None = None
    """Share of the people whose sex is known; None where unknown."""
    leads: tuple[str, ...] = ()
    """ECG leads; empty for PPG, or where the files did not say."""
    sites: tuple[str, ...] = ()
    """PPG sites; empty for ECG, or where the files did not say."""
    rates: tuple[float, ...] = ()
    """Sampling rates, hertz."""
    seconds: tuple[float, ...] = ()
    """Shortest and longest signal in a window."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """A measure with its 95 % interval over people."""

    measure: str
    """E.g. "macro AUROC"."""
    on: str
    """Whose records, and that the head had not seen them."""
    method: str
    """What was measured: "this head", or what stands beside it."""
    value: float
    low: float
    high: float
    people: int
    units: int
    """Answers judged: records, or people where several records make one answer."""
    better: Literal["higher", "lower"] = "higher"


@dataclass(frozen=True, kw_only=True)
class Interval:
    """How an answer's interval is made."""

    method: Literal["conformal", "bootstrap"]
    """Numbers: quantiles of the errors on people it had not seen. Probabilities: heads fitted on
    resampled people, in the same graph."""
    level: float
    """Share of people whose true value lies inside (numbers), or of such heads (probabilities)."""
    below: float = 0.0
    """Added to a number for the lower limit: at most 0."""
    above: float = 0.0
    """Added for the upper limit: at least 0."""
    replicates: int = 0
    """Heads on resampled people in the graph."""
    lowest: float | None = None
    """No value lies below; None: no such limit."""


@dataclass(frozen=True, kw_only=True)
class Abstention:
    """How often a head keeps silent on some windows that had quality enough."""

    on: str
    """Which windows."""
    windows: int
    people: int
    share: float
    """Of the windows that passed the quality check, those too short or too unlike the training
    people."""


@dataclass(frozen=True, kw_only=True)
class Applicability:
    """When a head keeps silent."""

    quality: float
    """Signal quality below which a window is not judged, 0 to 1."""
    distance: float
    """Distance from the training people beyond which a window is not judged."""
    quantile: float
    """Share of windows of people it had not seen that lie nearer: where the limit was put."""
    measured: tuple[Abstention, ...] = ()
    """What came of it."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything about a head but its numbers, which are in the graph."""

    format: int
    name: str
    task: str
    """One line."""
    kind: Kind
    outputs: tuple[str, ...]
    """Classes or labels; for a number, its one name."""
    unit: str
    """Of a number; "" for probabilities."""
    model: str
    """Identifier of the fingerprint model; a head refuses fingerprints of any other."""
    weights: str
    """SHA-256 of that model's weights."""
    features: int
    """Numbers in its fingerprint."""
    modality: str
    """One of `MODALITIES`."""
    prevalence: tuple[float, ...]
    """Share of the training answers of each output; for a number, its mean."""
    population: Population
    scores: tuple[Score, ...]
    statement: str
    """In plain words: how good it is."""
    not_for: str
    """In plain words: what it must not be used for."""
    interval: Interval
    applicability: Applicability
    graph: str
    """SHA-256 of head.onnx."""
    made_by: str
    """Version of cardioprint that fitted it."""
    notes: tuple[str, ...] = ()
    """What else a reader should know: licences, defects of the data."""

    def __post_init__(self) -> None:
        wrong = ""
        if self.format != FORMAT:
            wrong = f"layout {self.format!r} is not the layout {FORMAT} this release reads"
        elif not NAME.fullmatch(self.name):
            wrong = f"name {self.name!r} is not lower-case letters, digits and _"
        elif self.modality not in MODALITIES:
            wrong = f"modality {self.modality!r} is not one of {', '.join(MODALITIES)}"
        elif not 1 <= len(self.outputs) <= 100 or len(self.prevalence) != len(self.outputs):
            wrong = f"{len(self.outputs)} outputs with {len(self.prevalence)} prevalences"
        elif self.kind == "number" and len(self.outputs) != 1:
            wrong = "a number has one output"
        elif self.kind == "classes" and len(self.outputs) < 2:
            wrong = "classes are at least two"
        elif not 1 <= self.features <= 65536:
            wrong = f"{self.features} features"
        elif self.interval.below > 0 or self.interval.above < 0 or not 0 < self.interval.level < 1:
            wrong = "the interval does not enclose its value"
        elif (self.interval.method == "conformal") != (self.kind == "number"):
            wrong = f"{self.interval.method} intervals do not belong to {self.kind}"
        elif self.kind != "number" and not 2 <= self.interval.replicates <= 1000:
            wrong = f"{self.interval.replicates} replicates"
        elif not (0 <= self.applicability.quality <= 1 and self.applicability.distance > 0):
            wrong = "its limits of quality and distance are no limits"
        if wrong:
            raise ModelError(f"head {self.name!r}: {wrong}. Fix: fit it again with this release")

    @property
    def headline(self) -> Score:
        """The first score of the head itself."""
        return next(s for s in self.scores if s.method == "this head")

    def to_json(self) -> str:
        """Return the card as JSON."""
        return json.dumps(asdict(self), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def from_json(text: str, where: object = "head.json") -> Card:
    """Return the card of a JSON text, every field checked.

    Raises:
        ModelError: Something is missing, unknown, of another type, not finite or too large.
    """
    try:
        content = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where} is not a head's description: {error}") from None
    if isinstance(content, dict) and content.get("format") != FORMAT:
        raise ModelError(
            f"{where}: head layout {content.get('format')!r} is not the layout {FORMAT} this "
            "release reads. Fix: use the release that wrote it, or fit the head again"
        )
    try:
        card = _built(Card, content, "card")
    except _WrongFieldError as error:
        raise ModelError(f"{where}: {error}. Fix: fit the head again") from None
    if not any(s.method == "this head" for s in card.scores):
        raise ModelError(f"{where}: there is no score of the head itself. Fix: fit it again")
    return card


class _WrongFieldError(Exception):
    """A field of a card is not what it must be."""


def _refused(text: str) -> float:
    raise ValueError(f"{text} is no number of a card")


T = TypeVar("T")


def _built(cls: type[T], content: Any, where: str) -> T:
    """Return a dataclass of plain JSON."""
    if not isinstance(content, dict):
        raise _WrongFieldError(f"{where} is not an object")
    hints = get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}  # pyright: ignore[reportArgumentType]  (a dataclass)
    if strange := sorted(set(content) - set(known)):
        raise _WrongFieldError(f"{where} has an unknown field {strange[0][:40]!r}")
    if absent := sorted(set(known) - set(content)):
        raise _WrongFieldError(f"{where}.{absent[0]} is missing")
    return cls(**{k: _value(hints[k], v, f"{where}.{k}") for k, v in content.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    """Return a JSON value as a field's type."""
    options, origin = get_args(hint), get_origin(hint)
    if origin is Literal:
        if value not in options:
            known = ", ".join(options)
            raise _WrongFieldError(f"{where} is {str(value)[:40]!r}, not one of {known}")
        return value
    if origin is tuple:
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise _WrongFieldError(f"{where} is not a list of at most {MOST_ITEMS} items")
        return tuple(_value(options[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if type(None) in options:
        return None if value is None else _value(options[0], value, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return _built(hint, value, where)
    if hint is str:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise _WrongFieldError(f"{where} is not a text of at most {LONGEST_TEXT} characters")
        return "".join(c for c in value if c.isprintable())
    if isinstance(value, bool) or not isinstance(value, int if hint is int else int | float):
        raise _WrongFieldError(f"{where} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _WrongFieldError(f"{where} is not finite")
    return value if hint is int else number
