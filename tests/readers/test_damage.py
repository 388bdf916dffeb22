"""Flipped bytes: any file, however damaged, reads or raises an error of ours."""

import random

import numpy as np
import pytest
import scipy.io
import wfdb
from pyedflib import highlevel

from cardioprint.errors import RecordError
from cardioprint.readers import open_record

SIG = np.random.default_rng(6).normal(size=(1, 500))


def make_wfdb(folder):
    wfdb.wrsamp("x", fs=250, units=["mV"], sig_name=["II"], p_signal=SIG.T, fmt=["16"],
                write_dir=str(folder))  # fmt: skip
    return folder / "x.hea", {}


def make_edf(folder):
    highlevel.write_edf_quick(str(folder / "x.edf"), SIG, 100)
    return folder / "x.edf", {"columns": {0: "ecg:II:mV"}}


def make_mat(folder):
    scipy.io.savemat(folder / "x.mat", {"ppg": SIG[0], "fs": 125}, do_compression=True)
    return folder / "x.mat", {}


def make_npz(folder):
    np.savez(folder / "x.npz", ppg=SIG[0], fs=125)
    return folder / "x.npz", {}


def make_csv(folder):
    lines = [f"{i / 125:.3f},{v:.3f}" for i, v in enumerate(SIG[0])]
    (folder / "x.csv").write_text("Time [s],PPG\n" + "\n".join(lines))
    return folder / "x.csv", {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [make_wfdb, make_edf, make_mat, make_npz, make_csv])
def test_flipped_bytes(tmp_path, make):
    path, arguments = make(tmp_path)
    good = path.read_bytes()
    open_record(path, **arguments).read()
    chance = random.Random(0)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.choice([1, 2, 5])):
            data[chance.randrange(min(len(data), 1400))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            open_record(path, **arguments).read()
        except RecordError as error:
            assert error.fix and error.source
