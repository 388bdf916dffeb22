import numpy as np
import pytest

from cardioprint.errors import ChannelError
from cardioprint.signal.preparation import Preparation
from cardioprint.signal.selection import select
from cardioprint.simulate import patient
from cardioprint.types import Channel, Modality, Record


@pytest.fixture(scope="module")
def heart():
    record, _ = patient(minutes=0.5, seed=2, ecg_rate=125, events=False)
    return {c.modality: c.samples for c in record.channels}


def channel(name, modality="ecg", samples=None, **more):
    samples = np.zeros(10) if samples is None else samples
    return Channel(
        name=name, modality=Modality(modality), sampling_rate=125, samples=samples, **more
    )


def leads(*names):
    return [channel(n, lead=n) for n in names]


@pytest.mark.parametrize(
    "there, taken",
    [
        (("I", "II", "V1"), "II"),
        (("V5", "MLII"), "MLII"),
        (("MLII", "II"), "II"),
        (("V1", "I", "III"), "I"),
        (("V1", "V5"), "V1"),
        (("aVR",), "aVR"),
    ],
)
def test_order_of_leads(there, taken):
    pick = select(leads(*there))
    assert (pick.ecg, pick.ppg) == (taken, "")
    assert taken in pick.why


def test_asked_for_by_lead_site_or_name_in_any_case():
    channels = [
        channel("ch1", lead="V1"),
        channel("ch2", lead="II"),
        channel("a", "ppg", site="ear"),
        channel("b", "ppg", site="finger"),
    ]
    assert select(channels, lead="v1").ecg == "ch1"
    assert select(channels, lead="CH1").ecg == "ch1"
    assert select(channels, site="Finger").ppg == "b"
    assert "as asked for" in select(channels, lead="v1").why


def test_asked_for_and_not_there_says_what_is():
    with pytest.raises(ChannelError) as error:
        select([*leads("I", "V2"), channel("PLETH", "ppg")], lead="V6", source="a.hea")
    for part in ("a.hea", "V6", "I", "V2", "lead"):
        assert part in str(error.value)
    assert "PLETH" not in str(error.value)
    with pytest.raises(ChannelError, match="none"):
        select(leads("II"), site="finger")


def test_other_signals_are_never_taken(heart):
    ecg = heart[Modality.ECG]
    others = [channel(n, "other", ecg) for n in ("ABP", "RESP", "II")]
    with pytest.raises(ChannelError, match="neither ECG nor PPG"):
        select(others)
    pick = select([*others, channel("PLETH", "ppg")])
    assert (pick.ecg, pick.ppg) == ("", "PLETH")
    with pytest.raises(ChannelError):
        select([*others, channel("PLETH", "ppg")], lead="ABP")


def test_quality_decides_between_equals(heart):
    rng = np.random.default_rng(0)
    ecg, ppg = heart[Modality.ECG], heart[Modality.PPG]
    record = Record(
        channels=(
            channel("V1", samples=rng.normal(size=len(ecg)), lead="V1"),
            channel("V2", samples=np.full(len(ecg), np.nan), lead="V2"),
            channel("V3", samples=ecg, lead="V3"),
            channel("red", "ppg", np.zeros(len(ppg))),
            channel("infrared", "ppg", ppg),
        )
    )
    pick = select(record.channels, sample=record, preparation=Preparation())
    assert (pick.ecg, pick.ppg) == ("V3", "infrared")
    assert "quality" in pick.why


def test_preference_goes_before_quality(heart):
    """One lead a data set: a lead that changes with the noise of the day compares nothing."""
    noise = np.random.default_rng(0).normal(size=3750)
    record = Record(
        channels=(
            channel("V3", samples=heart[Modality.ECG], lead="V3"),
            channel("II", samples=noise, lead="II"),
        )
    )
    assert select(record.channels, sample=record, preparation=Preparation()).ecg == "II"
