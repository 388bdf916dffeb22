"""PhysioNet/CinC Challenge 2015: five minutes of ECG and pulse before an alarm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import comments, data_size, files_named, headers_named
from cardioprint.datasets.labels import clean
from cardioprint.datasets.neighbours import block_of, on_border
from cardioprint.errors import RecordError
from cardioprint.readers import open_record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

ALARMS = (
    "Asystole",
    "Bradycardia",
    "Tachycardia",
    "Ventricular_Tachycardia",
    "Ventricular_Flutter_Fib",
)
"""The publisher's strings for the kinds of alarm, case and all."""


def find(folder: Path) -> Iterator[Entry]:
    """List the recordings in the order of their numbers, by which patients are kept together.

    What the alarm was and whether it was true is in the publisher's file ALARMS, and in the
    comments of his headers; a copy that has neither comes without these labels.
    """
    alarms = _alarms(files_named(folder, "ALARMS"))
    headers = {p.stem: p for p in headers_named(folder, r"[abtvf]?\d+[sl]?\.hea")}
    for record in sorted(headers, key=lambda name: (_number(name), name)):
        path, number = headers[record], _number(record)
        yield Entry(
            database="cinc2015",
            record=record,
            path=str(path),
            block=block_of("cinc2015", number),
            border=on_border("cinc2015", number),
            labels=clean(alarms.get(record) or _alarm(comments(path))),
            size=data_size(path),
        )


def _number(record: str) -> int:
    return int(re.sub(r"\D", "", record))


def _alarms(files: list[Path]) -> dict[str, dict[str, str]]:
    """Return the labels of all records from lines such as `a103l,Asystole,0`."""
    out = {}
    for path in files[:1]:
        for line in path.read_text(encoding="utf-8", errors="replace").split():
            cells = line.split(",")
            if len(cells) != 3 or cells[1] not in ALARMS or cells[2] not in ("0", "1"):
                raise RecordError(
                    f"{line!r} is not a record, an alarm and 0 or 1",
                    source=path,
                    field="ALARMS",
                    fix="download the file again",
                )
            out[cells[0]] = {"alarm": cells[1], "alarm_true": cells[2]}
    return out


def _alarm(lines: list[str]) -> dict[str, str]:
    kind = next((line for line in lines if line in ALARMS), "")
    judged = {"true alarm": "1", "false alarm": "0"}
    true = next((judged[line.lower()] for line in lines if line.lower() in judged), "")
    return {"alarm": kind, "alarm_true": true} if kind else {}


def read(entry: Entry) -> Iterator[Source]:
    """Open a recording."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="cinc2015",
    title="Reducing False Arrhythmia Alarms in the ICU: the PhysioNet/Computing in Cardiology "
    "Challenge 2015",
    publisher="PhysioNet (G. D. Clifford, I. Silva, B. Moody, R. Mark)",
    version="1.0.0",
    licence="ODC-By 1.0",
    access="open",
    citation="Clifford GD et al. The PhysioNet/Computing in Cardiology Challenge 2015: reducing "
    "false arrhythmia alarms in the ICU. Comput Cardiol 42:273-276, 2015",
    doi="10.13026/c9fg-a467",
    document="https://physionet.org/content/challenge-2015/1.0.0/",
    records=750,
    hours=66,
    rates=(250.0,),
    channels=("II", "V", "PLETH", "ABP", "RESP"),
    labels=("alarm", "alarm_true"),
    defects=(
        "No ids of people: recordings of one patient have neighbouring numbers, and some are "
        "time-shifted copies of each other. Never split them at random.",
        "About half carry a monitor's constant extra delay of the PPG (some 300 ms).",
        "The alarm describes the ten seconds before 5:00; what came before is not annotated.",
        "Band-passed 0.05 to 40 Hz and resampled by the publisher.",
    ),
    subjects_known=False,
    pretraining=True,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/challenge-2015/1.0.0/",
        include=("training/*.hea", "training/*.mat", "training/ALARMS"),
        size_gb=0.5,
    ),
    find=find,
    read=read,
    released=True,
)
