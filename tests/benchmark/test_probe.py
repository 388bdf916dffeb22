"""One probe task: who sees the label wins, who sees noise does not, and what stands beside it."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark import probe, probe_details, results
from cardioprint.benchmark.tasks.base import Bench
from cardioprint.benchmark.vectors import Vectors
from cardioprint.errors import ChannelError, RecordError
from toy_bench import Blind, Sees, toy_rows, toy_task


def bench(folder, *encoders, quick=True):
    return Bench(
        encoders=encoders or (Sees(), Blind()),
        folder=folder,
        quick=quick,
        embed=Vectors().embed,
    )


def measured(folder, kind, **more):
    task = toy_task(kind, **more)
    return probe.measure(task, task.load(True), bench(folder), probe.Options())


def main_of(found, encoder, head="linear"):
    inputs, _, measure = found.headline
    scores = [s for s in found.scores if (s.encoder, s.head, s.measure) == (encoder, head, measure)]
    assert len(scores) == 1 and scores[0].inputs in (inputs, "")
    return scores[0]


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_who_sees_the_label_wins_and_noise_does_not(tmp_path, kind):
    found = measured(tmp_path, kind)
    seen, blind = main_of(found, "M2AE toy"), main_of(found, "hand features")
    assert seen.value > 0.93 and seen.low > 0.85
    assert blind.low < 0.5 < blind.high
    assert seen.people == 40 and seen.rows == 80
    (gap,) = [g for g in found.gaps if g.b == "hand features"]
    assert gap.gap == pytest.approx(seen.value - blind.value) and gap.p < 0.05
    assert {s.head for s in found.scores} == {"linear", "knn"}
    assert {r.head for r in found.reliability} == {"linear", "linear, Platt"}
    assert any(n.startswith("Prevalence: ") for n in found.notes)


def test_a_number_beats_a_constant(tmp_path):
    found = measured(tmp_path, "number")
    constant = main_of(found, "constant", head="")
    assert main_of(found, "M2AE toy").value < 0.5 * constant.value
    assert main_of(found, "hand features").value > 0.8 * constant.value
    assert {s.measure for s in found.scores} == {"MAE, years", "R2", "bias, years"}
    assert found.reliability == ()


def test_label_efficiency_subgroups_and_audit_stand_beside_it(tmp_path):
    found = measured(tmp_path, "labels")
    curves = [c for c in found.curves if c.name == "label efficiency"]
    assert {c.encoder for c in curves} == {"M2AE toy", "hand features"}
    assert curves[0].at == (25.0, 100.0) and curves[0].clean == curves[0].value[-1]
    assert {(g.group, g.level) for g in found.subgroups} == {("sex", "female"), ("sex", "male")}
    checks = {c["name"]: c["verdict"] for c in found.audit["checks"]}
    assert checks["people on both sides of a fold"] == "pass"
    assert checks["the same window under two people"] == "pass"


def test_robustness_asks_clean_heads_about_worse_signals(tmp_path):
    found = measured(tmp_path, "labels", robust=True)
    polarity = [c for c in found.curves if c.name == "ecg: polarity"]
    model = next(c for c in polarity if c.encoder == "M2AE toy")
    assert model.clean > 0.9 and model.value[0] < 0.1  # the label's sample is turned round


def test_one_row_a_person_where_the_task_says_so(tmp_path):
    found = measured(tmp_path, "labels", by_person=True)
    assert main_of(found, "M2AE toy").rows == 40


def test_known_facts_and_guesses_take_part(tmp_path):
    rows = toy_rows("number")
    guess = np.where(np.arange(len(rows)) % 8 == 0, np.nan, rows.target)
    rows = replace(rows, guesses={("counting", "ecg"): guess})
    task = toy_task("number", known=("age",), known_as="age alone", load=lambda quick: rows)
    found = probe.measure(task, rows, bench(tmp_path), probe.Options())
    counted = main_of(found, "counting", head="")
    assert 0 < counted.value < 3 and counted.kind == "trivial"
    assert counted.note == "10 rows without a guess get the constant"
    assert main_of(found, "age alone").kind == "baseline"
    assert {g.b for g in found.gaps} == {"hand features", "constant", "age alone", "counting"}


def test_an_encoder_takes_part_where_it_takes_all_inputs(tmp_path):
    class OneSignal(Blind):
        name, modalities = "ecg alone", ("ecg",)

    rows = toy_rows(modalities=("ecg", "ppg"))
    task = toy_task(inputs=(("ecg", "ppg"), ("ecg",)), load=lambda quick: rows)
    found = probe.measure(task, rows, bench(tmp_path, Sees(), OneSignal()), probe.Options())
    assert {s.inputs for s in found.scores if s.encoder == "ecg alone"} == {"ecg"}


def test_an_encoder_that_refuses_is_left_out_with_a_word(tmp_path):
    class Refuses(Blind):
        name = "refuses"

        def embed(self, signals):
            raise ChannelError("not these", source="refuses")

    task = toy_task()
    found = probe.measure(
        task, task.load(True), bench(tmp_path, Sees(), Refuses()), probe.Options()
    )
    assert "refuses" not in {s.encoder for s in found.scores}
    assert any("refuses (ecg) is left out" in n for n in found.notes)


def test_a_missing_target_is_refused(tmp_path):
    rows = toy_rows()
    rows.target[3] = np.nan
    with pytest.raises(RecordError, match="a target is missing"):
        probe.measure(toy_task(), rows, bench(tmp_path), probe.Options())


def test_a_result_survives_its_file(tmp_path):
    found = measured(tmp_path, "labels")
    results.save(found, tmp_path / "toy.json")
    again = results.load_task(tmp_path / "toy.json")
    assert again.scores[0] == found.scores[0] and again.headline == found.headline
    assert len(again.curves) == len(found.curves) and again.data == found.data


def test_a_small_network_may_be_trained_on_the_same_folds(tmp_path):
    found = probe.measure(
        toy_task(supervised=True), toy_rows(), bench(tmp_path), probe.Options(cnn=True)
    )
    assert "supervised" in {s.kind for s in found.scores if s.encoder == "supervised CNN"}
    assert any("300 steps of up to 64 windows" in note for note in found.notes)


@pytest.mark.parametrize("by_person", (False, True))
def test_the_network_is_tested_in_the_folds_of_the_heads(tmp_path, monkeypatch, by_person):
    from cardioprint.benchmark.baselines.cnn import SupervisedCNN
    from cardioprint.benchmark.heads.base import outer_folds

    learnt = []

    def fit(self, signals, target, subject):
        learnt.append(set(subject.tolist()))
        return self

    monkeypatch.setattr(SupervisedCNN, "fit", fit)
    monkeypatch.setattr(SupervisedCNN, "predict", lambda self, s: np.full((len(s), 1), 0.5))
    whole = toy_rows()
    kept = np.arange(len(whole)) % 7 != 0  # some people have fewer windows than others
    rows = replace(
        whole,
        signals=whole.signals[np.flatnonzero(kept)],
        target=whole.target[kept],
        subject=whole.subject[kept],
        metadata={},
        groups={},
    )
    task = toy_task(by_person=by_person, load=lambda quick: rows)
    case = probe.Case(task, rows, bench(tmp_path))
    (read,) = probe_details.supervised(case, [])
    assert len(read.predictions[0]) == len(case.y)
    folds = outer_folds(case.y, case.subject, "labels")
    assert learnt == [set(case.subject[train].tolist()) for train, _ in folds]


def test_people_are_averaged_without_what_is_missing():
    x = np.array([[1.0, np.nan], [3.0, 4.0], [np.nan, np.nan]])
    found = probe.averaged(x, np.array(["a", "a", "b"]))
    np.testing.assert_array_equal(found, [[2.0, 4.0], [np.nan, np.nan]])
