"""BIDMC PPG and Respiration: 53 recordings of 8 minutes from intensive care.

The publisher offers the same recordings as WFDB records (`bidmc01.hea`), as CSV files
(`bidmc_csv/bidmc_01_Signals.csv`) and as one MATLAB file. WFDB is read where it is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import comments, data_size, files_named, headers_named, renamed
from cardioprint.datasets.labels import clean
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from cardioprint.readers.safety import translated

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

_NUMERICS = {"HR": "heart_rate", "RESP": "respiratory_rate", "SpO2": "spo2"}


def find(folder: Path) -> Iterator[Entry]:
    """List the recordings; those that are there in both layouts once, as WFDB.

    Raises:
        RecordError: Nothing tells whose recording it is.
    """
    headers = {p.stem[-2:]: p for p in headers_named(folder, r"bidmc\d\d\.hea")}
    tables = {p.name[6:8]: p for p in files_named(folder, r"bidmc_\d\d_Signals\.csv")}
    numerics = {p.name[6:8]: p for p in files_named(folder, r"bidmc_\d\d_Numerics\.csv")}
    for number in sorted({*headers, *tables}):
        path = headers.get(number) or tables[number]
        about = _about(path, number)
        yield Entry(
            database="bidmc",
            record=f"bidmc_{number}",
            path=str(path),
            subject=about.pop("subject"),
            labels=clean({**about, **_medians(numerics.get(number))}),
            size=data_size(path) if number in headers else path.stat().st_size,
        )


def _about(path: Path, number: str) -> dict[str, str]:
    """Return the person, age, sex and ward, from the header or the text file beside a table."""
    fixed = path.with_name(f"bidmc_{number}_Fix.txt")
    wfdb = path.suffix == ".hea"
    if not wfdb and not fixed.is_file():
        raise RecordError(
            f"{fixed.name} is missing: it names the person, and some have several recordings",
            source=path,
            field="subject",
            fix=f"put {fixed.name} of the publisher's folder bidmc_csv beside it",
        )
    if wfdb:
        text = "\n".join(comments(path))
        found = {k: re.search(rf"<{k}>:\s*([^\s<]+)", text) for k in ("age", "sex", "location")}
        found["subject"] = re.search(r"matched/(s\d+)", text)
    else:
        text = fixed.read_text(encoding="utf-8", errors="replace")
        lines = {"age": "Age", "sex": "Gender", "location": "Location"}
        lines["subject"] = "MIMIC II matched wdb ID"
        found = {k: re.search(rf"(?m)^{v}:[ \t]*(\S+)", text) for k, v in lines.items()}
    if found["subject"] is None:
        raise RecordError(
            "the number of the person in MIMIC-II is not where it should be",
            source=path if wfdb else fixed,
            field="subject",
            fix="download the file again",
        )
    return {k: match[1] for k, match in found.items() if match}


def _medians(numerics: Path | None) -> dict[str, float]:
    """Return medians of the monitor's numbers, one a second."""
    if numerics is None:
        return {}
    from pyarrow import csv

    with translated(numerics, what="numerics"):
        options = csv.ConvertOptions(null_values=["NaN", ""])
        table = csv.read_csv(numerics, convert_options=options)
        columns = {name.strip(): table.column(name) for name in table.column_names}
        medians = {}
        for name, label in _NUMERICS.items():
            values = columns[name].to_numpy().astype(float) if name in columns else np.empty(0)
            if np.isfinite(values).any():
                medians[label] = float(np.nanmedian(values))
        return medians


def read(entry: Entry) -> Iterator[Source]:
    """Open a recording; ECG in the millivolts that the publisher states."""
    if entry.path.endswith(".csv"):  # as its WFDB headers do, the tables name no units
        file = open_record(entry.path, units="mV", subject=entry.subject)
    else:
        file = open_record(entry.path, subject=entry.subject)
    # Every name in a WFDB header ends in a comma, "II,".
    yield renamed(file, {c.name: c.name.strip(" ,") for c in file.channels})


DATABASE = Database(
    name="bidmc",
    title="BIDMC PPG and Respiration Dataset",
    publisher="PhysioNet (M. Pimentel, A. Johnson, P. Charlton, D. Clifton)",
    version="1.0.0",
    licence="ODC-By 1.0",
    access="open",
    citation="Pimentel MAF et al. Toward a robust estimation of respiratory rate from pulse "
    "oximeters. IEEE Trans Biomed Eng 64(8):1914-1923, 2017",
    doi="10.13026/C2208R",
    document="https://physionet.org/content/bidmc/1.0.0/",
    subjects=46,
    records=53,
    hours=7.1,
    rates=(125.0,),
    channels=("II", "V", "AVR", "PLETH", "RESP"),
    labels=("age", "sex", "heart_rate", "respiratory_rate", "spo2", "location"),
    defects=(
        "A constant extra delay of the PPG (about 560 ms from R-peak to upslope): the monitor's.",
        "The ECG stands on an offset; about half the recordings are clipped at -0.5 or 1.5 mV.",
        "Ages over 89 are given as 90+; one person has neither age nor sex.",
        "Three people have two or four recordings.",
    ),
    family="mimic",
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/bidmc/1.0.0/",
        include=("bidmc??.hea", "bidmc??.dat", "bidmc_csv/*_Fix.txt", "bidmc_csv/*_Numerics.csv"),
        size_gb=0.2,
    ),
    find=find,
    read=read,
    released=True,
)
