"""Small files in the layouts of public databases, and what every adapter has to keep."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import wfdb

from cardioprint.datasets.base import Database, Entry
from cardioprint.readers import RecordFile

Signals = Mapping[str, tuple[np.ndarray, str]]
"""Samples and unit by name."""


def wave(n: int, seed: int = 0, step: float = 1 / 256) -> np.ndarray:
    """Return n samples on a grid that every 16-bit format holds exactly."""
    return np.random.default_rng(seed).integers(-500, 500, n) * step


def write_wfdb(
    folder: Path,
    name: str,
    signals: Signals,
    rate: float,
    *,
    at: datetime | None = None,
    comments: Sequence[str] = (),
    suffix: str = "",
) -> Path:
    """Write one WFDB record; counts per unit are 256, as in `wave`."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = [np.rint(x * 256).astype(int) for x, _ in signals.values()]
    kind = ["516" if suffix else "16"] * len(columns)
    wfdb.wrsamp(
        name,
        fs=rate,
        units=[unit for _, unit in signals.values()],
        sig_name=list(signals),
        d_signal=np.stack(columns, axis=1),
        fmt=kind,
        adc_gain=[256.0] * len(columns),
        baseline=[0] * len(columns),
        write_dir=str(folder),
        base_date=at.date() if at else None,
        base_time=at.time() if at else None,
        comments=list(comments),
    )
    if suffix:  # MIMIC-IV names data files after their kind: 81739927_0001e.dat
        (folder / f"{name}.dat").rename(folder / f"{name}{suffix}.dat")
        header = folder / f"{name}.hea"
        header.write_text(header.read_text().replace(f"{name}.dat", f"{name}{suffix}.dat"))
    return folder / f"{name}.hea"


def write_segments(
    folder: Path,
    name: str,
    layout: str,
    segments: Sequence[tuple[str, Signals | int]],
    rate: float,
    *,
    when: str,
) -> Path:
    """Write a multi-segment record of variable layout, as MIMIC's are.

    Args:
        folder: Where.
        name: Of the record.
        layout: Name of the header that only lists the signals.
        segments: Name and signals; or "~" and the samples of a gap.
        rate: Hertz.
        when: Time and date, as in a header.
    """
    folder.mkdir(parents=True, exist_ok=True)
    units: dict[str, str] = {}
    lines = []
    for segment, held in segments:
        if isinstance(held, int):
            lines.append(f"~ {held}")
            continue
        write_wfdb(folder, segment, held, rate)
        units |= {signal: unit for signal, (_, unit) in held.items()}
        lines.append(f"{segment} {len(next(iter(held.values()))[0])}")
    total = sum(int(line.split()[1]) for line in lines)
    listed = [f"~ 0 256(0)/{unit} 16 0 0 0 0 {signal}" for signal, unit in units.items()]
    (folder / f"{layout}.hea").write_text(
        "\n".join([f"{layout} {len(listed)} {rate:g} 0", *listed, ""])
    )
    lines = [f"{name}/{len(lines) + 1} {len(units)} {rate:g} {total} {when}", f"{layout} 0", *lines]
    (folder / f"{name}.hea").write_text("\n".join([*lines, ""]))
    return folder / f"{name}.hea"


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], *, bom: bool = False) -> Path:
    """Write a table with the keys of the first row as header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig" if bom else "utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_mat73(path: Path, content: Mapping[str, Any]) -> Path:
    """Write MATLAB's v7.3 layout: text as character codes, structure arrays as references."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        references = file.create_group("#refs#")
        for key, value in content.items():
            _put(file, references, key, value)
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


def _put(group: Any, references: Any, key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = group.create_group(key)
        for k, v in value.items():
            _put(inner, references, k, v)
        return inner
    if isinstance(value, list):  # structures of one kind: a matrix of references for each field
        inner = group.create_group(key)
        for k in value[0]:
            held = [
                _put(references, references, f"{key}_{k}_{i}", v[k]) for i, v in enumerate(value)
            ]
            table = inner.create_dataset(k, (1, len(held)), dtype=h5py.ref_dtype)
            table[0] = [item.ref for item in held]
        return inner
    if isinstance(value, str):
        codes = np.array([ord(c) for c in value], np.uint16)[:, None]
        return group.create_dataset(key, data=codes)
    samples = np.atleast_2d(np.asarray(value))
    return group.create_dataset(key, data=samples)


def entries(database: Database, root: Path) -> list[Entry]:
    """List a database and check what holds for every adapter.

    The order is stable, names are unique, labels are among those announced, and every source
    read in two parts gives the samples of the whole.
    """
    found = list(database.find(root))
    assert found == list(database.find(root))
    assert len({entry.record for entry in found}) == len(found)
    for entry in found:
        assert entry.database == database.name
        assert entry.size > 0
        assert set(entry.labels) <= set(database.labels), set(entry.labels) - set(database.labels)
        for source in database.read(entry):
            assert source.subject == entry.subject
            assert isinstance(source, RecordFile)
            _read_in_parts(source)
    return found


def _read_in_parts(source: RecordFile) -> None:
    whole = source.read()
    middle = source.duration / 3
    first, last = source.read(0, middle), source.read(middle)
    for channel in whole.channels:
        parts = [
            part.samples
            for record in (first, last)
            for part in record.channels
            if part.name == channel.name
        ]
        np.testing.assert_array_equal(np.concatenate(parts), channel.samples)


def write_e4(path: Path, bvp: np.ndarray, rate: float = 64.0) -> Path:
    """Write the archive of an Empatica E4: time of the first sample, rate, samples."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ACC.csv", "1495437325.0, 1495437325.0\n32.0, 32.0\n")
        values = "\r\n".join(f"{value:.4f}" for value in bvp)
        archive.writestr("BVP.csv", f"1495437325.000000\r\n{rate:f}\r\n{values}\r\n")
    return path


PLANTED = b"cposix\nsystem\n(S'exit 1'\ntR."
"""A pickle that would run a command when opened."""
