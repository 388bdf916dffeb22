"""TROIKA: IEEE Signal Processing Cup 2015, wrist PPG of people running on a treadmill.

`DATA_01_TYPE01.mat` holds `sig`: ECG, two PPGs, three accelerations in its rows. The heart rate
beside it is `BPM0` of `REF_01_TYPE01.mat`, or of `DATA_01_TYPE01_BPMtrace.mat` in the
competition's archive: one number every 2 s, for the 8 s that begin there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import files_named, renamed
from cardioprint.datasets.labels import clean
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from cardioprint.readers.matlab import looks_like_matlab
from cardioprint.readers.safety import translated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.blocks import Source

RATE = 125.0
"""Hertz, of all six signals."""

CHANNELS = {
    "sig[0]": ("ECG", "ecg::a.u."),
    "sig[1]": ("PPG1", "ppg:wrist"),
    "sig[2]": ("PPG2", "ppg:wrist"),
    "sig[3]": ("ACC x", "other::g"),
    "sig[4]": ("ACC y", "other::g"),
    "sig[5]": ("ACC z", "other::g"),
}
"""Row of `sig` -> name and kind. The ECG is in counts: the publisher states no calibration."""

ACTIVITY = {"TYPE01": "treadmill, 8 and 15 km/h", "TYPE02": "treadmill, 6 and 12 km/h"}
"""Speeds of the two protocols, each with rest before and after (Zhang 2015)."""


def find(folder: Path) -> Iterator[Entry]:
    """List the recordings; the mean heart rate is a label where its file is there."""
    for path in files_named(folder, r"DATA_\d\d_TYPE\d\d\.mat"):
        _, subject, kind = path.stem.split("_")
        truth = reference(path)
        yield Entry(
            database="troika",
            record=path.stem,
            path=str(path),
            subject=subject,
            labels=clean(
                {
                    "activity": ACTIVITY.get(kind, kind),
                    "heart_rate": None if truth is None else truth.mean(),
                }
            ),
            size=path.stat().st_size,
        )


def reference(path: Path) -> NDArray[np.float64] | None:
    """Return the publisher's heart rate of a recording, beats/min, or None where it is missing.

    Args:
        path: `DATA_..._TYPE...mat`.

    Returns:
        Shape (window,): for windows of 8 s that begin every 2 s.

    Raises:
        RecordError: Its file is damaged.
    """
    from scipy.io import loadmat

    names = (path.stem.replace("DATA", "REF"), f"{path.stem}_BPMtrace")
    found = [p for name in names if (p := path.with_name(f"{name}.mat")).is_file()]
    if not found:
        return None
    truth = None
    with translated(found[0], what="heart rate"):
        truth = loadmat(found[0], variable_names=["BPM0"]).get("BPM0")
    if truth is None or truth.dtype.kind not in "fiu" or truth.size == 0:
        raise RecordError(
            "there is no heart rate in it", source=found[0], field="BPM0", fix="fetch it again"
        )
    return truth.reshape(-1).astype(float)


def read(entry: Entry) -> Iterator[Source]:
    """Open a recording."""
    if not looks_like_matlab(Path(entry.path)):
        raise RecordError(
            "this is no MATLAB file with signals", source=entry.path, fix="fetch it again"
        )
    file = open_record(
        entry.path,
        columns={row: kind for row, (_, kind) in CHANNELS.items()},
        sampling_rate=RATE,
        subject=entry.subject,
    )
    yield renamed(file, {row: name for row, (name, _) in CHANNELS.items()})


DATABASE = Database(
    name="troika",
    title="IEEE Signal Processing Cup 2015: heart rate monitoring during physical exercise "
    "using wrist-type photoplethysmographic signals",
    publisher="IEEE Signal Processing Society (Z. Zhang)",
    version="2015",
    licence="none stated: cite Zhang 2015",
    access="open",
    citation="Zhang Z, Pi Z, Liu B. TROIKA: a general framework for heart rate monitoring using "
    "wrist-type photoplethysmographic signals during intensive physical exercise. IEEE Trans "
    "Biomed Eng 62(2):522-531, 2015",
    doi="10.1109/TBME.2014.2359372",
    document="https://arxiv.org/abs/1409.5181",
    subjects=12,
    records=13,
    hours=1.1,
    rates=(RATE,),
    channels=tuple(name for name, _ in CHANNELS.values()),
    labels=("activity", "heart_rate"),
    defects=(
        "Strong motion artefacts by design: two wrist PPGs of runners.",
        "The ECG is in counts of the recorder, not in millivolts.",
        "All subjects are men of 18 to 35 years; nobody's own age is published.",
    ),
    files=Files(
        kind="manual",
        where="https://sites.google.com/site/researchbyzhang/ieeespcup2015",
        include=("DATA_*.mat", "REF_*.mat"),
        size_gb=0.01,
        steps=(
            "Ask for the training data of the IEEE Signal Processing Cup 2015 at "
            "https://sites.google.com/site/researchbyzhang/ieeespcup2015",
            "Put the DATA_*.mat files and their REF_*.mat or *_BPMtrace.mat side by side into the "
            "database's folder",
        ),
    ),
    find=find,
    read=read,
)
