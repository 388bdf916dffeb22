"""A folder of virtual people: WFDB records with annotations, and tables of what is true."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardioprint.errors import RecordError
from cardioprint.simulate.classes import Rhythm
from cardioprint.simulate.devices import DeviceConfig, measured_record
from cardioprint.simulate.recording import record
from cardioprint.simulate.wfdb_file import write_wfdb
from cardioprint.types import Modality

if TYPE_CHECKING:
    from cardioprint.simulate.truth import Truth
    from cardioprint.types import Record

PEOPLE, BEATS, ARTEFACTS = "records.csv", "beats.tsv.gz", "artefacts.tsv.gz"
"""Tables beside the records: one row a record, in the layout of a folder of one's own that
`cardioprint corpus build` reads; one row a beat; one row an artefact."""

COLUMNS = (
    "record",
    "subject",
    "age",
    "sex",
    "sbp",
    "dbp",
    "rhythm",
    "diagnosis",
    "heart_rate",
)

DEVICE_COLUMNS = (
    *("device", "ecg_rate", "ppg_rate", "ecg_bits", "ppg_bits", "ecg_gain", "ecg_inverted"),
    *("ppg_inverted", "ecg_band", "ppg_band", "auto_gain", "mains", "delay_ms", "drift_ppm"),
    *("ecg_spoilt", "ppg_spoilt"),
)
"""What made the record; the last two are shares of its time. Only with devices."""

ARTEFACT_COLUMNS = ("record", "modality", "kind", "start", "stop")
"""Seconds after the record's zero."""

BEAT_COLUMNS = (
    *("record", "r_peak", "kind", "rhythm", "qrs_ms", "qt_ms", "pr_ms", "pat_ms"),
    *("onset", "upslope", "systolic_peak", "sbp", "dbp"),
)
"""Times in seconds after the record's zero, pressures in mmHg; nan: there is no pulse."""


def write_people(
    folder: str | Path,
    *,
    people: int,
    seconds: float = 300.0,
    seed: int = 0,
    leads: tuple[str, ...] = ("II",),
    site: str = "finger",
    balanced: bool = False,
    config: DeviceConfig | None = None,
    clean: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Simulate people and write one record each.

    The same seed gives the same people and files, however many are asked for.

    Args:
        folder: Made if missing.
        people: How many.
        seconds: Length of a record.
        seed: Of all chance.
        leads: ECG leads.
        site: Place of the PPG.
        balanced: As many people with each rhythm and each morphology.
        config: Devices that record them; the usual ones if None.
        clean: No device at all: ECG in mV at 250 Hz, PPG in % of the light at 125 Hz.
        progress: Called with (written, all).

    Returns:
        Paths of the headers.

    Raises:
        RecordError: A number that cannot be simulated, or the folder holds other records.
    """
    folder = Path(folder)
    _check(folder, people)
    folder.mkdir(parents=True, exist_ok=True)
    paths, rows = [], []
    with ExitStack() as stack:
        beats = _table(stack, folder / BEATS, BEAT_COLUMNS)
        artefacts = None if clean else _table(stack, folder / ARTEFACTS, ARTEFACT_COLUMNS)
        for person in range(people):
            if clean:
                made, truth = record(
                    person, seed=seed, seconds=seconds, leads=leads, site=site, balanced=balanced
                )
            else:
                made, truth = measured_record(
                    person,
                    seed=seed,
                    seconds=seconds,
                    config=config or DeviceConfig(),
                    leads=leads,
                    site=site,
                    balanced=balanced,
                )
            path = write_wfdb(made, folder, truth=truth)
            paths.append(path)
            rows.append(_person(made, truth, path.stem, seconds))
            beats.writerows(_beats(truth, path.stem))
            if artefacts is not None:
                artefacts.writerows(
                    (path.stem, a.modality, a.kind, f"{a.start:.3f}", f"{a.stop:.3f}")
                    for a in truth.artefacts
                )
            if progress:
                progress(person + 1, people)
    with (folder / PEOPLE).open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS if clean else COLUMNS + DEVICE_COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return paths


def spoilt_share(truth: Truth, modality: Modality, seconds: float) -> float:
    """Return the share of a record in which a modality is spoilt in any way.

    Args:
        truth: Of the record.
        modality: Which.
        seconds: Length of the record.
    """
    total, reached = 0.0, 0.0
    for artefact in sorted(a for a in truth.artefacts if a.modality == modality):
        total += max(0.0, artefact.stop - max(artefact.start, reached))
        reached = max(reached, artefact.stop)
    return total / seconds


def _check(folder: Path, people: int) -> None:
    if people < 1:
        raise RecordError(
            f"{people} people cannot be simulated",
            source=folder,
            field="people",
            fix="give 1 or more",
        )
    if (folder / PEOPLE).exists() or (folder.is_dir() and any(folder.glob("*.hea"))):
        raise RecordError(
            "there are records in this folder already",
            source=folder,
            field="out",
            fix="choose an empty folder: nothing is overwritten",
        )


def _table(stack: ExitStack, path: Path, columns: tuple[str, ...]) -> Any:
    """Return a writer of a compressed table that is closed with the stack."""
    text = stack.enter_context(gzip.open(path, "wt", newline="", encoding="utf-8"))  # noqa: SIM115
    writer = csv.writer(text, delimiter="\t")
    writer.writerow(columns)
    return writer


def _person(made: Record, truth: Truth, name: str, seconds: float) -> dict[str, str]:
    """Return a row of `PEOPLE`."""
    row = {
        "record": name,
        "subject": made.subject,
        "age": made.notes["age"],
        "sex": made.notes["sex"],
        "sbp": made.notes["systolic"],
        "dbp": made.notes["diastolic"],
        "rhythm": made.notes["rhythm"],
        "diagnosis": made.notes["morphology"],
        "heart_rate": f"{60 * len(truth.r_peaks) / seconds:.1f}",
    }
    if "device" in made.notes:
        row |= {k: made.notes[k] for k in DEVICE_COLUMNS if k in made.notes}
        for modality in (Modality.ECG, Modality.PPG):
            row[f"{modality}_spoilt"] = f"{spoilt_share(truth, modality, seconds):.4f}"
    return row


def _beats(truth: Truth, name: str) -> Iterator[tuple[str, ...]]:
    """Yield rows of `BEATS`."""
    for i, at in enumerate(truth.r_peaks):
        yield (
            name,
            f"{at:.4f}",
            str(truth.kinds[i]),
            Rhythm(int(truth.rhythms[i])).name.lower(),
            *(f"{1000 * x[i]:.1f}" for x in (truth.qrs, truth.qt, truth.pr, truth.pat)),
            f"{truth.onsets[i]:.4f}",
            f"{truth.upslopes[i]:.4f}",
            f"{truth.systolic_peaks[i]:.4f}",
            f"{truth.systolic[i]:.1f}",
            f"{truth.diastolic[i]:.1f}",
        )
