"""Vectors are made once, whatever task or run asks for them."""

import numpy as np
import pytest

from cardioprint.benchmark import vectors
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.m2ae import untrained
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.benchmark.vectors import Vectors
from cardioprint.errors import ChannelError
from toy_bench import Blind, Sees

RNG = np.random.default_rng(0)


def signals(n=6, modality="ecg"):
    rng = np.random.default_rng(1)
    return Signals.of(**{modality: rng.normal(size=(n, 50))}, sampling_rate=10.0)


def test_a_window_is_made_once_in_any_task(tmp_path):
    made, encoder = Vectors(tmp_path), Blind()
    whole = made.embed(encoder, "one", signals())
    part = made.embed(encoder, "another task", signals()[np.array([4, 1])])
    np.testing.assert_array_equal(part, whole[[4, 1]])
    assert encoder.calls == 1


def test_a_rerun_finds_them_on_disk(tmp_path):
    first = Vectors(tmp_path).embed(Blind(), "one", signals())
    again, encoder = Vectors(tmp_path), Blind()
    np.testing.assert_array_equal(again.embed(encoder, "one", signals()), first)
    assert encoder.calls == 0 and again.seconds["hand features"] > 0


def test_what_another_process_made_meanwhile_is_found(tmp_path):
    here, encoder = Vectors(tmp_path), Blind()
    here.embed(encoder, "one", signals(2))
    there = Vectors(tmp_path).embed(Blind(), "two", signals())
    np.testing.assert_array_equal(here.embed(encoder, "three", signals()), there)
    assert encoder.calls == 1


def test_all_processes_are_told_of_together(tmp_path):
    Vectors(tmp_path).embed(Blind(), "one", signals(2))
    Vectors(tmp_path).embed(Blind(), "two", signals())
    both = Signals.of(ecg=np.ones((1, 50)), ppg=np.ones((1, 50)), sampling_rate=10.0)
    Vectors(tmp_path).embed(Blind(), "both", both)
    (tmp_path / "half.npz").write_bytes(b"")
    listed = [np.load(p)["seconds"].item() for p in tmp_path.rglob("*/*.npz")]
    assert len(listed) == 3
    assert Vectors(tmp_path).told(Blind()) == (pytest.approx(sum(listed)), 12)
    assert Vectors(tmp_path).told(Demographics(("age",))) == (0.0, 0)
    alone = Vectors()
    alone.embed(Blind(), "one", signals())
    assert alone.told(Blind())[1] == 12


def test_half_a_file_is_made_again(tmp_path):
    Vectors(tmp_path).embed(Blind(), "one", signals())
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    encoder = Blind()
    assert np.isfinite(Vectors(tmp_path).embed(encoder, "one", signals())).all()
    assert encoder.calls == 1


def test_other_code_other_vectors(tmp_path, monkeypatch):
    Vectors(tmp_path).embed(Blind(), "one", signals())
    monkeypatch.setattr(vectors, "code", lambda folders: "changed")
    encoder = Blind()
    Vectors(tmp_path).embed(encoder, "one", signals())
    assert encoder.calls == 1


def test_another_rate_or_lead_is_another_window():
    x = RNG.normal(size=(1, 50))
    names = {
        vectors.windows_named(Signals.of(ecg=x, sampling_rate=r, lead=lead), ["ecg"])[0]
        for r, lead in ((10.0, ""), (20.0, ""), (10.0, "II"))
    }
    assert len(names) == 3


def test_padding_at_the_end_is_no_content():
    x = RNG.normal(size=(1, 50))
    longer = np.concatenate((x, np.full((1, 9), np.nan)), axis=1)
    a, b = (
        vectors.windows_named(Signals.of(ecg=s, sampling_rate=10.0), ["ecg"]) for s in (x, longer)
    )
    assert a == b


def test_weights_tell_encoders_apart():
    assert vectors.identity(untrained(0)) == vectors.identity(untrained(0))
    assert vectors.identity(untrained(0)) != vectors.identity(untrained(1))


def test_what_is_known_of_people_is_never_kept(tmp_path):
    given = Signals.of(ecg=np.zeros((2, 90)), sampling_rate=10.0, known={"age": np.array([30, 60])})
    assert Vectors(tmp_path).embed(Demographics(("age",)), "x", given).shape == (2, 2)
    assert list(tmp_path.iterdir()) == []


def test_windows_without_its_modality_are_refused(tmp_path):
    class OnlyPPG(Sees):
        modalities = ("ppg",)

        def embed(self, given):
            given.take("ppg", self.name)
            raise AssertionError

    with pytest.raises(ChannelError, match="takes ppg"):
        Vectors(tmp_path).embed(OnlyPPG(), "x", signals())
