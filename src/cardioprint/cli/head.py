"""Verbs for heads: what a fingerprint says of a label."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from cardioprint.cli.use import Columns, _progress, _reader
from cardioprint.errors import CardioprintError, RecordError

if TYPE_CHECKING:
    from cardioprint.fingerprints.heads.answer import Answer
    from cardioprint.fingerprints.heads.head import Head

Prints = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FINGERPRINTS")]
Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="HEAD")]
Files = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE...")]
Folders = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER...")]

FORMATS = (".csv", ".parquet", ".json")


def fit(
    fingerprints: Prints,
    /,
    labels: Path,
    label: tuple[str, ...],
    out: Path,
    name: str = "",
    kind: Literal["auto", "classes", "labels", "number"] = "auto",
    unit: str = "",
    modality: str = "",
    beside: tuple[str, ...] = (),
    task: str = "",
    licence: str = "not stated",
    model: str = "tiny",
    seed: int = 0,
) -> int:
    """Fit a head on fingerprints and a table of labels, and judge it by person.

    The folder gets head.onnx and head.json: scores with intervals on people the head had not
    seen, its training population, and the limits beyond which it keeps silent.

    $ cardioprint head fit all.parquet --labels patients.csv --label hypertension --out heads/htn

    $ cardioprint head fit all.parquet --labels p.csv --label age --unit years --out heads/age

    $ cardioprint head fit all.parquet --labels p.csv --label MI CD HYP --beside age --out heads/ecg

    Args:
        fingerprints: Parquet file that `cardioprint fingerprint` wrote.
        labels: CSV or Parquet with a column record or subject; with start_s, labels of windows.
        label: Column of the label, or several of 0 and 1.
        out: Folder to write.
        name: Of the head; default: the folder's.
        kind: Of the label; auto: text is classes, 0 and 1 a label, anything else a number.
        unit: Of a number.
        modality: ecg, ppg or ecg+ppg, where the file holds several kinds of fingerprints.
        beside: Columns of numbers (age, bmi) on which a baseline is fitted.
        task: One line for `head list`.
        licence: Of the data.
        model: The model of the fingerprints: packaged, or a model folder.
        seed: Of folds and resampling.
    """
    from cardioprint.benchmark.heads import export
    from cardioprint.benchmark.heads.judging import Spec
    from cardioprint.benchmark.heads.label_tables import join
    from cardioprint.benchmark.heads.onnx_graph import need_onnx
    from cardioprint.benchmark.heads.words import statement, worth_shipping
    from cardioprint.fingerprints.pipeline import session

    need_onnx()
    engine = session(model)
    found = join(
        fingerprints,
        labels,
        label,
        kind=None if kind == "auto" else kind,
        modality=modality,
        beside=beside,
        licence=licence,
    )
    if found.model != engine.model_id:
        raise RecordError(
            f"it holds fingerprints of {found.model}, not of {engine.model_id}",
            source=fingerprints,
            fix="give their model with --model",
        )
    spec = Spec(
        name=name or out.name,
        task=task or f"{', '.join(label)} from {found.modality.upper()}",
        kind=found.kind,
        outputs=found.outputs,
        unit=unit or ("units" if found.kind == "number" else ""),
        not_for="Research only: no diagnosis, no treatment, no screening of a person.",
    )
    with _Said() as say:
        made = export.fit(
            spec,
            found.rows,
            found.population,
            engine,
            found.modality,
            seed=seed,
            progress=say,
        )
    made = export.with_words(made, statement(made))
    export.save(made, out)
    print(f"{len(found.rows.y)} windows of {found.population.people} people in {out}")
    for why, count in found.left_out.items():
        print(f"  left out: {count} x {why}")
    print(made.card.statement)
    if why := worth_shipping(made):
        print(f"Beware: this head is no better than chance: {why}")
    return 0


def list_(
    folders: Folders = (), /, json_: Annotated[bool, tyro.conf.arg(name="json")] = False
) -> int:
    """List the shipped heads, and those in folders of your own.

    $ cardioprint head list

    $ cardioprint head list heads/ --json

    Args:
        folders: Heads, or folders of heads.
        json_: Print the cards as JSON.
    """
    from dataclasses import asdict

    from cardioprint.errors import ModelError
    from cardioprint.fingerprints.heads import shelf
    from cardioprint.fingerprints.heads.head import read_card
    from cardioprint.fingerprints.heads.markdown import NOTICE, figures

    shipped = set(shelf.shipped().values())
    cards, damaged = [], []
    for folder in [*sorted(shipped), *shelf.local(folders)]:
        try:
            cards.append((folder, read_card(folder)))
        except (ModelError, RecordError) as error:
            damaged.append(str(error))
    if json_:
        print(json.dumps([{"folder": str(f), **asdict(c)} for f, c in cards], indent=1))
    else:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        grid = Table(title="Heads", title_justify="left", caption=NOTICE, caption_justify="left")
        for heading in ("name", "task", "reads", "people", "score (95 % interval)"):
            grid.add_column(heading, overflow="fold")
        for folder, card in cards:
            score = card.headline
            name = card.name if folder in shipped else str(folder)
            grid.add_row(
                f"{escape(name)}\n[dim]{card.model}[/dim]",
                escape(card.task),
                card.modality.upper(),
                str(card.population.people),
                f"{escape(score.measure)}\n{escape(figures(score))}\n[dim]{escape(score.on)}[/dim]",
            )
        Console().print(grid)
    for message in damaged:
        print(f"  cannot be used: {message}")
    return 3 if damaged else 0


def apply(
    head: Name,
    files: Files,
    /,
    out: Path | None = None,
    lead: str = "",
    site: str = "",
    model: str = "tiny",
    precision: str = "int8",
    columns: Columns = (),
    rate: float | None = None,
    units: str | None = None,
    subject: str = "",
) -> int:
    """Ask a head about recordings or fingerprint files: a value with an interval, or why not.

    Exit code 3: some files could not be used, the others are done. A fingerprint file gives the
    answers that its recordings would, where it holds fingerprints of what the head reads and
    nothing else; limits that a file of an older release does not allow to check are named.

    $ cardioprint head apply age_ecg record.hea

    $ cardioprint head apply heads/htn recordings/ all.parquet --out answers.csv

    Args:
        head: Shipped head (see `head list`), or a folder that `head fit` wrote.
        files: Recordings, folders of recordings, or Parquet files of `cardioprint fingerprint`.
        out: CSV, Parquet or JSON file to write; default: print a table.
        lead: ECG lead or channel.
        site: PPG site or channel.
        model: Model for recordings.
        precision: int8 or float32.
        columns: As for `fingerprint`.
        rate: As for `fingerprint`.
        units: As for `fingerprint`.
        subject: As for `fingerprint`.
    """
    from cardioprint.fingerprints.heads import files as sources
    from cardioprint.fingerprints.heads import shelf
    from cardioprint.fingerprints.many import recordings

    if out is not None and out.suffix.lower() not in FORMATS:
        raise RecordError(
            f"{out.suffix or 'no suffix'!r} is no format", source=out, field="out",
            fix=f"choose {', '.join(FORMATS)}",
        )  # fmt: skip
    asked = shelf.find(head)
    options: dict[str, Any] = {
        "lead": lead,
        "site": site,
        "model": model,
        "precision": precision,
        "reader": _reader(columns, rate, units, subject),
    }
    prints = [Path(f) for f in files if sources.is_fingerprints(Path(f))]
    rest = [f for f in files if Path(f) not in prints]
    listed = [*prints, *(recordings(rest) if rest else [])]
    if not listed:
        raise RecordError(
            "no recording found",
            source=", ".join(files),
            fix="see docs/formats.md for what can be read",
        )
    answers: list[Answer] = []
    failed: list[str] = []
    with _progress(asked.card.name) as update:
        for done, file in enumerate(listed):
            update(done, len(listed))
            try:
                if file in prints:
                    answers += [asked.answer(p) for p in sources.read_fingerprints(Path(file))]
                else:
                    answers += sources.ask([asked], Path(file), **options)
            except CardioprintError as error:
                failed.append(str(error))
    if answers and out is not None:
        write_answers(answers, asked, out)
        print(f"{len(answers)} records in {out}; {sum(bool(a.why) for a in answers)} abstained")
    elif answers:
        _print_answers(answers, asked)
    for message in failed:
        print(f"  failed: {message}")
    if failed and not answers:
        raise CardioprintError(f"none of {len(listed)} files could be used")
    return 3 if failed else 0


def answer_rows(answers: list[Answer]) -> list[dict[str, Any]]:
    """Return one row an output and record."""
    rows = []
    for a in answers:
        for i, output in enumerate(a.outputs):
            value, low, high = (v[i] if v else None for v in (a.value, a.low, a.high))
            rows.append(
                {
                    "head": a.head,
                    "record": a.record,
                    "subject": a.subject,
                    "source": a.source,
                    "output": output,
                    "value": value,
                    "low": low,
                    "high": high,
                    "level": a.level,
                    "unit": a.unit or "probability",
                    "share_of_windows": a.shares[i] if a.shares else None,
                    "windows": a.windows,
                    "used": a.used,
                    "abstained": "; ".join(f"{v} x {k}" for k, v in a.abstained.items()),
                    "why": a.why,
                    "unchecked": "; ".join(a.unchecked),
                }
            )
    return rows


def write_answers(answers: list[Answer], head: Head, out: Path) -> None:
    """Write answers as CSV, Parquet or JSON, by the file's suffix."""
    from cardioprint.fingerprints.heads.markdown import NOTICE

    out.parent.mkdir(parents=True, exist_ok=True)
    rows, kind = answer_rows(answers), out.suffix.lower()
    if kind == ".json":
        about = {"notice": NOTICE, "model": head.card.model, "statement": head.card.statement}
        out.write_text(json.dumps({**about, "answers": rows}, indent=1) + "\n")
        return
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows)
    if kind == ".parquet":
        pq.write_table(table.replace_schema_metadata({"notice": NOTICE}), out)
    else:
        pyarrow.csv.write_csv(table, out)


