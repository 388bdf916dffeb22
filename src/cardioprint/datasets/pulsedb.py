"""PulseDB: ten-second segments with invasive blood pressure, for both of its sources.

Layout: https://github.com/pulselabteam/PulseDB (File_Preparation_Guide.md of each folder,
Generate_Subsets.m) and "Dataset guidelines" in the supplementary material of Wang et al.,
Front Digit Health 4, 1090854 (2023).

    Segment_Files/PulseDB_MIMIC/p000160.mat   MATLAB v7.3: Subj_Wins, an array of structures
    Segment_Files/PulseDB_Vital/p000001.mat
    Info_Files/Train_Info.mat, CalBased_Test_Info.mat, CalFree_Test_Info.mat, AAMI_*_Info.mat
    Supplementary_Info_Files/VitalDB_*_Info.mat

The numbers used here are those of the segment files; the large Subset files hold the same
segments, filtered and scaled to 0..1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.datasets import hdf5
from cardioprint.datasets.base import Entry
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder, sizes
from cardioprint.datasets.sources import Read, from_series
from cardioprint.errors import RecordError
from cardioprint.readers import RecordFile
from cardioprint.readers.naming import Identity
from cardioprint.readers.series import Series
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 125.0
"""Hz, of all signals."""

SEGMENTS = "Subj_Wins"
INFO_FOLDERS = ("Info_Files", "Supplementary_Info_Files")
SUFFIX = {"PulseDB_MIMIC": "_0", "PulseDB_Vital": "_1"}
"""What Info files add to a subject's name: 0 for MIMIC-III, 1 for VitalDB."""

NEEDED = "CalFree_Test_Info.mat"
TESTS = ("CalFree", "AAMI")
"""Info files whose people are the test: PulseDB's calibration-free and AAMI subsets."""

PERSON = {"Age": "age", "Height": "height", "Weight": "weight", "BMI": "bmi"}
"""Our label for each field of a person."""

DEFECTS = (
    "segments are cut from the source, filtered for quality by the authors: gaps between them",
    "a segment is a record of its own: the blood pressure is that segment's, invasive",
    "a person with any segment in a CalFree or AAMI subset is on the test side as a whole",
    "files without ECG_Record and PPG_Record hold segments scaled to 0..1 each: unit a.u.",
)

STEPS = (
    "open https://github.com/pulselabteam/PulseDB, Segment_Files/File_Preparation_Guide.md",
    "download {name}.zip or its parts, check that all came, and unpack it as "
    "Segment_Files/{name}/p*.mat",
    "download the *_Info.mat files into Info_Files and Supplementary_Info_Files: they say who is "
    "in the authors' test",
)

CITATION = (
    "Wang W, Mohseni P, Kilgore KL, Najafizadeh L. PulseDB: A large, cleaned dataset based on "
    "MIMIC-III and VitalDB for benchmarking cuff-less blood pressure estimation methods. "
    "Front Digit Health 4, 1090854 (2023)."
)


def find(root: Path, *, database: str, part: str) -> Iterator[Entry]:
    """List the segments of one source, by subject and place in the file.

    Args:
        root: Folder of PulseDB, of its segment files, or of one source.
        database: Key of the catalogue.
        part: "PulseDB_MIMIC" or "PulseDB_Vital".

    Raises:
        RecordError: No such folder, or a file is not in the publisher's layout.
    """
    check_folder(root)
    places = (root / "Segment_Files" / part, root / part, root)
    folder = next((p for p in places if p.is_dir() and any(p.glob("p*.mat"))), None)
    if folder is None:
        return
    subsets = _subsets(root, SUFFIX[part])
    there = sizes(folder)
    for name in sorted(n for n in there if n.endswith(".mat") and n[1:-4].isdecimal()):
        subject = name.removesuffix(".mat")
        chosen = subsets.get(subject, {})
        names = {subset for found in chosen.values() for subset in found}
        split = "test" if any(t in n for n in names for t in TESTS) else ""
        split = split or ("train" if names else "")
        segments = list(_segments(folder / name))
        for place, labels in enumerate(segments):
            subset = ";".join(sorted(chosen.get(place + 1, ())))
            yield Entry(
                database=database,
                record=f"{subject}/{place + 1}",  # counted from 1, as in the Info files
                path=str(folder / name),
                part=str(place),
                subject=subject,
                split=split,
                labels=labels | clean({"subset": subset}),
                size=there[name] // len(segments),
            )


