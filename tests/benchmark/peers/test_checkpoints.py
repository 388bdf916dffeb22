"""Files of others: what is read, and what stays closed."""

import pickle

import numpy as np
import pytest

from cardioprint.benchmark.peers.catalogue import PEERS, load_peer
from cardioprint.benchmark.peers.checkpoints import read_tensors
from cardioprint.errors import ModelError, UnknownNameError

torch = pytest.importorskip("torch")


def read(path):
    return read_tensors(path, "Some model", "somewhere (licence: some)")


class Evil:
    def __reduce__(self):
        return (print, ("this must never be printed",))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_file_that_would_run_code_stays_closed(tmp_path, how, capsys):
    path = tmp_path / "weights.pt"
    if how == "torch":
        torch.save({"state_dict": {"a": torch.zeros(2)}, "more": Evil()}, path)
    else:
        path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ModelError, match="not opened"):
        read(path)
    assert "never" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"\xff" * 100])
def test_damaged_files_are_errors_with_the_file_and_the_fix(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name}.*Fix:"):
        read(path)


def test_truncated_files(write):
    for name in ("weights.pt", "weights.safetensors"):
        path = write({"a": (50, 50)}, name=name)
        path.write_bytes(path.read_bytes()[:-500])
        with pytest.raises(ModelError, match=r"readable|not opened"):
            read(path)


def test_scores_beside_the_tensors_are_harmless(write):
    path = write({"a": (2,)}, wrap="state_dict", prefix="module.", auroc=np.float64(0.9), step=3)
    found = read(path)
    assert list(found) == ["a"]
    assert found["a"].shape == (2,)


def test_half_precision_becomes_single(tmp_path):
    torch.save({"a": torch.ones(3, dtype=torch.float16)}, tmp_path / "a.pt")
    assert read(tmp_path / "a.pt")["a"].dtype == torch.float32


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"state_dict": {}}])
def test_a_file_without_tensors(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(ModelError, match=r"no tensors|holds a list"):
        read(tmp_path / "a.pt")


def test_a_tensor_that_claims_more_than_it_stores(tmp_path):
    torch.save({"a": torch.zeros(1).expand(10**9)}, tmp_path / "a.pt")
    with pytest.raises(ModelError, match="fewer numbers than it claims"):
        read(tmp_path / "a.pt")


@pytest.mark.parametrize("name", sorted(set(PEERS) - {"openecg"}))
def test_absent_weights_say_where_they_are_published(tmp_path, name):
    peer = PEERS[name]
    for path in (None, tmp_path / "absent.pt", tmp_path):
        with pytest.raises(ModelError, match="not part of cardioprint") as caught:
            load_peer(name, path)
        assert peer.weights in str(caught.value)
        assert peer.weights_licence in str(caught.value)


def test_an_unknown_peer_names_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"anyppg, chronos_bolt"):
        load_peer("bert")
