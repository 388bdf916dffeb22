"""The PPG-Bench adapter: what the benchmark asks of it, and a run in it where it is installed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from cardioprint.simulate import patient

torch = pytest.importorskip("torch")
FOLDER = Path(__file__).resolve().parents[2] / "examples" / "ppg_bench"


@pytest.fixture(scope="module")
def port():
    spec = importlib.util.spec_from_file_location("ppg_bench_encoder", FOLDER / "encoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CardioprintPort({"model": "tiny", "target_fs": 125})


@pytest.fixture(scope="module")
def pulses():
    record, _ = patient(minutes=1, seed=1, heart_rate=72, ppg_rate=125, events=False)
    return torch.from_numpy(record.channels[1].samples)


def embed(port, x):
    with torch.inference_mode():
        return port.load_encoder().eval()(port.prepare_batch({"x": x}, {}, "cpu")).numpy()


def test_the_fingerprint_is_the_one_that_the_package_makes(port, pulses):
    import cardioprint
    from cardioprint.types import Record

    x = pulses[:1250]
    record = Record.from_arrays(ppg=x.numpy(), sampling_rate=125)
    ours = cardioprint.fingerprint(record).vectors[0]
    found = embed(port, x[None])[0]
    cosine = found @ ours / np.linalg.norm(found) / np.linalg.norm(ours)
    assert cosine > 0.98  # float32 here, int8 there


@pytest.mark.parametrize("samples", [100, 263, 1000, 1250, 3750])
def test_any_length_gives_one_finite_vector(port, pulses, samples):
    x = pulses[: 2 * samples].reshape(2, samples)
    found = embed(port, x)
    assert found.shape == (2, 256)
    assert np.isfinite(found).all()


def test_excerpts_do_not_influence_each_other(port, pulses):
    x = pulses[:2500].reshape(2, 1250)
    assert embed(port, x)[1] == pytest.approx(embed(port, x[1:])[0], abs=1e-4)


def test_gradients_reach_the_encoder(port, pulses):
    encoder = port.load_encoder().train()
    encoder(port.prepare_batch({"x": pulses[:1250][None]}, {}, "cpu")).sum().backward()
    gradient = encoder.model.encoders["ppg"].embed.weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


def test_the_benchmark_accepts_and_runs_it(pulses, tmp_path):
    models = pytest.importorskip("ppg_bench.models", reason="ppg-bench is not installed")
    from ppg_bench import datasets, run

    (config,) = models.load_models(FOLDER / "encoder.yaml")
    adapter = models.get_port(config)
    folder = tmp_path / "p1"
    folder.mkdir()
    np.save(folder / "ppg.npy", pulses[:5000].reshape(4, 1250).numpy())
    np.save(folder / "age.npy", np.full(4, 40.0, np.float32))
    (folder / "stats.json").write_text('{"ppg_mean": 0.0, "ppg_std": 1.0}')
    data = datasets.BenchmarkDataset(tmp_path, ["p1"], datasets.TASKS["ppgbp-age"])
    features = run.extract(adapter, adapter.load_encoder(), data, config, "cpu", 2)
    assert features.shape == (4, config["embedding_dim"])
