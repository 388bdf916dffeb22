"""Heads carried over: what is shared, what is not, and who is never on both sides."""

import numpy as np
import pytest

from cardioprint.benchmark.tasks import transfer
from cardioprint.benchmark.tasks.base import Bench, Measured
from cardioprint.benchmark.vectors import Vectors
from toy_bench import FACTS, Blind, Sees, toy_rows, toy_task


class TwoSpaces(Sees):
    """As hand-made features: more of them for PPG, the first ones in common."""

    name, kind, identity, shared = "hand features", "baseline", "two", (0, 1, 2, 3)

    def embed(self, signals):
        x = super().embed(signals)
        return x if "ecg" in signals.series else np.concatenate((x, x), axis=1)


class NothingShared(TwoSpaces):
    name, identity, shared = "nothing shared", "three", ()


class OwnHalf(Sees):
    """As fingerprints: the first half is shared, the rest says the opposite in the other signal."""

    name, kind, identity, shared = "halves", "peer", "four", (0, 1, 2, 3)

    def embed(self, signals):
        x = super().embed(signals)
        x[:, 8:] = x[:, :1] if "ecg" in signals.series else -x[:, :1]
        return x


@pytest.fixture
def found(monkeypatch, tmp_path):
    rows = toy_rows("number", people=60, modalities=("ecg", "ppg"))
    task = toy_task("number", load=lambda quick: rows)
    ecg, ppg = transfer._sides("Toy", task)
    ways = (transfer.Way(source=ecg, target=ppg), transfer.Way(source=ppg, target=ecg))
    monkeypatch.setitem(transfer.WAYS, "toy", ways)
    measured = Measured(
        name="toy", title="Toy", paper="", facts=FACTS, family="transfer", run=transfer.run
    )
    encoders = (Sees(), Blind(), TwoSpaces(), NothingShared(), OwnHalf())
    encoders[1].name = "blind"
    bench = Bench(encoders=encoders, folder=tmp_path, quick=True, embed=Vectors().embed)
    return measured.run(measured, bench)


def value(found, encoder, inputs="ecg>ppg"):
    (score,) = [s for s in found.scores if (s.encoder, s.inputs) == (encoder, inputs)]
    return score.value


def test_a_head_carries_over_where_the_space_is_one(found):
    assert found.headline == ("ecg>ppg", "linear", "Toy ECG > Toy PPG: MAE, years")
    constant = value(found, "constant of the source")
    assert value(found, "M2AE toy") < 0.5 * constant
    assert value(found, "M2AE toy") == pytest.approx(
        value(found, "M2AE toy, head of the target itself"), rel=0.2
    )
    assert value(found, "blind") > 0.8 * constant
    assert value(found, "M2AE toy", "ppg>ecg") < 0.5 * constant


def test_only_what_both_modalities_share_is_carried(found):
    assert value(found, "hand features") < 0.5 * value(found, "constant of the source")
    assert "nothing shared" not in {s.encoder for s in found.scores}
    assert any("the 4 features that mean the same" in n for n in found.notes)


def test_what_a_modality_has_alone_is_told_beside(found):
    constant = value(found, "constant of the source")
    assert value(found, "halves") < 0.5 * constant
    assert value(found, "halves, whole vector") > constant


def test_the_model_is_compared_with_all_others(found):
    gaps = {(g.b, g.inputs) for g in found.gaps}
    assert ("blind", "ecg>ppg") in gaps and ("constant of the source", "ppg>ecg") in gaps
    assert all(g.a == "M2AE toy" for g in found.gaps)


def test_every_way_of_the_catalogue_has_a_source_and_a_target():
    for name, ways in transfer.WAYS.items():
        if name == "toy":
            continue
        assert len({w.name for w in ways}) == len(ways)
        for way in ways:
            assert way.source.probe.kind == way.target.probe.kind
            assert {way.source.modality, way.target.modality} <= {"ecg", "ppg"}
