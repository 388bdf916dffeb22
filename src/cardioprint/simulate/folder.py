"""A folder of virtual people: WFDB records with annotations, and tables of what is true."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from cardioprint.errors import RecordError
from cardioprint.simulate.classes import Rhythm
from cardioprint.simulate.recording import record
from cardioprint.simulate.wfdb_file import write_wfdb

PEOPLE, BEATS = "records.csv", "beats.tsv.gz"
"""Tables beside the records: one row a record, in the layout of a folder of one's own that
`cardioprint corpus build` reads, and one row a beat."""

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
        progress: Called with (written, all).

    Returns:
        Paths of the headers.

    Raises:
        RecordError: A number that cannot be simulated, or the folder holds other records.
    """
    import gzip

    folder = Path(folder)
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
    folder.mkdir(parents=True, exist_ok=True)
    paths, rows = [], []
    with gzip.open(folder / BEATS, "wt", newline="", encoding="utf-8") as stream:
        beats = csv.writer(stream, delimiter="\t")
        beats.writerow(BEAT_COLUMNS)
        for person in range(people):
            made, truth = record(
                person, seed=seed, seconds=seconds, leads=leads, site=site, balanced=balanced
            )
            path = write_wfdb(made, folder, truth=truth)
            paths.append(path)
            rows.append(
                {
                    "record": path.stem,
                    "subject": made.subject,
                    "age": made.notes["age"],
                    "sex": made.notes["sex"],
                    "sbp": made.notes["systolic"],
                    "dbp": made.notes["diastolic"],
                    "rhythm": made.notes["rhythm"],
                    "diagnosis": made.notes["morphology"],
                    "heart_rate": f"{60 * len(truth.r_peaks) / seconds:.1f}",
                }
            )
            for i, at in enumerate(truth.r_peaks):
                beats.writerow(
                    (
                        path.stem,
                        f"{at:.4f}",
                        truth.kinds[i],
                        Rhythm(int(truth.rhythms[i])).name.lower(),
                        *(f"{1000 * x[i]:.1f}" for x in (truth.qrs, truth.qt, truth.pr, truth.pat)),
                        f"{truth.onsets[i]:.4f}",
                        f"{truth.upslopes[i]:.4f}",
                        f"{truth.systolic_peaks[i]:.4f}",
                        f"{truth.systolic[i]:.1f}",
                        f"{truth.diastolic[i]:.1f}",
                    )
                )
            if progress:
                progress(person + 1, people)
    with (folder / PEOPLE).open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return paths
