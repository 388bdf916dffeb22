"""A day of two channels in little memory, measured on a process of its own."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from cardioprint.simulate import patient

HOURS = 24
RATE = 250


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Return a 24-hour WFDB record: one simulated half hour, written again and again."""
    folder = tmp_path_factory.mktemp("day")
    record, _ = patient(minutes=30, seed=1, ecg_rate=RATE, ppg_rate=RATE)
    counts = [np.nan_to_num(c.samples * 2000, nan=-32768).astype("<i2") for c in record.channels]
    frames = np.stack(counts, axis=1)
    with (folder / "day.dat").open("wb") as file:
        for _ in range(2 * HOURS):
            file.write(frames.tobytes())
    (folder / "day.hea").write_text(
        f"day 2 {RATE} {2 * HOURS * len(frames)}\n"
        "day.dat 16 2000(0)/mV 16 0 0 0 0 II\n"
        "day.dat 16 2000(0)/NU 16 0 0 0 0 PLETH\n"
    )
    return folder / "day.hea"


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="peak memory is read from /proc"
)
def test_a_day_needs_less_than_a_gigabyte(day, tiny_folder):
    code = """
        import json, sys, time
        from cardioprint.fingerprints.pipeline import fingerprint
        began = time.perf_counter()
        result = fingerprint(sys.argv[1], model=sys.argv[2], threads=1)
        # Not getrusage: its maximum is inherited from the process that started this one.
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        peak = int(status["VmHWM"].split()[0]) / 1024
        seconds = time.perf_counter() - began
        print(json.dumps([len(result), float(result.abstained.mean()), peak, seconds]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(day), str(tiny_folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    windows, abstained, megabytes, seconds = json.loads(done.stdout)
    print(f"{windows} windows, {megabytes:.0f} MB, {seconds:.0f} s")
    assert windows == HOURS * 360
    assert abstained < 0.1
    assert megabytes < 1000
