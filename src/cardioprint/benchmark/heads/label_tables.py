"""A fingerprint file and a table of labels, joined: what a user fits a head on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.heads.judging import Rows
from cardioprint.errors import RecordError
from cardioprint.fingerprints.heads.card import MOST_ITEMS, Kind, Population, Source
from cardioprint.fingerprints.heads.files import read_fingerprints
from cardioprint.fingerprints.heads.head import SAME_LEAD
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.fingerprints.result import Fingerprints

KEYS = ("record", "subject")
"""Columns by which labels find their fingerprints, the first that the table has."""

MOST_CLASSES = 20
"""More values than this are no classes."""

QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Windows with labels.

    Attributes:
        rows: What a head is fitted on.
        population: Whom they come from.
        kind: Of the labels.
        outputs: Classes, labels or the number's name.
        modality: What the fingerprints are of.
        model: Identifier of the model that made them.
        left_out: Why other windows are not used, and how many.
    """

    rows: Rows
    population: Population
    kind: Kind
    outputs: tuple[str, ...]
    modality: str
    model: str
    left_out: dict[str, int]


def join(
    fingerprints: Path,
    labels: Path,
    label: Sequence[str],
    *,
    kind: Kind | None = None,
    modality: str = "",
    beside: Sequence[str] = (),
    licence: str = "not stated",
) -> Joined:
    """Return the windows of a fingerprint file with their labels.

    Args:
        fingerprints: What `cardioprint fingerprint` wrote.
        labels: CSV or Parquet with a column `record` or `subject`, and `start_s` where windows
            have labels of their own. Columns `age` and `sex` describe the people.
        label: Column of the label, or several of 0 and 1.
        kind: Of the labels; default: text is classes, 0 and 1 a label, anything else a number.
        modality: Which fingerprints; default: there is one kind only.
        beside: Columns of numbers that make a baseline.
        licence: Of the data, for the card.

    Raises:
        RecordError: A column is missing, nothing fits together, or people are not told apart.
    """
    table = read_table(labels)
    key = next((k for k in KEYS if k in table), "")
    if not key:
        raise RecordError(
            f"there is no column {' or '.join(KEYS)}", source=labels, field="record",
            fix="name the column whose values the fingerprint file has",
        )  # fmt: skip
    for name in (*label, *beside):
        if name not in table:
            raise RecordError(
                f"there is no column {name!r}", source=labels, field=name,
                fix=f"it has {', '.join(sorted(table))}",
            )  # fmt: skip
    place = _places(table, key, labels)
    vectors, index, unit, person, used, facts = [], [], [], [], [], []
    left_out: Counter[str] = Counter()
    model = ""
    for prints in read_fingerprints(fingerprints):
        model = prints.model
        for i in range(len(prints)):
            names = "+".join(m for m, u in zip(MODALITIES, prints.used[i], strict=True) if u)
            name = prints.record if key == "record" else prints.subject
            at = place.get((name, round(float(prints.start[i]), 2)), place.get((name, None), -1))
            if not names:
                left_out["abstained"] += 1
            elif at < 0:
                left_out[f"{key} not in the label table"] += 1
            else:
                vectors.append(prints.vectors[i])
                index.append(at)
                unit.append(f"{prints.source}|{prints.record}")
                person.append(prints.subject or str(table.get("subject", [""] * (at + 1))[at]))
                used.append(names)
                facts.append(_facts(prints, i))
    if not vectors:
        raise RecordError(
            f"no window has a label ({_said(left_out) or 'the fingerprint file is empty'})",
            source=labels,
            fix=f"the column {key} must hold what the fingerprint file's column {key} holds",
        )
    modality = _modality(used, modality, fingerprints)
    y, kind, outputs = _labels(table, label, kind, labels)
    at = np.array(index)
    keep = np.array([u == modality for u in used]) & known(y[at])
    left_out["other modality or label unknown"] += int((~keep).sum())
    if not keep.any():
        raise RecordError("no window has a label", source=labels, field=label[0])
    if "" in np.array(person)[keep] or "None" in np.array(person)[keep]:
        raise RecordError(
            "who the people are is not known", source=fingerprints, field="subject",
            fix="give the label table a column subject: folds are dealt by person",
        )  # fmt: skip
    at = at[keep]
    each = "start_s" in table
    units = np.array(unit)[keep]
    rows = Rows(
        vectors=np.stack(vectors)[keep].astype(np.float32),
        y=y[at] if kind == "number" else y[at].astype(int),
        person=np.array(person)[keep],
        unit=np.array([f"{u}|{a}" for u, a in zip(units, at, strict=True)]) if each else units,
        baselines={" + ".join(beside): _numbers(table, beside, labels)[at]} if beside else {},
    )
    return Joined(
        rows=rows,
        population=replace(
            _population(table, at, rows, fingerprints.name, licence),
            **_limits([f for f, k in zip(facts, keep, strict=True) if k]),
        ),
        kind=kind,
        outputs=outputs,
        modality=modality,
        model=model,
        left_out={k: v for k, v in left_out.items() if v},
    )


def _facts(prints: Fingerprints, window: int) -> tuple[float, str, str]:
    """Return seconds of signal of a window, its lead and its site; NaN and "" where unknown."""
    if prints.seconds is None or prints.places is None:
        return (float("nan"), "", "")
    ecg, ppg = prints.used[window]
    lead, site = prints.places
    seconds = float(prints.seconds[window, prints.used[window]].min())
    return (seconds, SAME_LEAD.get(lead, lead) if ecg else "", site if ppg else "")


