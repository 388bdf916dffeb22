"""Mortality on real outcomes: a fetched database is read, scored, and absent where it is not."""

import csv

import h5py
import numpy as np
import pytest

from cardioprint.benchmark.results import save
from cardioprint.benchmark.survival import NOT_EVALUATED, Outcomes
from cardioprint.benchmark.tasks import mortality_real
from cardioprint.benchmark.tasks.base import Bench
from cardioprint.benchmark.tasks.mortality_real import MORTALITY_REAL as TASK
from cardioprint.errors import RecordError
from cardioprint.simulate.batch import pairs
from toy_bench import Blind

PEOPLE = 60


class Age(Blind):
    """An encoder that reads age off what is known."""

    name, kind, identity = "M2AE toy", "model", "age"

    def embed(self, signals):
        return np.stack([signals.known["age"], np.zeros(len(signals))], axis=1).astype(np.float32)


def bench(folder):
    return Bench(
        encoders=(Age(), Blind()),
        folder=folder,
        quick=True,
        embed=lambda encoder, key, signals: encoder.embed(signals),
    )


def written(home, *, deaths):
    """Write exams in the publisher's layout: the oldest die, one person has two exams."""
    folder = home / "data" / "code15"
    folder.mkdir(parents=True)
    made = pairs(PEOPLE, 3)
    ecg = np.asarray(made.ecg, float)[:, 0]
    at = np.arange(4000) / 400
    tracings = np.zeros((PEOPLE + 2, 4096, 12), np.float32)
    for i, x in enumerate(ecg):
        tracings[i, :4000, 1] = np.interp(at, np.arange(len(x)) / made.sampling_rate, x)
    tracings[PEOPLE] = tracings[0]
    age = np.linspace(20, 85, PEOPLE).round()
    head = "exam_id,patient_id,age,is_male,death,timey,normal_ecg,1dAVb,RBBB,LBBB,SB,ST,AF"
    with (folder / "exams.csv").open("w") as file:
        out = csv.writer(file)
        out.writerow(head.split(","))
        for i in range(PEOPLE):
            died = i >= PEOPLE - deaths
            years = 1 + (PEOPLE - i) / 10 if died else 7.0
            out.writerow([i, f"p{i}", age[i], i % 2 == 0, died, years, True, *["False"] * 6])
        out.writerow([PEOPLE, "p0", 20, True, "", "", True, *["False"] * 6])  # p0 once more
        out.writerow([PEOPLE + 1, "zeros", 50, True, False, 7.0, True, *["False"] * 6])
    with h5py.File(folder / "exams_part0.hdf5", "w") as file:
        file["exam_id"], file["tracings"] = np.arange(PEOPLE + 2), tracings
    return folder


def test_deaths_are_scored_where_they_are_known(tmp_path, monkeypatch):
    monkeypatch.setenv("CARDIOPRINT_HOME", str(tmp_path))
    written(tmp_path, deaths=20)
    found = TASK.run(TASK, bench(tmp_path))
    assert found.headline == ("ecg", "", "C-index (Harrell), code15")

    def of(encoder):
        return next(
            s for s in found.scores if (s.encoder, s.measure) == (encoder, found.headline[2])
        )

    assert of("M2AE toy").value > 0.85 > of("hand features").high
    assert of("age + sex").kind == "baseline" and of("age + sex").value > 0.8
    assert any(s.measure == "AUROC at 5 (years), code15" for s in found.scores)
    assert {g.b for g in found.gaps} == {"hand features", "age + sex"}
    (data,) = found.data
    assert (data.people, data.licence) == (PEOPLE + 1, "CC BY 4.0")
    assert of("M2AE toy").people == data.people - data.abstained >= PEOPLE - 5
    assert NOT_EVALUATED not in " ".join((*found.notes, *found.facts.values(), found.title))
    save(found, tmp_path / "mortality_real.json")


@pytest.mark.parametrize("deaths", (None, 3))
def test_without_enough_deaths_the_task_is_left_out(tmp_path, monkeypatch, deaths):
    monkeypatch.setenv("CARDIOPRINT_HOME", str(tmp_path))
    if deaths is not None:
        written(tmp_path, deaths=deaths)
    with pytest.raises(RecordError, match=r"is not on this machine.*data fetch code15"):
        TASK.run(TASK, bench(tmp_path))


def test_the_horizon_is_the_longest_that_enough_people_are_known_for():
    def outcomes(time, event):
        return Outcomes(
            time=np.array(time),
            event=np.array(event),
            subject=np.arange(len(time)),
            real=True,
            source="toy",
        )

    died, alive = [0.02] * 12, [9.0] * 12
    assert mortality_real.horizon_of(outcomes(died + alive, [1] * 12 + [0] * 12)) == 5.0
    assert mortality_real.horizon_of(outcomes(died + [2.0] * 12, [1] * 12 + [0] * 12)) == 1.0
    # All leave within days: whoever died while they were followed is all that can be learnt.
    assert mortality_real.horizon_of(outcomes(died + [0.05] * 12, [1] * 12 + [0] * 12)) is None
