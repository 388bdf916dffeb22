"""How often the quality index abstains: on disease, on devices, and on what is no signal.

    python benchmarks/abstention.py [--thin 4]

Needs the development tables (CARDIOPRINT_DATA). Every row is prepared as its user would.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tyro
from numpy.typing import NDArray

from cardioprint.datasets.tables import rows
from cardioprint.signal.preparation import Preparation, cut, prepare_record
from cardioprint.signal.quality import THRESHOLD, assess
from cardioprint.types import Record

Case = tuple[str, str, float, NDArray[np.floating]]
"""(group, modality, sampling rate, samples)."""


def real(thin: int) -> Iterator[Case]:
    """Yield real signals by class."""
    for i, row in enumerate(rows("rhythm_ppg", ["ppg"])):
        if i % thin == 0:
            yield f"PPG rhythm: {row['rhythm']}", "ppg", row["fs"], row["ppg"]
    for row in rows("five_class", ["II"]):
        for name in ("NORM", "MI", "STTC", "CD", "HYP"):
            if row[name]:
                yield f"12-lead ECG: {name}", "ecg", row["fs"], row["II"]
    for row in rows("ppg_bp"):
        yield "PPG-BP (2.1 s)", "ppg", row["fs"], row["ppg"]
    for row in rows("ecgid"):
        yield "ECG-ID", "ecg", row["fs"], row["ecg"]
    for name, title in (("bidmc", "BIDMC"), ("troika", "TROIKA (running)")):
        for row in rows(name):
            yield f"{title}: ECG", "ecg", row["fs"], row["ecg"]
            yield f"{title}: PPG", "ppg", row["fs"], row["ppg"]
    for row in rows("cinc2015"):
        if row["alarm_true"]:
            last = slice(int(290 * row["fs"]), int(300 * row["fs"]))
            yield f"true alarm, ECG: {row['alarm_type']}", "ecg", row["fs"], row["ecg"][last]
            yield f"true alarm, PPG: {row['alarm_type']}", "ppg", row["fs"], row["ppg"][last]


def nonsense() -> Iterator[Case]:
    """Yield what is no signal, at several rates, as ECG and as PPG."""
    rng = np.random.default_rng(0)
    source = [row for row, _ in zip(rows("bidmc"), range(20), strict=False)]
    for rate in (100.0, 125.0, 250.0, 500.0):
        t = np.arange(int(10 * rate)) / rate
        for _ in range(10):
            z = rng.standard_normal(len(t))
            made: dict[str, Any] = {
                "white noise": z,
                "random walk": np.cumsum(z),
                "constant": np.full(len(t), 3.7),
                "50 Hz hum": np.sin(2 * np.pi * (50 * t + rng.random())),
                "60 Hz hum": np.sin(2 * np.pi * (60 * t + rng.random())),
            }
            for name, x in made.items():
                for modality in ("ecg", "ppg"):
                    yield f"no signal: {name}, as {modality.upper()}", modality, rate, x
    for row in source:
        for modality in ("ecg", "ppg"):
            x = row[modality][:7500]
            centred = x - np.nanmedian(x)
            rails = 0.1 * np.nanstd(centred)
            title = modality.upper()
            yield f"no signal: shuffled {title}", modality, row["fs"], rng.permutation(x)
            yield f"no signal: saturated {title}", modality, row["fs"], centred.clip(-rails, rails)


def main(thin: int = 4) -> None:
    """Print windows and the share that abstains for every group.

    Args:
        thin: Take every so-many-th row of the largest table.
    """
    preparation = Preparation()
    found: dict[str, list[bool]] = {}
    for source in (real(thin), nonsense()):
        for group, modality, rate, samples in source:
            given: dict[str, Any] = {modality: samples}
            record = Record.from_arrays(**given, sampling_rate=float(rate))
            prepared = prepare_record(record, preparation)
            index = assess(prepared, cut(prepared, preparation)).index
            column = index[:, 0 if modality == "ecg" else 1]
            found.setdefault(group, []).extend((~(column >= THRESHOLD)).tolist())
    print("| | windows | abstained |\n|---|---|---|")
    for group, flags in found.items():
        print(f"| {group} | {len(flags)} | {np.mean(flags):.1%} |")


if __name__ == "__main__":
    tyro.cli(main)
