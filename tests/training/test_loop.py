"""A run can be killed at any time, and says when it is dead."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")

from cardioprint.errors import CardioprintError, ModelError, UnknownNameError  # noqa: E402
from cardioprint.models import losses  # noqa: E402
from cardioprint.models.m2ae import M2AE  # noqa: E402
from cardioprint.training import augment, checkpoint, loop, objective  # noqa: E402
from cardioprint.training.batches import Sampler  # noqa: E402
from cardioprint.training.log import Log  # noqa: E402
from cardioprint.training.loop import DeadRunError, schedule, swapped, train  # noqa: E402
from cardioprint.training.machine import Machine  # noqa: E402
from cardioprint.training.recipes import RECIPES, Run, recipe, smoke  # noqa: E402


class KilledError(Exception):
    """What happens to a process in the middle of a run."""


def killed_before(monkeypatch, step):
    """Make the run die when it asks for the batch of a step."""
    whole = Sampler.batch

    def batch(self, at, *ranks, **more):
        if at == step:
            raise KilledError
        return whole(self, at, *ranks, **more)

    monkeypatch.setattr(Sampler, "batch", batch)


@pytest.mark.parametrize("bfloat16", (False, True))
def test_ten_and_ten_resumed_steps_equal_twenty(smoke_cache, tmp_path, monkeypatch, bfloat16):
    machine = Machine(bfloat16=bfloat16)
    straight = train(smoke(), smoke_cache, None, tmp_path / "a", machine)
    with monkeypatch.context() as patch:
        killed_before(patch, 13)  # three steps are lost, and done again
        with pytest.raises(KilledError):
            train(smoke(), smoke_cache, None, tmp_path / "b", machine)
    (tmp_path / "b" / "last.partial").write_bytes(b"half a file")
    resumed = train(smoke(), smoke_cache, None, tmp_path / "b", machine)
    pairs = zip(straight.state_dict().items(), resumed.state_dict().values(), strict=True)
    for (name, a), b in pairs:
        torch.testing.assert_close(a, b, atol=1e-6, rtol=0, msg=name)
    start = loop.begin(smoke())
    moved = [
        (a - b).abs().max() for a, b in zip(straight.parameters(), start.parameters(), strict=True)
    ]
    assert max(moved) > 1e-3


def test_a_fixed_temperature_stays_where_it_is(smoke_cache, tmp_path):
    run = replace(smoke(), steps=4, warmup=1)
    fixed = replace(run, objective=replace(run.objective, temperature=0.05))
    train(fixed, smoke_cache, None, tmp_path / "a")
    more = train(replace(fixed, steps=6), smoke_cache, None, tmp_path / "a")  # resumes at 4
    assert more.log_scale.exp().tolist() == pytest.approx([20.0, 20.0])
    assert train(run, smoke_cache, None, tmp_path / "b").log_scale.tolist() != [2.3, 2.3]
    for wrong in (0.01, 2.0):
        with pytest.raises(ValueError, match="temperature"):
            replace(run.objective, temperature=wrong)


def test_a_kill_while_writing_leaves_the_old_checkpoint(smoke_cache, tmp_path, monkeypatch):
    run = replace(smoke(), steps=4, save_every=2)

    def half(tensors, path, metadata):
        if metadata["step"] == "4":
            path.write_bytes(b"half")
            raise KilledError
        return whole(tensors, path, metadata=metadata)

    whole = checkpoint.save_file
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", half)
        with pytest.raises(KilledError):
            train(run, smoke_cache, None, tmp_path)
    with checkpoint.safe_open(tmp_path / "last.safetensors", framework="pt") as file:
        assert file.metadata()["step"] == "2"
    train(run, smoke_cache, None, tmp_path)
    with checkpoint.safe_open(tmp_path / "last.safetensors", framework="pt") as file:
        assert file.metadata()["step"] == "4"
        assert json.loads(file.metadata()["about"])["name"] == "smoke"


@pytest.mark.parametrize("cause", ("loss", "input", "gradient"))
def test_a_loss_that_is_no_number_stops_before_the_step(smoke_cache, tmp_path, monkeypatch, cause):
    at = []
    noise, reconstruction = augment.add_noise, losses.reconstruction

    def noisy(*arguments, **more):
        at.append(len(at))
        out = noise(*arguments, **more)
        return out * float("nan") if cause == "input" and at[-1] == 12 else out

    def broken(*arguments, **more):
        loss, error = reconstruction(*arguments, **more)
        return (loss * float("nan") if cause == "loss" and at[-1] == 12 else loss), error

    monkeypatch.setattr(augment, "add_noise", noisy)
    monkeypatch.setattr(losses, "reconstruction", broken)
    if cause == "gradient":
        clip = torch.nn.utils.clip_grad_norm_
        norms = iter(range(100))
        monkeypatch.setattr(
            torch.nn.utils,
            "clip_grad_norm_",
            lambda *a: clip(*a) * (float("inf") if next(norms) == 12 else 1.0),
        )
    with pytest.raises(DeadRunError, match=f"{'gradient' if cause == 'gradient' else 'loss'} is"):
        train(smoke(), smoke_cache, None, tmp_path)
    assert at[-1] == 12
    with checkpoint.safe_open(tmp_path / "last.safetensors", framework="pt") as file:
        assert file.metadata()["step"] == "10"
        for key in file.keys():  # noqa: SIM118 (not a dict)
            assert torch.isfinite(file.get_tensor(key)).all()


@pytest.mark.parametrize("kind", ("one", "nearly one"))
def test_collapsed_fingerprints_stop_a_run_early(smoke_cache, tmp_path, monkeypatch, kind):
    """A point has rank 1; with rounding about it the rank is full, and the cosine tells."""
    spread = {"one": 0.0, "nearly one": 1e-4}[kind]
    own = M2AE.fingerprint
    monkeypatch.setattr(M2AE, "fingerprint", lambda *given: 1.0 + spread * own(*given))
    monkeypatch.setattr(M2AE, "follow", lambda *_, **__: None)
    monkeypatch.setattr(loop, "DEAD_LINES", 2)
    run = replace(smoke(), steps=60, warmup=15, save_every=10)
    with pytest.raises(DeadRunError, match="alike for 20 steps: at step 30"):
        train(run, smoke_cache, None, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [x["step"] for x in lines] == [0, 10, 20, 30]
    assert all(x["rank"] <= 1.5 if kind == "one" else x["cosine"] > 0.999 for x in lines)


def test_a_run_that_comes_alive_goes_on(smoke_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "DEAD_LINES", 3)
    mean, lines = loop._mean_over_ranks, []

    def found(parts):
        lines.append(mean(parts))
        return {**lines[-1], "cosine": 0.1, "rank": 1.0 if len(lines) % 3 else 9.0}

    monkeypatch.setattr(loop, "_mean_over_ranks", found)
    train(replace(smoke(), steps=60, warmup=0), smoke_cache, None, tmp_path)
    assert len(lines) == 6


def test_half_a_line_of_the_log_is_dropped(smoke_cache, tmp_path):
    run = replace(smoke(), steps=12)
    train(run, smoke_cache, smoke_cache, tmp_path)
    log = tmp_path / "log.jsonl"
    before = log.read_text()
    log.write_text(before + '{"kind": "valid", "step": 12, "lo')
    train(replace(run, steps=20), smoke_cache, smoke_cache, tmp_path)
    after = log.read_text()
    assert after.startswith(before)
    assert all(json.loads(line) for line in after.splitlines())


def test_the_best_weights_are_kept_beside_the_last(smoke_cache, tmp_path, monkeypatch):
    losses_then = iter((3.0, 1.0, 2.0))
    monkeypatch.setattr(loop, "validate", lambda *_: {"loss": next(losses_then)})
    run = replace(smoke(), steps=12, validate_every=4, save_every=4)
    train(run, smoke_cache, smoke_cache, tmp_path)
    kept = {}
    for name in ("best", "last"):
        with checkpoint.safe_open(tmp_path / f"{name}.safetensors", framework="pt") as file:
            kept[name] = file.metadata()["step"]
    assert kept == {"best": "8", "last": "12"}
    assert not list(tmp_path.glob("*.partial"))


def test_a_checkpoint_that_cannot_be_used_says_so(smoke_cache, tmp_path):
    run = replace(smoke(), steps=2)
    train(run, smoke_cache, None, tmp_path)
    with pytest.raises(ModelError, match="other sizes"):
        train(replace(run, model=replace(run.model, fingerprint=16)), smoke_cache, None, tmp_path)
    last = tmp_path / "last.safetensors"
    for damaged in (b"", last.read_bytes()[:1000]):
        last.write_bytes(damaged)
        with pytest.raises(ModelError, match="damaged"):
            train(run, smoke_cache, None, tmp_path)


def test_a_run_goes_on_as_it_was_begun(smoke_cache, tmp_path, monkeypatch):
    """A checkpoint that knows nothing of how people are weighted is of a run by hours."""
    assert smoke().batch.people == 0.5
    run = replace(smoke(), steps=2)
    train(run, smoke_cache, None, tmp_path)
    asked = []
    sampler = loop.Sampler
    monkeypatch.setattr(loop, "Sampler", lambda c, b, **k: asked.append(b) or sampler(c, b, **k))
    train(replace(run, steps=4), smoke_cache, None, tmp_path)
    whole = checkpoint.about

    def old(path):
        about = whole(path)
        del about["batch"]["people"]
        return about

    monkeypatch.setattr(checkpoint, "about", old)
    train(replace(run, steps=6), smoke_cache, None, tmp_path)
    assert [b.people for b in asked] == [0.5, 1.0]
    assert json.loads((tmp_path / "run.json").read_text())["batch"]["people"] == 1.0


def test_checkpoints_say_which_databases_they_learnt_from(smoke_cache, tmp_path, monkeypatch):
    run, last = replace(smoke(), steps=2), tmp_path / "last.safetensors"
    every = ("source0", "source1", "source2")
    train(run, smoke_cache, None, tmp_path)
    assert checkpoint.databases(last) == every
    renamed = replace(smoke_cache, databases=("other", "source1", "source2"))
    train(replace(run, steps=4), renamed, None, tmp_path)  # it has learnt from both by now
    assert checkpoint.databases(last) == ("other", *every)
    with monkeypatch.context() as patch:  # begun by a release that did not write them down
        patch.setattr(checkpoint, "databases", lambda path: None)
        train(replace(run, steps=6), smoke_cache, None, tmp_path)
    assert checkpoint.databases(last) is None


def test_the_run_is_written_down(smoke_cache, tmp_path):
    train(replace(smoke(), steps=12), smoke_cache, smoke_cache, tmp_path)
    assert json.loads((tmp_path / "run.json").read_text())["model"]["features"] == 32
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(x["kind"], x["step"]) for x in lines] == [
        ("train", 0),
        ("valid", 10),
        ("train", 10),
        ("valid", 12),
    ]
    for x in lines:
        assert {"loss", "rank", "cosine"} <= set(x)
    assert {"norm", "pairs_per_second"} <= set(lines[0])


@pytest.mark.parametrize(("asked", "bfloat16"), (("bfloat16", 1.0), ("float32", 0.0)))
def test_precision_is_the_machines_and_is_written_down(smoke_cache, tmp_path, asked, bfloat16):
    from cardioprint.cli.make import pretrain

    cache = smoke_cache.folder.parent
    pretrain("smoke", cache=cache, out=tmp_path, steps=2, threads=1, precision=asked)
    assert json.loads((tmp_path / "run.json").read_text())["machine"] == {
        "device": "cpu",
        "precision": asked,
        "ranks": 1,
    }
    assert checkpoint.about(tmp_path / "last.safetensors")["precision"] == asked
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["bfloat16"] == bfloat16


def test_a_checkpoint_whose_recipe_held_the_precision_goes_on(smoke_cache, tmp_path, monkeypatch):
    run = replace(smoke(), steps=2)
    train(run, smoke_cache, None, tmp_path)
    whole = checkpoint.about

    def old(path):
        return {**{k: v for k, v in whole(path).items() if k != "precision"}, "bfloat16": True}

    monkeypatch.setattr(checkpoint, "about", old)
    train(replace(run, steps=4), smoke_cache, None, tmp_path, Machine(bfloat16=False))
    monkeypatch.undo()
    about = checkpoint.about(tmp_path / "last.safetensors")
    assert about["precision"] == "float32" and "bfloat16" not in about


def test_other_ranks_are_silent(tmp_path):
    log = Log(tmp_path, smoke(), enabled=False)
    log.write("train", 0, {"loss": 1.0})
    assert not list(tmp_path.iterdir())


def test_learning_rate():
    run = replace(smoke(), steps=100, warmup=10)
    rate = [schedule(s, run) for s in range(100)]
    assert rate[0] == 0.1
    assert max(rate) == rate[9] == rate[10] == 1.0
    assert all(b > a for a, b in pairwise(rate[:10]))
    assert all(b < a for a, b in pairwise(rate[10:]))
    assert 0.01 <= rate[-1] < 0.012
    assert schedule(0, replace(smoke(), warmup=0)) == 1.0


def test_averaged_weights_are_lent_and_given_back():
    module = torch.nn.Linear(2, 2)
    own = {k: v.clone() for k, v in module.state_dict().items()}
    average = {k: torch.zeros_like(v) for k, v in own.items()}
    with pytest.raises(KilledError), swapped(module, average):
        assert not module.weight.any()
        raise KilledError
    for name, value in module.state_dict().items():
        assert torch.equal(value, own[name])


@pytest.mark.parametrize(
    ("name", "millions"), (("tiny", 3.8), ("small", 11.1), ("base", 33.9), ("large", 90.6))
)
def test_sizes(name, millions):
    with torch.device("meta"):  # shapes alone: nothing is allocated
        model = M2AE(recipe(name).model)
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(millions * 1e6, rel=0.02)
    rates = [recipe(n).learning_rate * recipe(n).model.features for n in ("tiny", name)]
    assert rates[0] == pytest.approx(rates[1])


def test_recipes():
    for name in RECIPES:
        assert recipe(name).name == name
    with pytest.raises(UnknownNameError, match="smoke"):
        recipe("gigantic")
    for wrong in ({"steps": 0}, {"learning_rate": 0.0}, {"warmup": -1}):
        with pytest.raises(ValueError):
            Run(name="wrong", **wrong)


def test_how_people_are_weighted_is_said_on_the_command_line(smoke_cache, tmp_path):
    from cardioprint.cli.make import pretrain

    cache = smoke_cache.folder.parent
    assert pretrain("smoke", cache=cache, out=tmp_path, steps=2, threads=1, people=0.0) == 0
    assert json.loads((tmp_path / "run.json").read_text())["batch"]["people"] == 0.0
    with pytest.raises(CardioprintError, match="between 0 and 1"):
        pretrain("smoke", cache=cache, out=tmp_path, people=2.0)


def test_final_fingerprints_are_centred(smoke_cache, tmp_path):
    """Averaged weights and averaged means do not fit each other; they are settled at the end."""
    run = replace(smoke(), steps=30, average=0.9)
    done = train(run, smoke_cache, None, tmp_path)
    sampler, prints = Sampler(smoke_cache, run.batch, seed=0), []
    for i in range(loop.SETTLING_STEPS):
        batch = loop.tensors(sampler.batch(i), run, i, torch.device("cpu"), disturb=False)
        for view in range(2):
            at = batch.shown[view].items()
            shown = {m: objective._view(batch, view, m, where, 25) for m, where in at}
            with torch.no_grad():
                prints.append(done.model.eval().read(shown)[1])
    assert torch.cat(prints).mean(dim=0).abs().max() < 1e-3
    kept = checkpoint.safe_open(tmp_path / "last.safetensors", framework="pt")
    with kept as file:
        assert torch.equal(file.get_tensor("average.model.centre"), done.model.centre)
