import json
import shutil

import pytest

torch = pytest.importorskip("torch")

from cardioprint.errors import ModelError, UnknownNameError  # noqa: E402
from cardioprint.models.pretrained import load_pretrained, save_pretrained  # noqa: E402
from cardioprint.runtime.folder import WEIGHTS, digest, model_id, read_about  # noqa: E402


@pytest.fixture
def copied(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def test_round_trip(tiny_folder, tmp_path):
    model = load_pretrained(tiny_folder)
    assert not model.training
    about = json.loads((tiny_folder / "model.json").read_text())
    save_pretrained(model, tmp_path / "again", about)
    again = load_pretrained(tmp_path / "again")
    assert model.config == again.config
    for (name, a), b in zip(model.state_dict().items(), again.state_dict().values(), strict=True):
        assert a.dtype == torch.float32
        assert torch.equal(a, b), name  # float16 was exact the second time
    assert digest(tmp_path / "again" / WEIGHTS) == digest(tiny_folder / WEIGHTS)
    size = (tiny_folder / WEIGHTS).stat().st_size
    assert size < 2.2 * sum(v.numel() for v in model.state_dict().values())


def test_one_changed_byte_is_noticed(copied):
    weights = bytearray((copied / WEIGHTS).read_bytes())
    weights[-100] ^= 1
    (copied / WEIGHTS).write_bytes(weights)
    with pytest.raises(ModelError, match="SHA-256"):
        load_pretrained(copied)


def test_missing_weights(copied):
    (copied / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="missing"):
        load_pretrained(copied)


@pytest.mark.parametrize("layout", (0, 2, None, "1"))
def test_another_layout(copied, layout):
    about = json.loads((copied / "model.json").read_text())
    (copied / "model.json").write_text(json.dumps({**about, "format": layout}))
    with pytest.raises(ModelError, match="layout"):
        load_pretrained(copied)


@pytest.mark.parametrize("text", ("", "{", "[1]", '"a"', "null"))
def test_a_description_that_is_none(copied, text):
    (copied / "model.json").write_text(text)
    with pytest.raises(ModelError):
        read_about(copied)


def test_weights_of_other_sizes(copied):
    about = json.loads((copied / "model.json").read_text())
    about["model"]["encoder_layers"] += 1
    (copied / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="sizes"):
        load_pretrained(copied)


def test_sizes_of_another_release(copied):
    about = json.loads((copied / "model.json").read_text())
    about["model"]["no_such_size"] = 1
    (copied / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError):
        load_pretrained(copied)


def test_an_unknown_name_lists_the_known():
    from cardioprint.runtime.folder import packaged

    with pytest.raises(UnknownNameError) as error:
        load_pretrained("no such model")
    for name in packaged():
        assert name in str(error.value)


def test_the_identifier_changes_with_the_weights(tiny_folder, tmp_path):
    about = read_about(tiny_folder, check=(WEIGHTS,))
    model = load_pretrained(tiny_folder)
    with torch.no_grad():
        model.centre[0] += 1
    save_pretrained(model, tmp_path / "other", about)
    other = read_about(tmp_path / "other")
    assert model_id(about).startswith("small-")
    assert model_id(other) != model_id(about)
