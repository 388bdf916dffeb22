"""Other pretraining seeds are judged on the headline of each probe, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark import results, run
from cardioprint.benchmark.report_page import pretrainings
from cardioprint.benchmark.results import Seed, TaskResult
from cardioprint.benchmark.run import Settings
from cardioprint.benchmark.weights import Pretraining
from cardioprint.errors import ChannelError
from toy_bench import FACTS, Sees, toy_people, toy_task


class Noisier(Sees):
    """As the model, but its first feature is spoilt."""

    name = "pretraining b"
    identity = "b"

    def embed(self, signals):
        x = super().embed(signals)
        x[:, 0] += np.random.default_rng(1).normal(0, 3, len(x))
        return x


class Deaf(Sees):
    """Cannot read these windows."""

    name = "pretraining c"
    identity = "c"

    def embed(self, signals):
        raise ChannelError("nothing to read", source="toy")


@pytest.fixture
def tasks(monkeypatch):
    """Put one probe into the catalogue."""
    monkeypatch.setitem(run.TASKS, "toy", toy_task())
    monkeypatch.setattr(run, "_report", lambda folder: None)


def people(*others):
    made = tuple(
        Pretraining(encoder=e, name=f"run{k}", seed=k, differs="")
        for k, e in enumerate(others, start=1)
    )
    return replace(toy_people(), seeds=made, seed=0)


def measured(folder, who):
    run.run(Settings(out=folder, tasks=("toy",), quick=True), people=who)
    return results.load_task(folder / "tasks" / "toy.json")


def test_each_pretraining_has_the_headline_and_no_other_figure(tasks, tmp_path):
    found = measured(tmp_path, people(Noisier()))
    own, other = found.seeds
    assert (own.name, own.seed, other.name, other.seed) == ("M2AE toy", 0, "run1", 1)
    wanted = ("M2AE toy", *found.headline)
    head = [s for s in found.scores if (s.encoder, s.inputs, s.head, s.measure) == wanted]
    assert own.value == head[0].value > other.value > 0.3
    assert found.seed_spread == pytest.approx((own.value - other.value) / 2**0.5)
    assert not any("pretraining" in s.encoder for s in found.scores)
    assert not any("pretraining" in g.b for g in found.gaps)


def test_the_same_vectors_have_the_same_figure(tasks, tmp_path):
    class Same(Sees):
        name = "pretraining same"
        identity = "same"

    assert measured(tmp_path, people(Same())).seed_spread == pytest.approx(0)


def test_seeds_are_added_to_a_run_that_is_there_and_taken_out_again(tasks, tmp_path, monkeypatch):
    plain = measured(tmp_path, people())
    assert plain.seeds == () and np.isnan(plain.seed_spread)
    with monkeypatch.context() as patch:  # the task itself is not measured again
        patch.setattr(run, "_measured", None)
        more = measured(tmp_path, people(Noisier()))
        assert len(more.seeds) == 2
        again = Noisier()
        assert measured(tmp_path, people(again)) == more and again.calls == 0
        assert measured(tmp_path, people()) == plain


def test_what_cannot_read_the_windows_is_named(tasks, tmp_path):
    found = measured(tmp_path, people(Deaf()))
    assert np.isnan(found.seeds[1].value) and "left out" in found.seeds[1].differs
    assert pretrainings.sentence(found).startswith("One pretraining seed: spread between")


def test_the_command_names_no_folder():
    told = Settings(seeds=("runs/a", "runs/b")).command
    assert told.endswith("--seeds PATH PATH")


def result(*seeds, family="probe"):
    return TaskResult(
        name="t",
        title="T",
        family=family,
        paper="",
        facts=vars(FACTS),
        headline=("ecg", "linear", "macro AUROC"),
        seeds=seeds,
    )


def test_sentences_tell_the_spread_its_number_and_every_value():
    values = (0.80, 0.82, 0.84)
    found = result(*(Seed(name=f"r{k}", seed=k, value=v) for k, v in enumerate(values)))
    assert pretrainings.sentence(found) == (
        "Seed to seed: SD 0.020 over 3 pretraining seeds: 0.800 (seed 0), 0.820 (seed 1) and "
        "0.840 (seed 2)."
    )
    assert pretrainings.short(found, 3) == "SD 0.020 over 3"
    assert "over 3 pretraining seeds" in pretrainings.summary([found])


def test_two_seeds_and_other_recipes_are_no_headline():
    found = result(
        Seed(name="a", seed=0, value=0.8),
        Seed(name="b", seed=None, value=0.9, differs="steps 3 instead of 4"),
    )
    told = pretrainings.sentence(found)
    assert "Fewer than 3 seeds are no headline." in told and "0.900 (seed unknown)" in told
    assert "b is not the same recipe: steps 3 instead of 4." in told
    assert "Not of the same recipe, see the tasks: b." in pretrainings.summary([found])


def test_one_pretraining_is_said_to_be_one():
    assert pretrainings.sentence(result()) == (
        "One pretraining seed: spread between pretrainings unknown."
    )
    assert pretrainings.summary([result()]) == pretrainings.sentence(result())
    assert pretrainings.sentence(result(family="paired")) == ""
    assert pretrainings.summary([result(family="paired")]) == ""


def test_seeds_survive_the_file(tmp_path):
    found = result(Seed(name="a", seed=None, value=float("nan")), Seed(name="b", seed=3, value=1.0))
    results.save(found, tmp_path / "t.json")
    back = results.load_task(tmp_path / "t.json").seeds
    assert back[1] == found.seeds[1] and back[0].seed is None and np.isnan(back[0].value)
