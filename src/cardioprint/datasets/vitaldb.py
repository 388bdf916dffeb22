"""VitalDB: operations with ECG, pleth and pressure at 500 Hz, and what became of the patients.

Layout: https://physionet.org/content/vitaldb/1.0.0/ and https://vitaldb.net/dataset/

    clinical_data.csv       one row an operation (caseid), its patient (subjectid) and outcome
    vital_files/0001.vital  all tracks of an operation, gzipped
    or, from the web interface https://api.vitaldb.net:
    cases.csv               the same table
    trks.csv                caseid, tname, tid
    tracks/<tid>.csv(.gz)   one track: time (given now and then), value
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import (
    check_folder,
    either,
    number,
    rows,
    sizes,
)
from cardioprint.datasets.sources import Read, from_series
from cardioprint.errors import RecordError, SamplingRateError
from cardioprint.readers import RecordFile
from cardioprint.readers.safety import check_file, check_growth, translated
from cardioprint.readers.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPACE = "vitaldb"
"""VitalDB's subject ids (not its case ids), spelled "s5955"."""

WAVES = {
    "SNUADC/ECG_II": "mV",
    "SNUADC/ECG_V5": "mV",
    "SNUADC/PLETH": "",
    "SNUADC/ART": "mmHg",
}
"""Tracks that are read, all from one analogue recorder, and their units (track_names.csv)."""

YEAR = 365.25 * 86_400
"""Seconds."""

CLINICAL = ("asa", "emop", "department", "optype", "death_inhosp", "icu_days", "ane_type")
"""Columns of the table of operations kept under the publisher's names."""


def subject_of(text: str) -> str:
    """Return VitalDB's subject 5955 as it is spelled in every database here: "s5955"."""
    return f"s{int(float(text))}"


def find(root: Path) -> Iterator[Entry]:
    """List the operations whose files are there, by case number."""
    check_folder(root)
    table = either(root, "clinical_data.csv", "cases.csv", "clinical_information.csv")
    columns = ["caseid", "subjectid", "age", "sex"]
    optional = ["height", "weight", "bmi", "preop_htn", "preop_dm", "dis", *CLINICAL]
    fix = "fetch clinical_data.csv too: it says whose each operation is"
    vital = root / "vital_files"
    there = sizes(vital) if vital.is_dir() else {}
    tracks = {} if there else _tracks(root)
    for row in sorted(
        rows(table, columns, optional=optional, fix=fix), key=lambda r: number(r["caseid"]) or 0
    ):
        case = int(number(row["caseid"]) or 0)
        name = f"{case:04d}.vital"
        found = tracks.get(case, [])
        if name not in there and not found:
            continue
        path = vital / name if name in there else found[0][1].parent
        yield Entry(
            database=DATABASE.name,
            record=f"{case:04d}",
            path=str(path),
            part="" if name in there else "|".join(f"{t}={p.name}" for t, p in found),
            subject=subject_of(row["subjectid"]),
            labels=_labels(row),
            size=there.get(name) or sum(p.stat().st_size for _, p in found),
        )


def _labels(row: dict[str, str]) -> dict[str, float | str]:
    leaves = number(row["dis"])  # seconds from the start of the recording
    return clean(
        {
            **{name: row[name] for name in ("age", "sex", "height", "weight", "bmi")},
            "hypertension": row["preop_htn"],
            "diabetes": row["preop_dm"],
            "death": row["death_inhosp"],
            "followup": None if leaves is None else round(max(leaves, 0) / YEAR, 5),
            **{name: row[name] for name in CLINICAL},
        }
    )


