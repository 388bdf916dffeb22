"""Reconstruction: an oracle is perfect, noise is worse than nothing, examples are not picked."""

from dataclasses import replace

import numpy as np
import pytest

import paired_people as people
from cardioprint.benchmark import results
from cardioprint.benchmark.tasks import bidmc_records, reconstruction


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    data = people.fresh(people.people())
    bench = people.bench([people.Oracle(data.full), people.Noise()], folder)
    return reconstruction.measure(reconstruction.TASK, bench, data), folder


@pytest.mark.parametrize(
    ("path", "beat"), [("ppg>ecg", "R-peak"), ("ecg>ppg", "onset")], ids=["ecg", "ppg"]
)
def test_an_oracle_makes_the_truth(found, path, beat):
    of = people.figures(found[0], "oracle")
    for condition in ("raw", "aligned"):
        assert of[path, f"r, {condition}"] == pytest.approx(1)
        assert of[path, f"RMSE, {condition}"] == pytest.approx(0, abs=1e-4)
        assert of[path, f"{beat} F1 at 50 ms, {condition}"] > 0.98
    assert of[path, "HR MAE, beats/min"] < 1
    # The oracle knows the delay already: to move what it made by the usual one spoils it.
    assert of[path, "r, data set's lag known"] < 1


def test_noise_is_worse_than_a_flat_line(found):
    noise, flat = (people.figures(found[0], name) for name in ("noise", "flat line"))
    for path in ("ppg>ecg", "ecg>ppg"):
        assert abs(noise[path, "r, raw"]) < 0.03
        assert noise[path, "RMSE, raw"] > 1.3 > 1.01 > flat[path, "RMSE, raw"] > 0.99


def test_trivial_generators_stand_beside_the_model(found):
    told = people.figures(found[0], "template, record's lag (told)")
    usual = people.figures(found[0], "template, data set's lag")
    assert told["ppg>ecg", "r, raw"] > 0.6
    assert usual["ppg>ecg", "r, data set's lag known"] == usual["ppg>ecg", "r, raw"]
    gaps = {g.b: g for g in found[0].gaps}
    assert {"noise", "mean ECG", "nearest neighbour", "template, data set's lag"} <= set(gaps)
    assert "template, record's lag (told)" not in gaps  # it knows what nobody knows: no rival
    assert all(g.a == "oracle" and g.gap > 0 for g in gaps.values())


def test_encoders_alone_get_the_same_figures(found, tmp_path):
    data = people.fresh(people.people())
    bench = people.bench([people.Oracle(data.full)], tmp_path)
    alone = reconstruction.measure(reconstruction.TASK, replace(bench, trivial=False), data)
    assert {s.encoder for s in alone.scores} == {"oracle"}
    assert alone.scores == tuple(s for s in found[0].scores if s.encoder == "oracle")


def test_examples_are_the_best_median_and_worst_and_three_by_lot(found):
    result, folder = found
    with np.load(folder / "examples" / result.examples, allow_pickle=False) as file:
        assert set(file.files) == {"time", "ecg", "ppg", "made", "r", "lag", "names"}
        assert file["names"].tolist() == [
            "best",
            "median",
            "worst",
            *(f"random {k}" for k in (1, 2, 3)),
        ]
        assert file["ecg"].shape == file["ppg"].shape == file["made"].shape == (6, 1250)
        assert file["r"][0] >= file["r"][1] >= file["r"][2]
        assert file["time"][-1] == pytest.approx(10 - 1 / 125)
        assert file["made"] == pytest.approx(file["ecg"])


def test_a_result_survives_its_file(found, tmp_path):
    results.save(found[0], tmp_path / "reconstruction.json")
    again = results.load_task(tmp_path / "reconstruction.json")
    assert again.headline == found[0].headline
    assert len(again.scores) == len(found[0].scores)


def test_real_generators_are_as_strong_as_they_were_measured(shared_data, tmp_path):
    if not (shared_data / "paired" / "bidmc.parquet").is_file():
        pytest.skip("bidmc.parquet is not on this machine")
    data = bidmc_records.load(quick=True)
    assert len(np.unique(data.subject)) >= 15
    assert len(data.use) > 500
    assert "abstained" in data.about[0]
    bench = people.bench([], tmp_path, quick=True)
    result = reconstruction.measure(reconstruction.TASK, bench, data)
    told = people.figures(result, "template, record's lag (told)")
    # Weaker trivial generators than these would flatter every model.
    assert told["ppg>ecg", "r, raw"] > 0.4
    assert told["ppg>ecg", "R-peak F1 at 50 ms, raw"] > 0.93
    assert told["ecg>ppg", "r, raw"] > 0.87
    assert result.examples == ""
