"""The one encoder of all peers: rows stay apart, and what is missing stays missing."""

import numpy as np
import pytest
from scipy import signal as sps

from cardioprint.benchmark.baselines.base import Encoder, Series, Signals
from cardioprint.benchmark.peers.catalogue import PEERS, untrained_peer
from cardioprint.errors import ChannelError

torch = pytest.importorskip("torch")


def windows(modality, x):
    return Signals(series={modality: Series(samples=x, sampling_rate=250.0)})


QUICK = ("papagei_s", "anyppg", "pulse_ppg", "csfm", "chronos_bolt", "openecg")


@pytest.mark.parametrize("name", PEERS)
def test_the_catalogue_is_complete(name):
    peer = PEERS[name]
    assert peer.name == name
    texts = (peer.title, peer.paper, peer.project, peer.code_licence, peer.weights)
    texts += (peer.weights_licence, peer.file, peer.architecture, peer.short, peer.notes)
    assert all(len(t) > 2 for t in texts)
    assert set(peer.modalities) <= {"ecg", "ppg"}
    assert peer.sampling_rate > 0
    assert peer.seconds >= 10


@pytest.mark.parametrize("name", QUICK)
def test_embeddings_do_not_depend_on_the_batch(name, people):
    encoder = untrained_peer(name)
    assert isinstance(encoder, Encoder)
    assert encoder.kind == "random"
    signals = people.only(encoder.modalities[-1])
    whole = encoder.embed(signals)
    assert whole.dtype == np.float32
    assert np.isfinite(whole).all()
    some = encoder.embed(signals[np.array([4, 1])])
    assert some == pytest.approx(whole[[4, 1]], rel=1e-3, abs=1e-4)
    assert np.array_equal(untrained_peer(name).embed(signals), whole)


@pytest.mark.parametrize("name", QUICK)
def test_missing_short_and_long_windows(name, people):
    encoder = untrained_peer(name)
    modality = encoder.modalities[-1]
    x = people.series[modality].samples.copy()
    x[0] = np.nan
    x[1, 100:] = np.nan  # 0.4 s
    x[2, 525:] = np.nan  # 2.1 s, as in PPG-BP
    x[3, 1000:1050] = np.nan
    found = encoder.embed(windows(modality, x))
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2:]).all()
    alone = encoder.embed(windows(modality, x[2:3, :525]))
    assert alone == pytest.approx(found[2:3], rel=1e-3, abs=1e-4)
    nothing = encoder.embed(windows(modality, x[:1]))
    assert nothing.shape == (1, found.shape[1])
    if encoder.seconds == 10:
        longer = np.concatenate((x[4:5], x[5:6]), axis=1)
        twenty = encoder.embed(windows(modality, longer))
        # Only what a filter sees across the seam may differ.
        assert np.corrcoef(twenty[0], found[4])[0, 1] > 0.99


@pytest.mark.parametrize("name", PEERS)
def test_the_native_rate_hardly_matters(name, people):
    peer = PEERS[name]
    for modality in peer.modalities:
        x = people.series[modality].samples[0].astype(float)
        twice = sps.resample_poly(x - x.mean(), 2, 1) + x.mean()
        a, b = (peer.prepare(y, r, modality) for y, r in ((x, 250.0), (twice, 500.0)))
        assert a.shape == b.shape
        inside = slice(len(a) // 10, -len(a) // 10)  # the ends depend on what is assumed outside
        assert np.corrcoef(a[inside], b[inside])[0, 1] > 0.995


def test_a_peer_says_what_it_takes(people):
    with pytest.raises(ChannelError, match="PaPaGei-S, untrained takes ppg"):
        untrained_peer("papagei_s").embed(people.only("ecg"))


def test_both_modalities(people):
    joint, apart = untrained_peer("csfm"), untrained_peer("chronos_bolt")
    both = joint.embed(people[:2])
    assert both.shape == (2, 768)
    assert not np.allclose(both, joint.embed(people.only("ecg")[:2]), atol=0.01)
    ecg = people.series["ecg"].samples[:2].copy()
    ecg[1] = np.nan  # one window of the two has no ECG
    half = Signals.of(ecg=ecg, ppg=people.series["ppg"].samples[:2], sampling_rate=250, lead="II")
    found = joint.embed(half)
    assert found[0] == pytest.approx(both[0], abs=1e-4)
    assert found[1] == pytest.approx(joint.embed(people.only("ppg")[:2])[1], abs=1e-4)
    side = apart.embed(people[:2])
    assert side.shape == (2, 512)
    assert side[:, 256:] == pytest.approx(apart.embed(people.only("ppg")[:2]), abs=1e-4)


@pytest.mark.parametrize("name", ["csfm", "hubert_ecg"])
def test_the_lead_has_its_place(name, people):
    encoder = untrained_peer(name)
    x = people.series["ecg"].samples[:1]
    second, fifth, unknown = (
        encoder.embed(Signals.of(ecg=x, sampling_rate=250, lead=lead)) for lead in ("II", "V5", "")
    )
    assert np.array_equal(second, unknown)
    assert not np.allclose(second, fifth, atol=1e-3)
