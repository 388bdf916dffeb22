"""WFDB records for the readers' tests."""

import numpy as np
import wfdb

rng = np.random.default_rng(0)


def write(folder, name="rec", *, signals=None, units=("mV", "NU"), names=("II", "PLETH"), **more):
    signals = signals if signals is not None else rng.normal(size=(1000, 2))
    wfdb.wrsamp(
        name,
        fs=more.pop("fs", 250),
        units=list(units),
        sig_name=list(names),
        p_signal=signals,
        fmt=[more.pop("fmt", "16")] * len(names),
        write_dir=str(folder),
        **more,
    )
    return folder / f"{name}.hea"
