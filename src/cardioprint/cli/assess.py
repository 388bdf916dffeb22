"""`cardioprint assess`: what all heads say of one recording, on one screen."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from cardioprint.cli.use import Columns, One, _progress, _reader
from cardioprint.errors import ModelError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from cardioprint.fingerprints.heads.answer import Answer
    from cardioprint.fingerprints.heads.card import Card

TRACK = 28
"""Characters of the line on which a probability and its interval are drawn."""


def assess(
    record: One,
    /,
    heads: tuple[Path, ...] = (),
    json_: Annotated[bool, tyro.conf.arg(name="json")] = False,
    lead: str = "",
    site: str = "",
    model: str = "tiny",
    precision: str = "int8",
    columns: Columns = (),
    rate: float | None = None,
    units: str | None = None,
) -> int:
    """Show what all heads say of a recording: values with intervals, or why a head keeps silent.

    Research use; not a medical device; no diagnosis.

    $ cardioprint assess record.hea

    $ cardioprint assess ppg.csv --columns red=ppg:finger --rate 100 --json

    $ cardioprint assess night.edf --heads heads/

    Args:
        record: The recording.
        heads: Folders of your own heads, shown after the shipped ones.
        json_: Print JSON instead.
        lead: ECG lead or channel.
        site: PPG site or channel.
        model: Packaged model or model folder.
        precision: int8 or float32.
        columns: As for `fingerprint`.
        rate: As for `fingerprint`.
        units: As for `fingerprint`.
    """
    from cardioprint.fingerprints.heads import shelf
    from cardioprint.fingerprints.heads.files import ask
    from cardioprint.fingerprints.heads.head import Head
    from cardioprint.fingerprints.pipeline import session

    engine = session(model, precision)
    shipped = [Head(f) for f in shelf.shipped_for(engine.folder)]
    fitting = [h for h in shipped if h.card.model == engine.model_id]
    asked = fitting + [Head(f) for f in shelf.local(heads)]
    if not asked:
        raise ModelError(
            f"no head belongs to {engine.model_id} ({len(shipped)} belong to other weights). Fix: "
            "fit some: python -m cardioprint.benchmark.heads.research, or `cardioprint head fit`"
        )
    with _progress("heads") as update:
        answers = ask(
            asked,
            record,
            lead=lead,
            site=site,
            model=model,
            precision=precision,
            progress=lambda share: update(round(1000 * share), 1000),
            reader=_reader(columns, rate, units, ""),
        )
    pairs = [(h.card, a) for h, a in zip(asked, answers, strict=True)]
    if json_:
        print(json.dumps(as_json(pairs, engine.model_id), indent=1, allow_nan=False))
        return 0
    from rich.console import Console

    show(pairs, engine.model_id, Console())
    return 0


def as_json(pairs: list[tuple[Card, Answer]], model: str) -> dict[str, Any]:
    """Return everything as plain JSON."""
    from cardioprint.fingerprints.heads.markdown import NOTICE

    first = pairs[0][1]
    return {
        "record": first.record,
        "subject": first.subject,
        "source": first.source,
        "model": model,
        "notice": NOTICE,
        "heads": [
            {
                **{k: v for k, v in asdict(a).items() if k not in ("record", "subject", "source")},
                "task": c.task,
                "modality": c.modality,
                "kind": c.kind,
                "prevalence": c.prevalence,
                "statement": c.statement,
                "not_for": c.not_for,
            }
            for c, a in pairs
        ],
    }


def show(pairs: list[tuple[Card, Answer]], model: str, console: Console) -> None:
    """Print the answers, those that there are first."""
    from rich.console import Group
    from rich.markup import escape
    from rich.panel import Panel
    from rich.rule import Rule
    from rich.text import Text

    from cardioprint.fingerprints.heads.markdown import NOTICE

    given = [(c, a) for c, a in pairs if not a.why]
    silent = [(c, a) for c, a in pairs if a.why]
    parts: list[RenderableType] = []
    for card, answer in given:
        parts += [*_answer(card, answer, console), Text("")]
    if not given:
        parts += [Text("No head answers.", style="bold"), Text("")]
    if silent:
        parts.append(Rule("silent", style="dim", align="left"))
        for card, answer in silent:
            line = Text(f"{card.name:18}", style="dim bold")
            parts.append(line.append(answer.why, style="not bold dim"))
        parts.append(Text(""))
    parts.append(Text(NOTICE, style="bold yellow"))
    first = pairs[0][1]
    title = f"[bold]{escape(first.record)}[/bold]"
    who = f"subject {escape(first.subject)}, " if first.subject else ""
    width = min(console.width, 100)
    console.print(Panel(Group(*parts), title=title, subtitle=f"[dim]{who}{model}[/dim]",
                        title_align="left", subtitle_align="right", padding=(1, 2),
                        width=width))  # fmt: skip


def _answer(card: Card, answer: Answer, console: Console) -> list[Text]:
    """Return the lines of one head."""
    from rich.text import Text

    head = Text(card.task, style="bold")
    windows = f"   {answer.used} of {answer.windows} windows"
    lines = [head.append(windows, style="not bold dim")]
    level = f"{100 * answer.level:g} %"
    if card.kind == "number":
        value = Text("  ").append(f"{answer.value[0]:.0f}", style="bold cyan")
        value.append(f" {card.unit}", style="cyan")
        value.append(f"   {answer.low[0]:.0f} to {answer.high[0]:.0f}")
        lines.append(value.append(f"   ({level} interval)", style="dim"))
    else:
        order = range(len(answer.outputs))
        top = max(order, key=lambda i: answer.value[i])
        for i in order:
            line = Text(f"  {answer.outputs[i]:13}"[:15])
            line.append(f"{100 * answer.value[i]:4.0f} %  ", style="bold cyan" if i == top else "")
            line.append(_track(answer, card, i, console))
            between = f"{100 * answer.low[i]:.0f} to {100 * answer.high[i]:.0f} %"
            line.append(f"  {between:12}")
            if answer.shares and answer.used > 1:
                line.append(f"{100 * answer.shares[i]:4.0f} %", style="dim")
            lines.append(line)
        legend = f"  {level} interval; {_marks(console)[3]} share in its training data"
        legend += "; last: of the windows" if answer.shares and answer.used > 1 else ""
        lines.append(Text(legend, style="dim"))
    lines += [Text(f"  not checked: {limit}", style="yellow") for limit in answer.unchecked]
    lines.append(Text(card.statement, style="dim italic"))
    return lines


def _marks(console: Console) -> tuple[str, str, str, str]:
    """Return the characters of a track: line, interval, value, share in the training data."""
    if console.options.ascii_only:
        return (".", "-", "o", "|")
    return ("·", "━", "●", "┆")


def _track(answer: Answer, card: Card, i: int, console: Console) -> Text:
    """Return a line from 0 to 1 with the interval, the value and the training data's share."""
    from rich.text import Text

    blank, between, value, usual = _marks(console)

    def at(p: float) -> int:
        return min(int(p * TRACK), TRACK - 1)

    cells = [(blank, "dim")] * TRACK
    for k in range(at(answer.low[i]), at(answer.high[i]) + 1):
        cells[k] = (between, "cyan")
    cells[at(card.prevalence[i])] = (usual, "yellow")
    cells[at(answer.value[i])] = (value, "bold cyan")
    out = Text()
    for mark, style in cells:
        out.append(mark, style=style)
    return out
