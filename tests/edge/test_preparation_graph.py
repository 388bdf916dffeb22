"""The preparation inside a graph gives the numbers of the preparation outside."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cardioprint.edge.preparation import PreparationGraph  # noqa: E402
from cardioprint.errors import SamplingRateError  # noqa: E402
from cardioprint.signal.preparation import Preparation, prepare  # noqa: E402
from cardioprint.simulate import patient  # noqa: E402
from cardioprint.types import Modality  # noqa: E402


def inside(rate, modality, offset=0.0):
    record, _ = patient(minutes=0.5, seed=5, ecg_rate=rate, ppg_rate=rate, events=False)
    channel = record.of(Modality(modality))[0]
    prepared = prepare(
        channel if modality == "ecg" else None,
        channel if modality == "ppg" else None,
        Preparation(),
    )
    return channel.samples + np.float32(offset), prepared.samples[0 if modality == "ecg" else 1]


@pytest.mark.parametrize("modality", ["ecg", "ppg"])
@pytest.mark.parametrize("rate", [100.0, 125.0, 250.0, 360.0, 500.0, 1000.0])
def test_graph_equals_whole_record(rate, modality):
    raw, expected = inside(rate, modality)
    graph = PreparationGraph(rate, Modality(modality), Preparation()).eval()
    with torch.no_grad():
        got = graph(torch.from_numpy(raw)[None])[0].numpy()
    n = min(len(got), len(expected) - graph.skipped - 200)  # the record's end has no context
    assert n > 2000
    part = expected[graph.skipped : graph.skipped + n]
    assert np.abs(got[:n] - part).max() < 1e-4 * part.std()


def test_exported_graph_equals_whole_record(tmp_path):
    ort = pytest.importorskip("onnxruntime")
    raw, expected = inside(250.0, "ecg")
    graph = PreparationGraph(250.0, Modality.ECG, Preparation()).eval()
    path = tmp_path / "preparation.onnx"
    torch.onnx.export(
        graph,
        (torch.from_numpy(raw)[None],),
        str(path),
        input_names=["samples"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {"samples": raw[None]})[0][0]
    n = len(got) - 400
    part = expected[graph.skipped : graph.skipped + n]
    assert np.abs(got[:n] - part).max() < 1e-4 * part.std()


def test_an_irrational_ratio_is_refused():
    with pytest.raises(SamplingRateError, match="fraction"):
        PreparationGraph(360.123457, Modality.ECG, Preparation())
