"""CapnoBase TBME RR benchmark: 42 cases of anaesthesia, eight minutes each.

Layout: https://doi.org/10.5683/SP2/NLB8IT and docs/datasets/capnobase.md of
https://github.com/peterhcharlton/ppg-beats

    0009_8min.mat    MATLAB v7.3: signal/{ecg,pleth,co2}/y, param/samplingrate/{ecg,pleth,co2},
                     meta/subject/{age,weight,gender}, meta/treatment/ventilation, labels, ...
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.datasets import hdf5
from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder
from cardioprint.datasets.sources import Read, from_series
from cardioprint.errors import RecordError
from cardioprint.readers import RecordFile
from cardioprint.readers.naming import Identity
from cardioprint.readers.series import Series
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNALS = {
    "ecg": Identity(modality=Modality.ECG),
    "pleth": Identity(modality=Modality.PPG),
    "co2": Identity(modality=Modality.OTHER),
}


def find(root: Path) -> Iterator[Entry]:
    """List the cases, by number."""
    found = sorted(check_folder(root).rglob("[0-9][0-9][0-9][0-9]_8min.mat"), reverse=True)
    once = {path.name[:4]: path for path in found}  # a second copy further down is none
    for case, path in sorted(once.items()):
        yield Entry(
            database=DATABASE.name,
            record=case,
            path=str(path),
            subject=case,
            labels=_labels(path),
            size=path.stat().st_size,
        )


def _labels(path: Path) -> dict[str, float | str]:
    with hdf5.opened(path) as file:
        subject = hdf5.member(file, "meta/subject", path)
        said = (
            {} if subject is None else {name: hdf5.member(subject, name, path) for name in subject}
        )
        return clean(
            {
                "age": hdf5.scalar(said.get("age")),
                "weight": hdf5.scalar(said.get("weight")),
                "sex": hdf5.text(said.get("gender")),
                "ventilation": hdf5.text(
                    hdf5.member(file, "meta/treatment/ventilation", path)
                ).lower(),
            }
        )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a case: ECG (unit not published), pleth and CO2."""
    path = Path(entry.path)
    series = []
    with hdf5.opened(path) as file:
        for name, what in SIGNALS.items():
            samples = hdf5.member(file, f"signal/{name}/y", path)
            rate = hdf5.scalar(hdf5.member(file, f"param/samplingrate/{name}", path))
            if samples is not None:
                described = Series(
                    name=name, guess=what, sampling_rate=rate, n_samples=samples.size
                )
                series.append((described, _reader(path, name)))
    if not series:
        raise RecordError(
            "there is no signal",
            source=path,
            field="signal",
            fix="this is not a case of the benchmark; fetch it again",
        )
    yield from_series(path, entry.record, entry.subject, series, units={"ecg": "a.u."})


def _reader(path: Path, name: str) -> Read:
    def samples(first: int, last: int) -> NDArray[np.floating]:
        with hdf5.opened(path) as file:
            found: Any = hdf5.member(file, f"signal/{name}/y", path)
            part = found[..., first:last] if found.shape[0] == 1 else found[first:last]
            return np.asarray(part, dtype=np.float64).ravel()

    return samples


DATABASE = Database(
    name="capnobase",
    title="CapnoBase IEEE TBME Respiratory Rate Benchmark",
    publisher="University of British Columbia (Borealis)",
    version="1.1",
    licence="terms of use of the Borealis record: research, no identification of participants",
    access="registered",
    citation="Karlen W, Raman S, Ansermino JM, Dumont GA. Multiparameter respiratory rate "
    "estimation from the photoplethysmogram. IEEE Trans Biomed Eng 60, 1946-1953 (2013).",
    doi="10.5683/SP2/NLB8IT",
    document="https://doi.org/10.5683/SP2/NLB8IT",
    subjects=42,
    records=42,
    hours=5.6,
    rates=(300.0,),
    channels=("ecg", "pleth", "co2"),
    labels=("age", "weight", "sex", "ventilation"),
    defects=(
        "the unit of the ECG is not stated where we could read it: it is kept as a.u.",
        "its authors ask that nothing be trained or tuned on it",
        "children and adults in anaesthesia, many of them ventilated at a fixed rate",
        "artefacts are labelled in 21 of the 42 cases; those labels, the beats and the reference "
        "respiratory rate stay in the files and are not read here",
        "only the MATLAB files are read, not the CSV ones beside them",
    ),
    files=Files(
        kind="manual",
        where="https://doi.org/10.5683/SP2/NLB8IT",
        steps=(
            "open https://doi.org/10.5683/SP2/NLB8IT and accept the terms of use",
            "choose the 42 files that end in _8min.mat and download them",
            "unpack them into one folder",
        ),
    ),
    find=find,
    read=read,
)
