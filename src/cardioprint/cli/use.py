"""Verbs for people who have a recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from cardioprint.fingerprints.result import Fingerprints

Paths = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RECORD...")]
One = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RECORD")]
Columns = Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=KIND...")]


def fingerprint(
    records: Paths,
    /,
    out: str = "fingerprints.parquet",
    plot: Path | None = None,
    lead: str = "",
    site: str = "",
    stride: float | None = None,
    model: str = "tiny",
    precision: str = "int8",
    columns: Columns = (),
    rate: float | None = None,
    units: str | None = None,
    subject: str = "",
    workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    address: str = "",
) -> int:
    """Turn recordings into fingerprints (Parquet).

    Reads WFDB, EDF, CSV/TSV/Parquet, MATLAB, DICOM and NumPy. Folders are searched. A run that
    was stopped goes on where it ended. Exit code 3: some files failed, the others are done.

    $ cardioprint fingerprint record.hea --plot overview.png

    $ cardioprint fingerprint night.edf --lead II --stride 5

    $ cardioprint fingerprint ppg.csv --columns red=ppg:finger --rate 100

    $ cardioprint fingerprint recordings/ --out all.parquet --workers 2

    $ cardioprint fingerprint s3://bucket/recordings --out s3://bucket/all.parquet --engine ray

    Args:
        records: Files or folders, or addresses on an object store.
        out: Parquet file to write, or its address: one row a window and one a record.
        plot: Also draw the recording and its fingerprints (one record only).
        lead: ECG lead or channel; default II, MLII, I, else the best quality.
        site: PPG site or channel; default the best quality.
        stride: Seconds between windows; default 10, no overlap.
        model: Packaged model or model folder.
        precision: int8 or float32.
        columns: What the columns of a table are: NAME=KIND with KIND ecg[:lead[:unit]],
            ppg[:site], time or time_ms; NAME may be a number from 0.
        rate: Sampling rate in hertz, for files that state none.
        units: Unit of the ECG where the file states none: mV, uV, V, or a.u.
        subject: The person, for splitting by person later.
        workers: Processes; default: the cores this process may use, or those of the cluster.
        engine: local, or ray for a Ray cluster: cardioprint[ray] has to be installed on all of its
            machines, and they have to see recordings, model and output by the same paths.
        address: Of the cluster: auto or host:port; default RAY_ADDRESS, else one is started here.
    """
    from cardioprint.datasets.stores import is_address
    from cardioprint.fingerprints.many import fingerprint_many, recordings

    options: dict[str, Any] = {
        "model": model,
        "precision": precision,
        "lead": lead,
        "site": site,
        "stride": stride,
        "reader": _reader(columns, rate, units, subject),
    }
    files = recordings(records)
    single = len(files) == 1 and not Path(records[0]).is_dir() and engine == "local"
    if single and isinstance(files[0], Path) and not is_address(out):
        return _one(files[0], Path(out), plot, options)
    if plot is not None:
        raise RecordError(
            f"--plot draws one record of this machine, {len(files)} were given",
            field="plot",
            fix="leave it out",
        )
    with _progress("fingerprints") as update:
        outcome = fingerprint_many(
            files or records,
            out,
            workers=workers,
            engine=engine,
            address=address,
            progress=update,
            **options,
        )
    print(
        f"{outcome.done} records fingerprinted, {outcome.kept} done before, "
        f"{len(outcome.failed)} failed; {outcome.rows} rows in {outcome.out}"
    )
    for message in outcome.failed.values():
        print(f"  failed: {message}")
    return 3 if outcome.failed else 0


def reconstruct(
    record: One,
    /,
    to: str,
    out: Path | None = None,
    lead: str = "",
    site: str = "",
    model: str = "tiny",
    precision: str = "int8",
    columns: Columns = (),
    rate: float | None = None,
    units: str | None = None,
) -> int:
    """Generate ECG from PPG, or PPG from ECG. Generated signals are never a measurement.

    $ cardioprint reconstruct record.hea --to ecg

    $ cardioprint reconstruct night.edf --to ppg --out ppg.parquet

    Args:
        record: The recording.
        to: ecg or ppg.
        out: Parquet file; default RECORD.generated_ecg.parquet in this folder.
        lead: ECG lead or channel.
        site: PPG site or channel.
        model: Packaged model or model folder.
        precision: int8 or float32.
        columns: As for `fingerprint`.
        rate: As for `fingerprint`.
        units: As for `fingerprint`.
    """
    from cardioprint.fingerprints.pipeline import reconstruct as run
    from cardioprint.fingerprints.table import write_reconstruction

    with _progress(f"generated {to}") as update:
        made = run(
            record,
            to=to,
            lead=lead,
            site=site,
            model=model,
            precision=precision,
            progress=lambda share: update(round(1000 * share), 1000),
            reader=_reader(columns, rate, units, ""),
        )
    path = out or Path(f"{made.record}.generated_{to}.parquet")
    write_reconstruction(made, path)
    print(
        f"{len(made.start)} windows of {to.upper()} generated from {made.source.upper()} in {path}"
    )
    print(f"Notice: {made.notice}.")
    return 0


def show(
    record: One,
    /,
    columns: Columns = (),
    rate: float | None = None,
    units: str | None = None,
) -> int:
    """Say what is in a recording, without computing anything.

    $ cardioprint show record.hea

    $ cardioprint show table.csv --columns 0=time 1=ecg:II:mV

    Args:
        record: The recording.
        columns: As for `fingerprint`.
        rate: As for `fingerprint`.
        units: As for `fingerprint`.
    """
    from rich.console import Console
    from rich.table import Table

    from cardioprint.readers import open_record

    file = open_record(record, **_reader(columns, rate, units, ""))
    grid = Table(title=f"{file.name}: {_clock(file.duration)}", title_justify="left")
    for heading in ("channel", "is", "lead or site", "Hz", "unit", "samples", "starts at s"):
        grid.add_column(heading)
    for c in file.channels:
        grid.add_row(
            c.name,
            str(c.modality),
            c.lead or c.site,
            f"{c.sampling_rate:g}",
            c.unit,
            str(c.n_samples),
            f"{c.start:g}",
        )
    console = Console()
    console.print(grid)
    for key, value in file.notes.items():
        console.print(f"[dim]{key}: {value}[/dim]")
    return 0


def models() -> int:
    """List the models inside the package.

    $ cardioprint models
    """
    from cardioprint.runtime.folder import PACKAGED, model_id, packaged, read_about

    for name in packaged():
        about = read_about(PACKAGED / name)
        print(f"{name}\t{model_id(about)}\t{about.get('summary', '')}")
    return 0


def demo(record: Path | None = None, out: Path = Path("out/demo"), minutes: float = 10.0) -> int:
    """Run the whole path on one recording: file, summary, fingerprints, picture.

    Without a recording it writes a simulated patient as WFDB files first and reads those.

    $ cardioprint demo

    $ cardioprint demo --record record.hea

    Args:
        record: A recording; default: a simulated ten-minute patient.
        out: Folder for the results.
        minutes: Length of the simulated patient.
    """
    out.mkdir(parents=True, exist_ok=True)
    if record is None:
        from cardioprint.simulate import patient, write_wfdb

        made, truth = patient(minutes=minutes, seed=7)
        record = write_wfdb(made, out / "simulated_patient", truth=truth)
        print(f"Simulated patient (no real person) written to {record}\n")
    options = {"model": "tiny", "reader": {}}
    return _one(record, out / "fingerprints.parquet", out / "overview.png", options)


def _one(file: Path, out: Path, plot: Path | None, options: dict[str, Any]) -> int:
    from cardioprint.fingerprints import table
    from cardioprint.fingerprints.many import identity
    from cardioprint.fingerprints.pipeline import fingerprint as run
    from cardioprint.fingerprints.pipeline import session

    with _progress("fingerprints") as update:
        prints = run(file, progress=lambda share: update(round(1000 * share), 1000), **options)
    engine = session(options["model"], options.get("precision", "int8"), None)
    out.parent.mkdir(parents=True, exist_ok=True)
    key = identity(file, engine.model_id, options)
    table.write(prints, out, table.provenance(engine), identity=key)
    summary(prints)
    print(f"fingerprints  {out}")
    if plot is not None:
        from cardioprint.plotting import overview

        plot.parent.mkdir(parents=True, exist_ok=True)
        overview(file, prints, model=options["model"], out=plot, reader=options["reader"])
        print(f"picture       {plot}")
    return 0


def summary(prints: Fingerprints) -> None:
    """Print what a person wants to know of a run, in a few lines."""
    from collections import Counter

    import numpy as np

    n, gone = len(prints), int(prints.abstained.sum())
    print(f"record        {prints.record}   subject {prints.subject or 'not given'}")
    print(f"channels      {prints.selection}")
    if n == 0:
        print(f"windows       none: {prints.unused:.1f} s are too short (2 s are the least)")
        return
    print(
        f"windows       {n} of {prints.window:g} s; {gone} abstained"
        + (f"; {prints.unused:.1f} s at the end unused" if prints.unused >= 0.05 else "")
    )
    for c, name in enumerate(("ECG", "PPG")):
        if not prints.channels[c]:
            print(f"{name:13} absent: fingerprints come from the other signal alone")
            continue
        quality, used, rate = prints.quality[:, c], prints.used[:, c], prints.heart_rate[:, c]
        beats = ""
        if np.isfinite(rate).any():
            low, middle, high = np.nanpercentile(rate, [5, 50, 95])
            beats = f"; heart rate {middle:.0f}/min (5-95 %: {low:.0f}-{high:.0f})"
        median = f"{np.nanmedian(quality):.2f}" if np.isfinite(quality).any() else "none"
        print(f"{name:13} quality {median} (median), used in {int(used.sum())} windows{beats}")
    if np.isfinite(prints.arrival_time).any():
        wait = 1000 * np.nanmedian(prints.arrival_time)
        print(f"arrival       {wait:.0f} ms from R-peak to pulse upslope, monitor's delay included")
    counts = Counter(
        part
        for reason in prints.reasons
        for part in reason.split("; ")
        if part and not part.endswith("absent")
    )
    for reason, count in counts.most_common(8):
        print(f"not used      {count} x {reason}")
    print(f"model         {prints.model}: {prints.vectors.shape[1]} numbers a window")


def _reader(
    columns: tuple[str, ...], rate: float | None, units: str | None, subject: str
) -> dict[str, Any]:
    """Return the arguments of `open_record` for what was said on the command line."""
    mapping: dict[str | int, str] = {}
    for item in columns:
        name, equals, kind = item.partition("=")
        if not equals:
            raise RecordError(
                f"{item!r} is not NAME=KIND", field="columns", fix="e.g. --columns red=ppg:finger"
            )
        mapping[int(name) if name.isdecimal() else name] = kind
    given = {"columns": mapping or None, "sampling_rate": rate, "units": units, "subject": subject}
    return {k: v for k, v in given.items() if v}


class _progress:  # noqa: N801 (used as `with _progress(...) as update`)
    """A progress bar that only appears where somebody is watching and it takes a while."""

    def __init__(self, title: str):
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn(title),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(),
            transient=True,
        )

    def __enter__(self) -> Any:
        """Start the bar and return `update(finished, all)`."""
        self.bar.start()
        task = self.bar.add_task("", total=None)
        return lambda done, total: self.bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        self.bar.stop()


def _clock(seconds: float) -> str:
    """Return seconds as 1:02:03.4 h."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{int(hours)}:{int(minutes):02d}:{rest:04.1f} h"
