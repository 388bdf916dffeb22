"""Windows of simulated people, and files as the peers' authors publish them."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.simulate import patient


@pytest.fixture(scope="session")
def people():
    """Return six ten-second windows of ECG and PPG at 250 Hz."""
    records = [
        patient(minutes=1, seed=s, heart_rate=55 + 8 * s, ppg_rate=250, events=False)[0]
        for s in range(6)
    ]
    ecg, ppg = (np.stack([r.channels[c].samples[:2500] for r in records]) for c in (0, 1))
    return Signals.of(ecg=ecg, ppg=ppg, sampling_rate=250, lead="II")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes tensors of given shapes as a published file would be."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    def make(shapes, *, name="weights.pt", wrap=None, prefix="", **more):
        generator = torch.Generator().manual_seed(0)
        state = {}
        for key, shape in shapes.items():
            if key.endswith("num_batches_tracked"):
                state[prefix + key] = torch.zeros((), dtype=torch.long)
            else:
                value = 0.02 * torch.randn(shape, generator=generator)
                state[prefix + key] = value.abs() + 0.5 if key.endswith("running_var") else value
        path = tmp_path / name
        if name.endswith(".safetensors"):
            save_file(state, path)
        else:
            torch.save({wrap: state, **more} if wrap else state, path)
        return path

    return make
