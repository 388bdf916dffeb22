"""Weights are found by name, folder, run or checkpoint, and say what they learnt from."""

import json
import shutil
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cardioprint.benchmark.columns import participants  # noqa: E402
from cardioprint.benchmark.weights import check_others, differences, given  # noqa: E402
from cardioprint.edge.package import about_checkpoint, from_checkpoint  # noqa: E402
from cardioprint.errors import ModelError, RecordError, UnknownNameError  # noqa: E402
from cardioprint.models.pretrained import load_pretrained, save_pretrained  # noqa: E402
from cardioprint.runtime.folder import FORMAT, model_id, read_about, resolve  # noqa: E402
from cardioprint.training.loop import train  # noqa: E402
from cardioprint.training.recipes import smoke  # noqa: E402


@pytest.fixture(scope="module")
def runs(smoke_cache, tmp_path_factory):
    """Return two runs of a few steps that differ in their seed."""
    folder = tmp_path_factory.mktemp("runs")
    run = replace(smoke(), steps=3, save_every=3, warmup=1)
    for seed in (0, 1):
        train(replace(run, seed=seed), smoke_cache, None, folder / f"seed{seed}")
    return folder


def test_the_packaged_model_says_what_it_learnt_from():
    found = given("tiny")
    assert found.id == model_id(read_about(resolve("tiny"))) and found.seed == 1
    assert found.databases == ("cinc2015", "uci_bp")


def test_a_run_stands_for_its_last_checkpoint(runs):
    found = given(runs / "seed1")
    assert (found.name, found.seed) == ("seed1", 1)
    assert found.databases == ("source0", "source1", "source2")
    same = given(runs / "seed1" / "last.safetensors")
    assert same.sha256 == found.sha256
    a, b = found.load().state_dict(), from_checkpoint(runs / "seed1")[0].state_dict()
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_a_run_takes_part_beside_another_seed(runs):
    found = participants(runs / "seed0", seeds=(runs / "seed1",), installed=False)
    assert found.model == "M2AE seed0" and found.seed == 0 and found.shipped is None
    (other,) = found.seeds
    assert (other.name, other.seed, other.differs) == ("seed1", 1, "")
    assert found.trained == ("source0", "source1", "source2")


def test_graphs_are_not_made_of_a_run(runs):
    with pytest.raises(ModelError, match="cardioprint export"):
        participants(runs / "seed0", "onnx", installed=False)


def test_the_same_weights_are_no_other_seed(runs, tmp_path):
    shutil.copytree(runs / "seed0", tmp_path / "copy")
    copy = given(tmp_path / "copy")
    with pytest.raises(RecordError, match="copy holds the same weights as seed0"):
        check_others(given(runs / "seed0"), (copy,))
    with pytest.raises(RecordError, match="each once"):
        check_others(given("tiny"), (copy, copy))


def test_what_differs_beside_the_seed_is_named(runs):
    a, b = given(runs / "seed0"), given(runs / "seed1")
    assert differences(a, b) == ""
    recipe = b.described["recipe"]
    changed = {**recipe, "batch": {**recipe["batch"], "size": 4}, "seed": 0}
    told = differences(a, replace(b, described={**b.described, "recipe": changed}))
    assert "batch.size 4 instead of 8" in told and "the same seed (0)" in told
    less = {k: v for k, v in recipe.items() if k != "clip"}
    told = differences(a, replace(b, described={**b.described, "recipe": less}))
    assert told == "1 settings are written down for one of them only"
    assert "other databases" in differences(
        a, replace(b, described={**b.described, "databases": ["source0"]})
    )
    assert differences(a, replace(b, described={**b.described, "recipe": None})) == (
        "recipe not known"
    )


def test_precision_is_compared_with_releases_whose_recipe_held_it(runs):
    a, b = given(runs / "seed0"), given(runs / "seed1")
    recipe = {k: v for k, v in b.described["recipe"].items() if k != "precision"}
    own = a.described["recipe"]["precision"]
    told = {
        bfloat16: differences(
            a, replace(b, described={**b.described, "recipe": {**recipe, "bfloat16": bfloat16}})
        )
        for bfloat16 in (True, False)
    }
    assert told[own == "bfloat16"] == ""
    assert told[own != "bfloat16"].endswith(f"instead of {own}")


def test_databases_go_into_the_model_folder(runs, tmp_path):
    model, about = from_checkpoint(runs / "seed0")
    assert about["databases"] == ["source0", "source1", "source2"] and about["step"] == 3
    save_pretrained(model, tmp_path, {**about, "name": "toy", "format": FORMAT})
    assert json.loads((tmp_path / "model.json").read_text())["databases"] == about["databases"]


def test_folders_without_a_list_load_and_say_unknown(tiny_folder, tmp_path):
    shutil.copytree(tiny_folder, tmp_path / "old")
    path = tmp_path / "old" / "model.json"
    about = json.loads(path.read_text())
    for listed in (None, "uci_bp", [1, 2]):
        old = {k: v for k, v in about.items() if k != "databases"}
        path.write_text(json.dumps(old if listed is None else {**old, "databases": listed}))
        assert given(tmp_path / "old").databases is None
    load_pretrained(tmp_path / "old")
    assert participants(tmp_path / "old", installed=False).trained is None


def test_what_is_no_checkpoint_is_refused(tmp_path):
    file = tmp_path / "last.safetensors"
    for content in (b"", b"\x80\x04K\x01.", b"\x08\0\0\0\0\0\0\0{}      "):
        file.write_bytes(content)
        with pytest.raises(ModelError, match="no checkpoint of a run, or damaged"):
            given(tmp_path)
    with pytest.raises(ModelError, match="no checkpoint"):
        about_checkpoint(tmp_path / "absent.safetensors")
    with pytest.raises(UnknownNameError, match="nothing"):
        given(tmp_path / "nothing")


def test_a_checkpoint_of_other_sizes_is_refused(runs, tmp_path, monkeypatch):
    whole = about_checkpoint(runs / "seed0" / "last.safetensors")
    sizes = {**whole["recipe"]["model"], "features": 64}
    monkeypatch.setattr(
        "cardioprint.edge.package.about_checkpoint",
        lambda path: {**whole, "recipe": {**whole["recipe"], "model": sizes}},
    )
    with pytest.raises(ModelError, match="do not fit the sizes"):
        from_checkpoint(runs / "seed0")
