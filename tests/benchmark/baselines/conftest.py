"""Windows of simulated people."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.simulate import patient

RATES = np.linspace(50, 105, 12)


@pytest.fixture(scope="session")
def people():
    """Return 24 ten-second windows of ECG and PPG, two of each of twelve people."""
    ecg, ppg, hr = [], [], []
    for seed, rate in enumerate(RATES):
        record, truth = patient(minutes=1, seed=seed, heart_rate=rate, ppg_rate=250, events=False)
        for first in (0, 2500):
            ecg.append(record.channels[0].samples[first : first + 2500])
            ppg.append(record.channels[1].samples[first : first + 2500])
            at = truth.r_peaks[(truth.r_peaks >= first / 250) & (truth.r_peaks < first / 250 + 10)]
            hr.append(60 / np.median(np.diff(at)))
    known = {"age": np.repeat(RATES - 20, 2), "sex": np.arange(24) % 2, "hr": hr}
    return Signals.of(
        ecg=np.stack(ecg), ppg=np.stack(ppg), sampling_rate=250, lead="II", known=known
    )


@pytest.fixture(scope="session")
def subject():
    return np.repeat([f"p{i}" for i in range(len(RATES))], 2)
