"""Every figure of a task: a line an encoder, a column for inputs and head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cardioprint.benchmark.report_page import standing, tables, wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.results import Score, TaskResult

MOST_COLUMNS = 9
"""Columns of a table beyond which the measures are divided over several."""

Column = tuple[str, str, str]
"""(measure, inputs, head)."""


def of_task(task: TaskResult, model: str) -> Markup | None:
    """Return the tables of a task: that of the headline open, others to be opened.

    Args:
        task: Which one.
        model: Stands in the first line.
    """
    if not task.scores:
        return None
    notes = _notes(task)
    said = tag("ul", *(tag("li", n) for n in notes), class_="notes") if notes else None
    heads = {s.head for s in task.scores} - {""}
    if len(heads) <= 1 and len(columns(task)) > MOST_COLUMNS:
        return join([tag("h4", "Side by side"), _lying(task, model), said])
    cells = {(s.encoder, stands(s)): s for s in reversed(task.scores)}
    groups = divided(columns(task))
    parts: list[Markup | None] = [tag("h4", "Side by side"), _table(task, model, groups[0], cells)]
    if groups[1:]:
        inside = join(_table(task, model, group, cells) for group in groups[1:])
        parts.append(tables.behind(inside, "Further measures", printed=True))
    return join([*parts, said])


def _notes(task: TaskResult) -> list[str]:
    """Return what is remarked of figures; what is said of all encoders is said once."""
    by_note: dict[str, dict[str, None]] = {}
    for s in task.scores:
        if s.note:
            by_note.setdefault(s.note, {})[s.encoder] = None
    encoders = {s.encoder for s in task.scores}
    return [
        note if set(of) == encoders and len(of) > 1 else f"{wording.listed(of)}: {note}"
        for note, of in by_note.items()
    ]


def stands(score: Score) -> Column:
    """Return where a figure stands: all that have no signal share one column."""
    return (score.measure, score.inputs, score.head if score.inputs else "")


def columns(task: TaskResult) -> list[Column]:
    """Return the columns: what stands for the task first, what has no signal last."""
    found = dict.fromkeys(stands(s) for s in task.scores)
    measures = list(dict.fromkeys((task.headline[2], *(c[0] for c in found))))
    inputs = list(dict.fromkeys((task.headline[0], *(c[1] for c in found))))
    heads = list(dict.fromkeys((task.headline[1], *(c[2] for c in found))))

    def place(one: Column) -> tuple[int, bool, int, int]:
        measure, signal, head = one
        return measures.index(measure), not signal, inputs.index(signal), heads.index(head)

    return sorted(found, key=place)


def _encoders(task: TaskResult, model: str) -> list[str]:
    found = dict.fromkeys(s.encoder for s in task.scores)
    return sorted(found, key=lambda e: e != model)


def divided(found: Sequence[Column]) -> list[list[Column]]:
    """Return columns in tables of which none is too wide; a measure is not torn apart."""
    by_measure: dict[str, list[Column]] = {}
    for column in found:
        by_measure.setdefault(column[0], []).append(column)
    out: list[list[Column]] = []
    for group in by_measure.values():
        if out and len(out[-1]) + len(group) <= MOST_COLUMNS:
            out[-1] += group
        else:
            out.append(list(group))
    return out


def _table(
    task: TaskResult, model: str, group: list[Column], cells: dict[tuple[str, Column], Score]
) -> Markup:
    encoders = [e for e in _encoders(task, model) if any((e, c) in cells for c in group)]
    digits, best = {}, {}
    for column in group:
        mine = [cells[e, column] for e in encoders if (e, column) in cells]
        digits[column] = wording.digits(column[0], (s.value for s in mine))
        top = standing.best(mine)
        # Equal to the eye is equal: all that print alike are bold.
        shown = wording.number(top.value, digits[column]) if top and len(mine) > 1 else None
        best[column] = shown
    kinds = {s.encoder: s.kind for s in task.scores}
    rows = []
    for encoder in encoders:
        line: list[object] = [
            join([encoder, tag("small", wording.KINDS.get(kinds[encoder], kinds[encoder]))])
        ]
        for column in group:
            s = cells.get((encoder, column))
            if s is None:
                line.append(tag("span", "", class_="none"))
                continue
            strong = wording.number(s.value, digits[column]) == best[column]
            line.append(tables.cell(s.value, s.low, s.high, digits[column], strong=strong))
        rows.append(line)
    label = f"All figures, {task.title}: {', '.join(dict.fromkeys(c[0] for c in group))}"
    head = ["Encoder", *(_head(c) for c in _told_once(group))]
    counts = _counts(cells[e, c] for e in encoders for c in group if (e, c) in cells)
    return join([tables.table(head, rows, label), tag("p", counts, class_="small")])


def _lying(task: TaskResult, model: str) -> Markup:
    """Return one table with a line a measure and a column an encoder."""
    encoders = _encoders(task, model)
    cells = {(s.encoder, (s.measure, s.inputs)): s for s in task.scores}
    # One direction after the other; within each, measures as they came.
    order = list(dict.fromkeys(s.inputs for s in task.scores))
    lines = dict.fromkeys((s.measure, s.inputs) for s in task.scores)
    rows = []
    for key in sorted(lines, key=lambda k: order.index(k[1])):
        mine = [cells[e, key] for e in encoders if (e, key) in cells]
        decimals = wording.digits(key[0], (s.value for s in mine))
        top = standing.best(mine)
        best = wording.number(top.value, decimals) if top and len(mine) > 1 else None
        way = f"{wording.inputs(key[1])}; " if key[1] else ""
        lower = "lower is better" if standing.lower(mine[0]) else ""
        line: list[object] = [
            join([wording.tied(key[0]), tag("small", f"{way}{lower}".rstrip("; "))])
        ]
        for encoder in encoders:
            s = cells.get((encoder, key))
            if s is None:
                line.append("")
                continue
            strong = wording.number(s.value, decimals) == best
            line.append(tables.cell(s.value, s.low, s.high, decimals, strong=strong))
        rows.append(line)
    table = tables.table(["Measure", *encoders], rows, f"All figures, {task.title}", name="lying")
    return join([table, tag("p", _counts(task.scores), class_="small")])


def _told_once(group: list[Column]) -> list[Column]:
    """Return columns whose measure is named only where it begins."""
    out: list[Column] = []
    for k, (measure, inputs, head) in enumerate(group):
        again = k > 0 and group[k - 1][0] == measure and len(group) > 1
        out.append(("" if again else measure, inputs, head))
    return out


def _head(column: Column) -> Markup:
    measure, inputs, head = column
    told = wording.head(head)
    return join(
        [
            tag("span", wording.tied(measure), class_="measure")
            if measure
            else tag("span", "\u00a0"),
            tag("small", " ".join(t for t in (wording.inputs(inputs) or "no signal", told) if t)),
        ]
    )


def _counts(scores: Iterable[Score]) -> str:
    found = list(scores)
    people, rows = {s.people for s in found}, {s.rows for s in found}

    def told(values: set[int]) -> str:
        low, high = min(values, default=0), max(values, default=0)
        each = wording.count(low), wording.count(high)
        return each[0] if low == high else f"{each[0]} to {each[1]}"

    return (
        f"The best in bold, whether or not it can be told apart. {told(people)} people, "
        f"{told(rows)} rows (windows, pairs of windows or people). Small: 95 % interval."
    )