def _tracks(root: Path) -> dict[int, list[tuple[str, Path]]]:
    """Return the files of the wanted tracks by case, where they came from the web interface."""
    folder = root / "tracks"
    if not folder.is_dir():
        return {}
    there = sizes(folder)
    fix = "fetch trks.csv too: it says which track each file is"
    found: dict[int, list[tuple[str, Path]]] = {}
    for row in rows(root / "trks.csv", ["caseid", "tname", "tid"], fix=fix):
        names = (f"{row['tid']}.csv", f"{row['tid']}.csv.gz")
        name = next((n for n in names if n in there), None)
        if name is not None and row["tname"] in WAVES:
            found.setdefault(int(row["caseid"]), []).append((row["tname"], folder / name))
    return {case: sorted(tracks) for case, tracks in found.items()}


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open an operation: the waves of the analogue recorder on the clock of the case.

    The file is one gzip stream, read once; a stretch is then cut from it.

    Raises:
        RecordError: Damaged, without a wave, or the package that reads it is not installed.
    """
    path = Path(entry.path)
    series = _from_tracks(path, entry.part) if entry.part else _from_vital(path)
    if not series:
        raise RecordError(
            "the case holds none of the waves",
            source=path,
            field="tracks",
            fix=f"nothing: it was recorded without {', '.join(WAVES)}",
        )
    yield from_series(path, entry.record, entry.subject, series)


def _from_vital(path: Path) -> list[tuple[Series, Read]]:
    check_file(path)
    try:
        import vitaldb  # pyright: ignore[reportMissingImports]  # optional: an extra
    except ImportError:
        raise RecordError(
            "reading .vital files needs the package vitaldb",
            source=path,
            field="format",
            fix='pip install "cardioprint[vitaldb]"',
        ) from None
    with translated(path, what="vital file"):
        file = vitaldb.VitalFile(str(path), list(WAVES))
        series = []
        for name, unit in WAVES.items():
            track: Any = file.trks.get(name)
            if track is None or track.type != 1 or not len(track.recs):
                continue
            rate = float(track.srate)
            if rate != round(rate):
                raise SamplingRateError(
                    f"track {name!r} runs at {rate:g} Hz",
                    source=path,
                    field=name,
                    fix="nothing: the package would resample it unevenly",
                )
            samples = np.asarray(file.get_track_samples(name, 1 / rate), dtype=np.float32)
            series.append(_series(name, track.unit or unit, rate, samples))
    return series


def _series(
    name: str, unit: str, rate: float, samples: NDArray[np.float32], start: float = 0.0
) -> tuple[Series, Read]:
    described = Series(
        name=name, unit=unit, sampling_rate=rate, n_samples=len(samples), start=start
    )
    return described, lambda first, last: samples[first:last]


def _from_tracks(folder: Path, part: str) -> list[tuple[Series, Read]]:
    tracks = []
    for word in part.split("|"):
        name, _, file = word.partition("=")
        times, samples = _track(folder / file)
        tracks.append((name, *_clock(times, folder / file), samples))
    zero = min(0.0, *(start for _, _, start, _ in tracks))  # before the start of the case
    return [_series(n, WAVES[n], rate, x, start - zero) for n, rate, start, x in tracks]


def _track(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    from pyarrow import csv

    check_file(path)
    if path.suffix == ".gz":
        with path.open("rb") as stream:
            stream.seek(-4, 2)
            unpacked = int.from_bytes(stream.read(4), "little")  # of the last member, RFC 1952
        check_growth(
            stored=path.stat().st_size, unpacked=unpacked, source=path, field="compressed size"
        )
    with translated(path, what="track"):
        missing = ["", "nan", "-nan", "-nan(ind)", "NaN"]
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(null_values=missing))
        times, values = (
            column.cast("float64").to_numpy(zero_copy_only=False) for column in table.columns[:2]
        )
    return times, values.astype(np.float32)


def _clock(times: Sequence[float] | NDArray[np.float64], path: Path) -> tuple[float, float]:
    """Return rate and time of the first sample: of a wave, few rows have their time."""
    stamped = np.flatnonzero(np.isfinite(times))
    seconds = np.asarray(times)[stamped]
    if len(stamped) < 2 or seconds[-1] <= seconds[0]:
        raise SamplingRateError(
            "fewer than two rows of the track have a time",
            source=path,
            field="Time",
            fix="fetch the track again",
        )
    rate = float((stamped[-1] - stamped[0]) / (seconds[-1] - seconds[0]))
    whole = round(rate)
    rate = float(whole) if abs(rate / whole - 1) < 1e-3 else rate  # stamps have four digits
    return rate, float(seconds[0] - stamped[0] / rate)


DATABASE = Database(
    name="vitaldb",
    title="VitalDB, a high-fidelity multi-parameter vital signs database in surgical patients",
    publisher="Seoul National University Hospital; PhysioNet",
    version="1.0.0",
    licence="CC BY 4.0 by VitalDB's interface; CC BY-NC-SA 4.0 by its earlier terms, on which "
    "PulseDB's copy rests: taken as non-commercial",
    access="open",
    citation="Lee HC, Park Y, Yoon SB, Yang SM, Park D, Jung CW. VitalDB, a high-fidelity "
    "multi-parameter vital signs database in surgical patients. Sci Data 9, 279 (2022). "
    "Lee H, Jung C. VitalDB (version 1.0.0). PhysioNet, 2022.",
    doi="10.13026/czw8-9p62",
    document="https://physionet.org/content/vitaldb/1.0.0/",
    subjects=6_090,
    records=6_388,
    rates=(500.0,),
    channels=tuple(WAVES),
    labels=(
        "age",
        "age_over",
        "sex",
        "height",
        "weight",
        "bmi",
        "hypertension",
        "diabetes",
        "death",
        "followup",
        *CLINICAL,
    ),
    defects=(
        "death is death in hospital; the follow-up ends with the discharge",
        "anaesthesia: pressure and heart rate are under control, electrocautery disturbs the ECG",
        "the oximeter's delay is the monitor's, not the person's",
        "ages over 89 are not numbers there: `age_over`",
        "a case is one operation; a person may have several: subjectid is the unit of splitting",
    ),
    family="vitaldb",
    space=SPACE,
    pretraining=True,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/vitaldb/1.0.0/",
        include=("clinical_data.csv", "track_names.csv", "vital_files/*.vital"),
    ),
    find=find,
    read=read,
)
