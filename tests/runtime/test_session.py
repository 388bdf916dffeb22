import json
import shutil

import numpy as np
import pytest

from cardioprint.errors import ModelError, UnknownNameError
from cardioprint.runtime.folder import PACKAGED, packaged, resolve
from cardioprint.runtime.session import Session, usable_cores
from cardioprint.signal.preparation import Preparation, cut, prepare_record


@pytest.fixture(scope="module")
def windows(simulated):
    return cut(prepare_record(simulated[0], Preparation()), Preparation())


@pytest.fixture(scope="module", params=("float32", "int8"))
def engine(request, tiny_folder):
    return Session(tiny_folder, precision=request.param, threads=1)


@pytest.mark.parametrize("count", (0, 1, 2, 17))
def test_any_number_of_windows(engine, windows, count):
    prints, tokens = engine.encode(windows.samples[:count], windows.valid[:count])
    assert prints.shape == (count, 256)
    assert len(tokens) == count
    assert engine.decode(tokens, "ecg").shape == (count, 1250)
    assert np.isfinite(prints).all()


def test_the_graph_itself_takes_any_batch(tiny_folder, windows):
    """`Session` hands over windows one by one in int8: the graph must not have frozen that."""
    engine = Session(tiny_folder, precision="float32", threads=1)
    alone = engine.encode(windows.samples[:20], windows.valid[:20])[0]
    for size in (1, 7, 20):
        engine.batch = size
        np.testing.assert_allclose(
            engine.encode(windows.samples[:20], windows.valid[:20])[0], alone, atol=1e-5
        )


def test_a_window_does_not_depend_on_its_neighbours(engine, windows):
    """int8 too: a scale shared by a batch would make a stream differ from a file."""
    together, tokens = engine.encode(windows.samples, windows.valid)
    for i in (0, 3, 29):
        alone, token = engine.encode(windows.samples[i : i + 1], windows.valid[i : i + 1])
        np.testing.assert_allclose(alone[0], together[i], atol=1e-5)
        np.testing.assert_allclose(token[0], tokens[i], atol=1e-5)
    turned = engine.encode(windows.samples[::-1].copy(), windows.valid[::-1].copy())[0]
    np.testing.assert_allclose(turned[::-1], together, atol=1e-5)


def test_absent_channels_row_by_row(engine, windows):
    """Rows with ECG, PPG, both and neither, mixed in one call."""
    samples, valid = windows.samples[:8].copy(), windows.valid[:8].copy()
    valid[::4, 0] = False
    valid[1::4, 1] = False
    valid[2::4] = False
    samples[~valid] = 0
    prints, tokens = engine.encode(samples, valid)
    assert np.isnan(prints[2::4]).all()
    assert np.isfinite(prints[[0, 1, 3, 4, 5, 7]]).all()
    for i in (0, 1, 3):
        alone = engine.encode(samples[i : i + 1], valid[i : i + 1])[0]
        np.testing.assert_allclose(alone[0], prints[i], atol=1e-5)
    assert len(tokens) == 8


def test_what_is_invalid_does_not_matter(engine, windows):
    samples, valid = windows.samples[:2].copy(), windows.valid[:2].copy()
    valid[:, 0, 500:900] = False
    samples[~valid] = 0
    clean = engine.encode(samples, valid)[0]
    samples[:, 0, 500:900] = 1.0  # quantisation scales with the largest value: keep it small
    atol = 1e-4 if engine.precision == "float32" else 0.1
    np.testing.assert_allclose(engine.encode(samples, valid)[0], clean, atol=atol)


def test_a_damaged_graph_is_not_run(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    graph = bytearray((folder / "bottleneck.int8.onnx").read_bytes())
    graph[len(graph) // 2] ^= 255
    (folder / "bottleneck.int8.onnx").write_bytes(graph)
    with pytest.raises(ModelError, match=r"bottleneck.int8.onnx"):
        Session(folder)
    Session(folder, precision="float32")  # the other graphs are whole
    (folder / "encoder_ecg.float32.onnx").unlink()
    with pytest.raises(ModelError, match="missing"):
        Session(folder, precision="float32")


@pytest.mark.parametrize("key", ("preparation", "model", "files"))
def test_a_description_with_a_hole(tiny_folder, tmp_path, key):
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    about = json.loads((folder / "model.json").read_text())
    del about[key]
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError):
        Session(folder)


def test_a_preparation_of_another_release(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    about = json.loads((folder / "model.json").read_text())
    about["preparation"]["wavelet"] = 3
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="wavelet"):
        Session(folder)


def test_unknown_names_list_the_known(tiny_folder, tmp_path):
    with pytest.raises(UnknownNameError, match="float32"):
        Session(tiny_folder, precision="int4")
    for name in ("nothing", tmp_path, "../../etc"):
        with pytest.raises(UnknownNameError) as error:
            Session(name)
        for known in packaged():
            assert known in str(error.value)


def test_packaged_models_are_whole():
    for name in packaged():
        assert resolve(name) == PACKAGED / name
        engine = Session(name, threads=1)
        assert engine.features == 256
        assert engine.preparation == Preparation()


def test_usable_cores():
    assert usable_cores() >= 1
