"""The README's table: one line a question, the model beside what it must beat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

AMONG = "Retrieval PPG -> ECG, same window, among {}, Recall@1"
PERSON = "Retrieval of the person, PPG -> another ECG window, among 46, Recall@1"
STABLE = "Stability when the window slides, d' against other people"
IDENTITY = "Identity, windows 4 min apart, equal error rate (a privacy floor, not a goal)"
RATE = "Heart rate by a linear probe, MAE in beats/min"
USUAL = "data set's lag known"

ROWS: tuple[tuple[str, str, str], ...] = (
    ("Heart rate from PPG, MAE/min", RATE, "from PPG"),
    ("Heart rate from ECG, MAE/min", RATE, "from ECG"),
    ("Heart rate from both, MAE/min", RATE, "from ECG + PPG"),
    ("PPG → ECG, r raw", "PPG -> ECG", "r raw"),
    ("PPG → ECG, r aligned", "PPG -> ECG", "r aligned"),
    ("PPG → ECG, R-peak F1 at 50 ms, raw", "PPG -> ECG", "F1@50 ms raw"),
    ("PPG → ECG, R-peak F1 at 50 ms, aligned", "PPG -> ECG", "F1@50 ms aligned"),
    ("ECG → PPG, r raw", "ECG -> PPG", "r raw"),
    ("ECG → PPG, r aligned", "ECG -> PPG", "r aligned"),
    ("Own ECG among 100 of others", AMONG.format("100 of other people"), USUAL),
    ("Own ECG among 1,000 of others", AMONG.format("1000 of other people"), USUAL),
    ("Own ECG within its record", AMONG.format("the windows of one record"), USUAL),
    (
        "… among 100, PPG moved by 80 ms",
        AMONG.format("100 of other people"),
        f"{USUAL}, PPG moved by 80 ms",
    ),
    (
        "… among 100, PPG moved by 160 ms",
        AMONG.format("100 of other people"),
        f"{USUAL}, PPG moved by 160 ms",
    ),
    (
        "… among 100, PPG moved by 240 ms",
        AMONG.format("100 of other people"),
        f"{USUAL}, PPG moved by 240 ms",
    ),
    ("The person from another window, of 46", PERSON, "shared half"),
    ("Stability, d' at 0.5 s, ECG", STABLE, "ECG, 0.5 s"),
    ("Stability, d' at 0.5 s, PPG", STABLE, "PPG, 0.5 s"),
    ("Identity from ECG, EER (a privacy floor)", IDENTITY, "ECG"),
    ("Identity from PPG, EER (a privacy floor)", IDENTITY, "PPG"),
)
"""(label, task, measure) of results.json."""


def table(results: list[dict[str, Any]], labelled: list[dict[str, Any]]) -> str:
    """Return the table as Markdown; the best of a line in bold, intervals in brackets."""
    lines = [
        "| | cardioprint | best trivial method | hand-made features | untrained |",
        "|---|---|---|---|---|",
    ]
    for label, task, measure in ROWS:
        lines.append(
            _line(label, [r for r in results if (r["task"], r["measure"]) == (task, measure)])
        )
    tasks = list(dict.fromkeys(r["task"] for r in labelled))
    lines += [_line(task, [r for r in labelled if r["task"] == task]) for task in tasks]
    return "\n".join(lines)


def _line(label: str, found: list[dict[str, Any]]) -> str:
    if not found:
        return f"| {label} | | | | |"
    lower = found[0]["better"] == "lower"
    neither = found[0]["better"] == "neither"
    told = "(told)"  # a method that is told what nobody knows is no rival
    hand = [r for r in found if r["method"] == "hand features"]
    trivial = [
        r for r in found if r["kind"] == "trivial" and r not in hand and told not in r["method"]
    ]
    columns = [
        _best([r for r in found if r["kind"] == "model"], lower),
        _best(trivial, lower),
        _best(hand, lower),
        _best([r for r in found if r["kind"] == "random"], lower),
    ]
    there = [c for c in columns if c is not None]
    top = None if neither else _best(there, lower)
    cells = []
    for i, c in enumerate(columns):
        if c is None:
            cells.append("")
            continue
        value = f"{c['value']:.2f}" if abs(c["value"]) >= 1 else f"{c['value']:.3f}"
        value = f"**{value}**" if c is top else value
        name = f"{c['method']}: " if i == 1 else ""
        cells.append(f"{name}{value} [{c['low']:.2f}, {c['high']:.2f}]")
    return f"| {label} | " + " | ".join(cells) + " |"


def _best(rows: list[dict[str, Any]], lower: bool) -> dict[str, Any] | None:
    if not rows:
        return None
    return (min if lower else max)(rows, key=lambda r: r["value"])


def write(folder: Path) -> Path:
    """Write summary.md from the results in a folder."""
    parts = [
        json.loads((folder / f"{name}.json").read_text())["results"]
        for name in ("results", "labelled")
    ]
    path = folder / "summary.md"
    path.write_text(table(*parts) + "\n")
    return path