def _print_answers(answers: list[Answer], head: Head) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from cardioprint.fingerprints.heads.markdown import NOTICE

    grid = Table(title=head.card.task, title_justify="left", caption=NOTICE)
    for heading in (
        "record",
        "answer",
        f"{100 * head.card.interval.level:g} % interval",
        "windows",
    ):
        grid.add_column(heading, overflow="fold")
    for a in answers:
        windows = f"{a.used} of {a.windows}"
        if a.why:
            grid.add_row(escape(a.record), "abstains", f"[dim]{escape(a.why)}[/dim]", windows)
            continue
        said, between = [], []
        for name, value, low, high in zip(a.outputs, a.value, a.low, a.high, strict=True):
            if a.unit:
                said.append(f"{value:.1f} {a.unit}")
                between.append(f"{low:.1f} to {high:.1f}")
            else:
                said.append(f"{escape(name)} {100 * value:.0f} %")
                between.append(f"{100 * low:.0f} to {100 * high:.0f} %")
        grid.add_row(escape(a.record), "\n".join(said), "\n".join(between), windows)
    console = Console()
    console.print(grid)
    for limit, count in Counter(u for a in answers for u in a.unchecked).items():
        console.print(f"[yellow]not checked, {count} x: {escape(limit)}[/yellow]")
    console.print(f"[dim]{escape(head.card.statement)}[/dim]")


class _Said:
    """A line that says what is being done, where somebody is watching."""

    def __enter__(self) -> Any:
        """Start the line and return `say(text)`."""
        from rich.console import Console

        self._status = Console(stderr=True).status("reading")
        self._status.start()
        return lambda text: self._status.update(text)

    def __exit__(self, *_: object) -> None:
        """Remove the line."""
        self._status.stop()