def _limits(facts: list[tuple[float, str, str]]) -> dict[str, tuple[float, ...] | tuple[str, ...]]:
    """Return seconds, leads and sites that a head learnt from, each where all windows say."""
    seconds, leads, sites = zip(*facts, strict=True)
    known = bool(np.isfinite(seconds).all())
    return {
        "seconds": (float(min(seconds)), float(max(seconds))) if known else (),
        "leads": tuple(sorted(set(leads))) if all(leads) else (),
        "sites": tuple(sorted(set(sites))) if all(sites) else (),
    }


def read_table(path: Path) -> dict[str, list[Any]]:
    """Return the columns of a CSV or Parquet file.

    Raises:
        RecordError: It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() == ".parquet":
            found = pq.read_table(path)
        else:  # record and subject stay text: "007" is no number
            text = dict.fromkeys(KEYS, pa.string())
            convert = pyarrow.csv.ConvertOptions(column_types=text)
            found = pyarrow.csv.read_csv(path, convert_options=convert)
        return {name: found[name].to_pylist() for name in found.column_names}
    except (OSError, pa.ArrowException) as error:
        raise RecordError(
            f"the label table cannot be read ({str(error)[:200]})",
            source=path,
            fix="give CSV with a heading, or Parquet",
        ) from None


def known(y: NDArray) -> NDArray[np.bool_]:
    """Return which rows have all their labels."""
    return np.asarray(np.isfinite(y.reshape(len(y), -1)).all(axis=1))


def _places(
    table: dict[str, list[Any]], key: str, where: Path
) -> dict[tuple[str, float | None], int]:
    """Return the row of the label table for (record or subject, start or None)."""
    starts = table.get("start_s", [None] * len(table[key]))
    out: dict[tuple[str, float | None], int] = {}
    for i, (name, start) in enumerate(zip(table[key], starts, strict=True)):
        at = (str(name), None if start is None else round(float(start), 2))
        if at in out:
            raise RecordError(
                f"{key} {name!r} stands there twice", source=where, field=key,
                fix="one row each; several windows of a record are told apart by start_s",
            )  # fmt: skip
        out[at] = i
    return out


def _modality(used: list[str], asked: str, where: Path) -> str:
    counts = Counter(used)
    if asked and asked in counts:
        return asked
    if len(counts) == 1 and not asked:
        return used[0]
    raise RecordError(
        f"it holds fingerprints of {_said(counts)}"
        + (f", none of {asked}" if asked else ": a head reads one kind"),
        source=where,
        field="modality",
        fix=f"give --modality {next(iter(counts))}",
    )


def _labels(
    table: dict[str, list[Any]], label: Sequence[str], kind: Kind | None, where: Path
) -> tuple[NDArray[np.float64], Kind, tuple[str, ...]]:
    """Return labels as numbers, NaN where unknown, their kind and the outputs' names."""
    values = [v for v in table[label[0]] if v is not None]
    text = any(isinstance(v, str) for v in values)
    if len(label) > 1:
        y, kind = _numbers(table, label, where), "labels"
    elif text or kind == "classes":
        names = sorted({str(v) for v in values if str(v)})
        if not 2 <= len(names) <= MOST_CLASSES:
            raise RecordError(
                f"{len(names)} different values are no classes", source=where, field=label[0],
                fix=f"classes are 2 to {MOST_CLASSES}; for numbers give --kind number",
            )  # fmt: skip
        numbers = {name: float(i) for i, name in enumerate(names)}
        y = np.array([numbers.get(str(v), np.nan) for v in table[label[0]]])
        return y, "classes", tuple(names)
    else:
        y = _numbers(table, label, where)[:, 0]
        binary = bool(np.isin(y[np.isfinite(y)], (0, 1)).all())
        kind = kind or ("labels" if binary else "number")
    if kind == "labels" and not np.isin(y[np.isfinite(y)], (0, 1)).all():
        raise RecordError(
            "labels must be 0 or 1", source=where, field=label[0],
            fix="for numbers give --kind number",
        )  # fmt: skip
    return y, kind, tuple(label)


def _numbers(table: dict[str, list[Any]], names: Sequence[str], where: Path) -> NDArray[np.float64]:
    """Return columns as numbers, shape (row, column); NaN where missing."""
    out = []
    for name in names:
        try:
            out.append([np.nan if v is None or v == "" else float(v) for v in table[name]])
        except (TypeError, ValueError) as error:
            raise RecordError(
                f"it holds something that is no number ({error})", source=where, field=name
            ) from None
    return np.array(out).T


def _population(
    table: dict[str, list[Any]], at: NDArray, rows: Rows, name: str, licence: str
) -> Population:
    """Return whom the windows come from, as far as the table says."""
    _, first = np.unique(rows.person, return_index=True)
    age = np.array([_number(table.get("age", []), int(i)) for i in at[first]])
    age = age[np.isfinite(age)]
    letters = [str(v or "").upper()[:1] for v in table.get("sex", [])]
    sex = [letters[int(i)] for i in at[first]] if letters else []
    sex = [s for s in sex if s in ("M", "F")]
    source = Source(name=name, licence=licence, people=len(first), windows=len(rows.y))
    return Population(
        people=len(first),
        windows=len(rows.y),
        sources=(source,),
        age=tuple(float(a) for a in np.quantile(age, QUANTILES)) if len(age) else (),
        male=sex.count("M") / len(sex) if sex else None,
    )


def _number(values: list[Any], at: int) -> float:
    try:
        return float(values[at])
    except (IndexError, TypeError, ValueError):
        return float("nan")


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{v} x {k}" for k, v in counts.most_common(MOST_ITEMS))