def _segments(path: Path) -> Iterator[dict[str, float | str]]:
    """Yield what a file says of each of its segments."""
    with hdf5.opened(path) as file:
        group = _group(file, path)
        pressures = [hdf5.field(file, group, name, path) for name in ("SegSBP", "SegDBP")]
        cases = hdf5.field(file, group, "CaseID", path)
        flags = hdf5.field(file, group, "IncludeFlag", path) if "IncludeFlag" in group else None
        case, person = None, {}
        for i in range(len(cases)):
            here = hdf5.text(cases[i]) or f"{hdf5.scalar(cases[i]) or 0:g}"
            if here != case:  # the person's age belongs to a case
                case, person = here, _person(file, group, i, path)
            labels = {"sbp": hdf5.scalar(pressures[0][i]), "dbp": hdf5.scalar(pressures[1][i])}
            flag = None if flags is None else hdf5.scalar(flags[i])
            quality = None if flag is None else f"IncludeFlag {flag:g}"
            yield clean({**labels, **person, "case": here, "quality": quality})


def _person(file: Any, group: Any, i: int, path: Path) -> dict[str, float | str | None]:
    person: dict[str, float | str | None] = {
        ours: hdf5.scalar(hdf5.field(file, group, theirs, path)[i])
        for theirs, ours in PERSON.items()
        if theirs in group
    }
    if "Gender" in group:
        person["sex"] = hdf5.text(hdf5.field(file, group, "Gender", path)[i])
    return person


def _subsets(root: Path, suffix: str) -> dict[str, dict[int, set[str]]]:
    """Return, by subject and segment, the authors' subsets that name it."""
    above = (root, root.parent, root.parent.parent)
    places = [folder / name for folder in above for name in INFO_FOLDERS]
    tables = [path for place in places for path in sorted(place.glob("*_Info.mat"))]
    if not any(path.name == NEEDED for path in tables):
        raise RecordError(
            "this table is missing: without it the authors' test people would be trained on",
            source=root / INFO_FOLDERS[0] / NEEDED,
            field="path",
            fix="download the *_Info.mat files, see Info_Files/File_Preparation_Guide.md",
        )
    chosen: dict[str, dict[int, set[str]]] = {}
    for path in tables:
        if path.name != "PulseDB_Info.mat":  # all segments: no choice
            for name, place in _choice(path):
                if name.endswith(suffix):
                    of_subject = chosen.setdefault(name.removesuffix(suffix), {})
                    of_subject.setdefault(place, set()).add(path.name.removesuffix("_Info.mat"))
    return chosen


def _choice(path: Path) -> Iterator[tuple[str, int]]:
    """Yield subject and segment, counted from 1, of each row of an Info file."""
    with hdf5.opened(path) as file:
        groups = [str(key) for key in file if not str(key).startswith("#")]
        group = hdf5.member(file, groups[0], path) if groups else {}
        names = hdf5.field(file, group, "Subj_Name", path)
        places = hdf5.field(file, group, "Subj_SegIDX", path)
        for i in range(len(names)):
            yield hdf5.text(names[i]), int(hdf5.scalar(places[i]) or 0)


def _group(file: Any, path: Path) -> Any:
    group = hdf5.member(file, SEGMENTS, path)
    if group is None:
        raise RecordError(
            f"there is no {SEGMENTS!r}",
            source=path,
            field=SEGMENTS,
            fix="give the segment files p*.mat, not the Info or Subset files",
        )
    return group


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open one segment: ECG, PPG and arterial pressure, as the source had them."""
    path, place = Path(entry.path), int(entry.part)
    with hdf5.opened(path) as file:
        group = _group(file, path)
        in_units = "ECG_Record" in group and "PPG_Record" in group
        wanted = [
            ("ECG_Record" if in_units else "ECG_Raw", "mV" if in_units else "a.u.", ECG),
            ("PPG_Record" if in_units else "PPG_Raw", "a.u.", PPG),
            ("ABP_Raw", "mmHg", ABP),
        ]
        series = [
            (_describe(file, group, name, unit, what, place, path), _reader(path, name, place))
            for name, unit, what in wanted
            if name in group
        ]
    name = entry.record.replace("/", "_")
    scaled = None if in_units else {"ECG_Raw": "a.u."}
    yield from_series(path, name, entry.subject, series, units=scaled)


ECG = Identity(modality=Modality.ECG, lead="II")
PPG = Identity(modality=Modality.PPG)
ABP = Identity(modality=Modality.OTHER)


def _describe(
    file: Any, group: Any, name: str, unit: str, what: Identity, place: int, path: Path
) -> Series:
    samples = hdf5.field(file, group, name, path)[place]
    return Series(name=name, unit=unit, guess=what, sampling_rate=RATE, n_samples=samples.size)


def _reader(path: Path, name: str, place: int) -> Read:
    def samples(first: int, last: int) -> NDArray[np.floating]:
        with hdf5.opened(path) as file:
            found = hdf5.field(file, _group(file, path), name, path)[place]
            return np.asarray(found[()], dtype=np.float64).ravel()[first:last]

    return samples
