"""A run may begin with a finished model, and its read-out may learn alone."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cardioprint.edge.package import _first_stage, about_checkpoint  # noqa: E402
from cardioprint.errors import ModelError, UnknownNameError  # noqa: E402
from cardioprint.models.m2ae import M2AE, whole  # noqa: E402
from cardioprint.models.pretrained import load_pretrained, save_pretrained  # noqa: E402
from cardioprint.training.beginning import (  # noqa: E402
    READOUT,
    begin,
    learnt_before,
    starting_from,
)
from cardioprint.training.loop import train  # noqa: E402
from cardioprint.training.recipes import readout, smoke  # noqa: E402


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a small model without courses, as an earlier release has written."""
    folder = tmp_path_factory.mktemp("finished")
    torch.manual_seed(7)
    model = M2AE(smoke().model)
    model.centre.uniform_(-3, 3)
    model.spread.uniform_(1, 4)
    save_pretrained(model, folder, {"format": 1, "name": "old"})
    return folder


def alone(folder):
    """Return a short run of the read-out alone."""
    objective = replace(smoke().objective, reconstruct=0.0, phase=0.0, rhythm=1.0)
    batch = replace(smoke().batch, same=0.0)
    run = replace(smoke(), learn="readout", objective=objective, batch=batch, steps=4)
    run = replace(run, model=replace(run.model, course=8))
    return starting_from(run, str(folder))


def prints(model, seed=0):
    x = torch.randn(5, 1250, generator=torch.Generator().manual_seed(seed))
    view = whole(x, torch.ones_like(x, dtype=torch.bool), model.config.patch)
    with torch.no_grad():
        return model.eval().read({"ecg": view})


def test_the_recipe_takes_the_sizes_of_the_model(finished):
    run = alone(finished)
    assert run.model == replace(smoke().model, course=8)
    begun = begin(run).model
    old = begin(starting_from(smoke(), str(finished))).model
    assert torch.equal(prints(begun)[0], prints(old)[0])


def test_a_quiet_read_out_says_the_same(finished):
    """But for the course that is added to it."""
    begun, old = begin(alone(finished)).model, begin(starting_from(smoke(), str(finished))).model
    z, expected = prints(old)
    torch.testing.assert_close(begun.summary(z, []), expected, atol=1e-4, rtol=1e-4)
    assert begun.spread.max() == pytest.approx(0.5)


def test_what_all_have_in_common_is_taken_off_and_fingerprints_stay(finished):
    told = M2AE(smoke().model)
    told.load_state_dict(begin(starting_from(smoke(), str(finished))).model.state_dict())
    assert not told.centre.any()
    torch.testing.assert_close(prints(told)[1], prints(load_pretrained(finished))[1])


def test_nothing_but_the_read_out_learns(finished, smoke_cache, tmp_path):
    run = alone(finished)
    before = begin(run).model.state_dict()
    after = train(run, smoke_cache, smoke_cache, tmp_path).model.state_dict()
    moved = {k for k in before if not torch.equal(before[k], after[k])}
    assert {k.split(".")[0] for k in moved} == {"readout", "courses", "centre", "spread"}
    assert all(k.startswith(READOUT) or k in ("centre", "spread") for k in moved)


def test_what_cannot_be(finished):
    with pytest.raises(UnknownNameError, match="tiny"):
        starting_from(readout(), "nobody")
    with pytest.raises(ModelError, match="--start"):
        begin(replace(alone(finished), model=readout().model, start=str(finished)))
    with pytest.raises(ValueError, match="set both 0"):
        replace(smoke(), learn="readout")
    with pytest.raises(ValueError, match="all or readout"):
        replace(smoke(), learn="nothing")


def test_what_the_beginning_learnt_from_counts(finished, smoke_cache, tmp_path):
    torch.manual_seed(8)
    save_pretrained(
        M2AE(smoke().model), tmp_path / "old", {"format": 1, "name": "old", "databases": ["seas"]}
    )
    assert learnt_before(smoke()) == ()
    assert learnt_before(alone(finished)) is None  # nobody wrote it down
    train(alone(tmp_path / "old"), smoke_cache, None, tmp_path / "run")
    listed = about_checkpoint(tmp_path / "run" / "last.safetensors")["databases"]
    assert "seas" in listed
    assert len(listed) > 1


def test_a_package_names_its_beginning_without_its_folder(finished):
    recipe = {"name": "readout", "start": str(finished)}
    told = _first_stage(recipe)
    assert recipe["start"].startswith("old-")
    assert told["first_stage"]["identifier"] == recipe["start"]
    gone = {"start": str(finished / "gone" / "mine")}
    assert _first_stage(gone) == {}
    assert gone["start"] == "mine"
    assert _first_stage({"name": "tiny", "start": ""}) == {}
