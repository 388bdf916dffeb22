import numpy as np
import pytest

from cardioprint.signal import filters
from cardioprint.signal.preparation import MODALITIES, Preparation


def gain(kernel, hertz, rate=125.0):
    """Return the real, zero-phase gain of a symmetric kernel at one frequency."""
    k = np.arange(len(kernel)) - len(kernel) // 2
    return float((kernel * np.cos(2 * np.pi * hertz / rate * k)).sum())


@pytest.mark.parametrize("modality", MODALITIES)
def test_lower_edge(modality):
    kernel = Preparation().kernel(modality)
    assert abs(gain(kernel, 0.0)) < 1e-12
    assert gain(kernel, 0.5) == pytest.approx(0.5, abs=0.02)
    assert gain(kernel, 1.0) == pytest.approx(1.0, abs=0.01)
    slow = [gain(kernel, f) for f in np.arange(0, 1.0, 0.02)]
    assert np.all(np.diff(slow) > -1e-9)  # no ripple on the way up


@pytest.mark.parametrize("modality, high, stop", [("ecg", 40, 52), ("ppg", 12, 18)])
def test_upper_edge(modality, high, stop):
    kernel = Preparation().kernel(modality)
    inside = [gain(kernel, f) for f in np.arange(1.5, high, 0.5)]
    assert np.abs(np.subtract(inside, 1)).max() < 0.005
    outside = [gain(kernel, f) for f in np.arange(stop, 62.5, 0.5)]
    assert np.abs(outside).max() < 10 ** (-58 / 20)


@pytest.mark.parametrize("modality", MODALITIES)
def test_linear_phase_and_finite_reach(modality):
    kernel = Preparation().kernel(modality)
    assert len(kernel) % 2 == 1
    np.testing.assert_allclose(kernel, kernel[::-1], atol=1e-15)
    lowpass_half = len(kernel) // 2 - 125  # high-pass: one second, all the rest is low-pass
    assert 0 < lowpass_half < 0.5 * 125
    assert filters.HIGHPASS_HALF_LENGTH <= 1.0
    assert len(kernel) / 2 / 125 < Preparation().context


def test_a_wave_is_not_moved():
    kernel = Preparation().kernel("ecg")
    t = np.arange(2500) / 125
    x = np.exp(-0.5 * ((t - 8.128) / 0.02) ** 2)
    out = filters.apply(x, kernel)
    assert abs(int(np.argmax(out)) - round(8.128 * 125)) == 0
    assert len(out) == len(x)


def test_edges_make_no_transient():
    """Wander and a level at the ends must not turn into a swing larger than themselves."""
    kernel = Preparation().kernel("ppg")
    t = np.arange(1250) / 125
    out = filters.apply(100 + np.sin(2 * np.pi * 1.2 * t + 0.7), kernel)
    assert np.abs(out).max() < 1.6
    assert np.abs(filters.apply(np.full(1250, 7.0), kernel)).max() < 1e-12


def test_a_beat_cut_by_the_edge_does_not_shift_what_follows():
    """Point reflection would take twice its height for the level before the record."""
    x = np.zeros(1250)
    x[0] = 1.0
    out = filters.apply(x, Preparation().kernel("ecg"))
    assert np.abs(out[20:]).max() < 0.05


@pytest.mark.parametrize("count", (0, 1, 5))
def test_extremely_short_series(count):
    out = filters.apply(np.ones(count), Preparation().kernel("ecg"))
    assert len(out) == count
    assert np.isfinite(out).all()
