"""Our backbone of OpenECG against the package itself, where it is installed."""

import warnings

import numpy as np
import pytest

from cardioprint.benchmark.peers.catalogue import load_peer
from cardioprint.benchmark.peers.openecg import installed, prepare

torch = pytest.importorskip("torch")
openecg = pytest.importorskip("openecg")


@pytest.fixture(scope="module")
def encoder():
    if installed() is None:
        pytest.skip("this openecg holds no codec v6")
    return load_peer("openecg")


def test_tokens_are_the_packages_own(encoder, people):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = openecg.load_codec()
    seen = []
    theirs.upper_transformer.register_forward_hook(lambda _, __, out: seen.append(out))
    x = people.series["ecg"].samples[0].astype(float)
    ready = torch.from_numpy(prepare(x, 250.0, "ecg").astype(np.float32))[None]
    with torch.no_grad():
        theirs(ready, torch.zeros(1, dtype=torch.long))
        ours = encoder.network.tokens(ready[:, None])
    assert torch.allclose(ours, seen[0], atol=1e-4)


def test_preparation_is_the_packages_own():
    from openecg.dsp import rank_normalize

    x = np.round(np.random.default_rng(0).normal(size=5000), 2)
    assert prepare(x, 500.0, "ecg") == pytest.approx(rank_normalize(x), abs=1e-6)
