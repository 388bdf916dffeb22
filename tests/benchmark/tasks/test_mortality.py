"""Mortality runs on simulated people, and says that it was not evaluated on real outcomes."""

import numpy as np
import pytest

from cardioprint.benchmark.survival import NOT_EVALUATED
from cardioprint.benchmark.tasks import mortality
from cardioprint.benchmark.tasks.base import Bench
from toy_bench import Blind


class Age(Blind):
    """An encoder that reads age off the cohort's own table, by the order of people."""

    name, kind, identity = "M2AE toy", "model", "age"

    def embed(self, signals):
        return np.stack([signals.known["age"], signals.known["sex"]], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    bench = Bench(
        encoders=(Age(), Blind()),
        folder=tmp_path_factory.mktemp("mortality"),
        quick=True,
        embed=lambda encoder, key, signals: (
            encoder.embed(signals) if key == "mortality" else np.zeros((len(signals), 2))
        ),
    )
    task = mortality.MORTALITY
    return task.run(task, bench)


def test_it_says_so_in_these_words(found):
    assert found.title.endswith("not evaluated on real outcomes")
    assert NOT_EVALUATED in found.notes[0] and NOT_EVALUATED in found.facts["caveats"]
    assert all(NOT_EVALUATED in s.note for s in found.scores)


def test_the_hazard_is_the_ceiling_and_noise_is_at_chance(found):
    def of(encoder, measure="C-index (Harrell)"):
        return next(s for s in found.scores if (s.encoder, s.measure) == (encoder, measure))

    assert of("the hazard itself (told)").value > of("hand features").value + 0.1
    assert of("hand features").low < 0.5 < of("hand features").high
    assert of("M2AE toy").value > of("hand features").value
    assert found.headline[2] in {s.measure for s in found.scores}


def test_ten_real_exams_are_read_and_not_scored(shared_data):
    folder = mortality.code15_folder()
    if folder is None:
        pytest.skip("the exams of CODE-15 % are not on this machine")
    signals, outcomes = mortality.code15(folder)
    assert len(signals) == len(outcomes.time) >= 3 and outcomes.real
    assert signals.series["ecg"].sampling_rate == 400.0
