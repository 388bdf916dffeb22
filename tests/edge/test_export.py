"""Exported graphs against the model they came from."""

import itertools
import logging

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cardioprint.datasets.tables import rows  # noqa: E402
from cardioprint.edge.export import export  # noqa: E402
from cardioprint.models.m2ae import M2AE, MODALITIES, ModelConfig, whole  # noqa: E402
from cardioprint.models.pretrained import load_pretrained, save_pretrained  # noqa: E402
from cardioprint.runtime.folder import packaged, read_about  # noqa: E402
from cardioprint.runtime.session import Session  # noqa: E402
from cardioprint.signal.preparation import Preparation, cut, prepare_record  # noqa: E402
from cardioprint.types import Record  # noqa: E402

SHOWN = (("ecg",), ("ppg",), ("ecg", "ppg"))


@torch.no_grad()
def by_torch(model, samples, valid, shown):
    views = {
        m: whole(
            torch.from_numpy(samples[:, MODALITIES.index(m)].copy()),
            torch.from_numpy(valid[:, MODALITIES.index(m)].copy()),
            model.config.patch,
        )
        for m in shown
    }
    z, prints = model.read(views)
    made = {m: p.flatten(1).numpy() for m, p in model.decode(z).items()}
    return prints.numpy(), z.numpy(), made


def restricted(windows, shown):
    keep = np.array([m in shown for m in MODALITIES])[None, :, None]
    return windows.samples * keep, windows.valid & keep


def windows_of(record):
    return cut(prepare_record(record, Preparation()), Preparation())


def cosine(a, b):
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


@pytest.fixture(scope="module")
def partial(simulated):
    """Return windows with gaps of every length and, in the last, two seconds of signal."""
    windows = windows_of(simulated[0])
    rng = np.random.default_rng(0)
    for i in range(len(windows)):
        at, length = rng.integers(0, 1000, 2), rng.integers(0, 600, 2)
        for channel in range(2):
            windows.valid[i, channel, at[channel] : at[channel] + length[channel]] = False
    windows.valid[-1, :, 250:] = False
    windows.samples[~windows.valid] = 0
    both = windows.valid.reshape(len(windows), 2, 50, 25).mean(-1).max(-1) >= 0.8
    keep = both.all(axis=1)
    return type(windows)(
        start=windows.start[keep],
        samples=windows.samples[keep],
        valid=windows.valid[keep],
        mean=windows.mean[keep],
        scale=windows.scale[keep],
        sampling_rate=125.0,
    )


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("whole_windows", (True, False))
def test_float32_graphs_agree_with_torch(tiny_folder, simulated, partial, shown, whole_windows):
    windows = windows_of(simulated[0]) if whole_windows else partial
    samples, valid = restricted(windows, shown)
    present = valid.any(axis=2).any(axis=1)
    samples, valid = samples[present], valid[present]
    engine = Session(tiny_folder, precision="float32", threads=1)
    prints, tokens = engine.encode(samples, valid)
    expected, z, made = by_torch(load_pretrained(tiny_folder), samples, valid, shown)
    assert len(prints) > 20
    np.testing.assert_allclose(prints, expected, atol=1e-4)
    np.testing.assert_allclose(tokens, z, atol=1e-4)
    for m in MODALITIES:
        np.testing.assert_allclose(engine.decode(tokens, m), made[m], atol=1e-4)


@pytest.fixture(scope="module")
def real(shared_data):
    records = (
        Record.from_arrays(ecg=r["ecg"][:15000], ppg=r["ppg"][:15000], sampling_rate=r["fs"])
        for r in itertools.islice(rows("bidmc"), 0, None, 6)
    )
    parts = [windows_of(r) for r in records]
    return (
        np.concatenate([p.samples for p in parts]),
        np.concatenate([p.valid for p in parts]),
    )


@pytest.mark.parametrize("model", ("small", *packaged()))
@pytest.mark.parametrize("shown", SHOWN)
def test_int8_on_real_windows(tiny_folder, real, model, shown):
    """Cosine of int8 with torch in float32."""
    folder = tiny_folder if model == "small" else model
    keep = np.array([m in shown for m in MODALITIES])[None, :, None]
    samples, valid = real[0] * keep, real[1] & keep
    engine = Session(folder, precision="int8", threads=1)
    prints, tokens = engine.encode(samples, valid)
    expected, _, made = by_torch(load_pretrained(folder), samples, valid, shown)
    alike = cosine(prints, expected)
    print(f"{model} {shown}: cosine min {alike.min():.4f}, mean {alike.mean():.4f}")
    assert alike.min() >= 0.995
    for m in shown:
        assert np.abs(engine.decode(tokens, m) - made[m]).mean() < 0.05


def test_hashes_are_written_for_what_was_exported(tiny_folder):
    files = read_about(tiny_folder)["files"]
    names = ("encoder_ecg", "encoder_ppg", "bottleneck", "decoder_ecg", "decoder_ppg")
    graphs = {f"{n}.{p}.onnx" for n in names for p in ("int8", "float32")}
    assert set(files) == graphs | {"weights.safetensors"}
    read_about(tiny_folder, check=tuple(files))
    for name in names:
        small, large = (tiny_folder / f"{name}.{p}.onnx" for p in ("int8", "float32"))
        assert small.stat().st_size < large.stat().st_size


def test_export_leaves_other_peoples_logging_alone(tmp_path, monkeypatch):
    from cardioprint.edge import export as module

    at_work = []
    monkeypatch.setattr(
        "onnxruntime.quantization.quantize_dynamic",
        lambda *_, **__: at_work.append(logging.getLogger().level),
    )
    monkeypatch.setattr(
        "onnxruntime.quantization.shape_inference.quant_pre_process", lambda *_, **__: None
    )
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)
    module._quantise(tmp_path / "a.float32.onnx", tmp_path / "a.int8.onnx")
    assert at_work == [logging.ERROR]
    assert logging.getLogger().level == logging.INFO


def test_nothing_asked_for_writes_nothing(tiny_folder, tmp_path, monkeypatch):
    from cardioprint.edge import export as module

    monkeypatch.setattr(module, "_trace", lambda *_: None)
    (tmp_path / "model.json").write_text((tiny_folder / "model.json").read_text())
    assert export(load_pretrained(tiny_folder), tmp_path, int8=False) == []


def test_a_model_without_courses_goes_the_same_way(tmp_path, simulated):
    """As models of earlier releases were made."""
    torch.manual_seed(0)
    config = ModelConfig(
        features=32, heads=2, encoder_layers=1, bottleneck_layers=1, decoder_features=16, timing=8
    )
    save_pretrained(
        M2AE(config),
        tmp_path,
        {"format": 1, "name": "plain", "preparation": Preparation().to_dict()},
    )
    export(load_pretrained(tmp_path), tmp_path, int8=False, float32=True)
    samples, valid = restricted(windows_of(simulated[0]), ("ppg",))
    samples, valid = samples[:20], valid[:20]
    prints, _ = Session(tmp_path, precision="float32", threads=1).encode(samples, valid)
    expected, _, _ = by_torch(load_pretrained(tmp_path), samples, valid, ("ppg",))
    np.testing.assert_allclose(prints, expected, atol=1e-4)
