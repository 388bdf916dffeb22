"""No shortcut: neither what a file says of its device nor the device's own trace tells a label.

Two probes look for a shortcut, boosted trees and a logistic regression. They learn on one half of
a balanced cohort and are scored on the other, where labels are shuffled to see what chance gives:
given the scores, the labels of the test half are exchangeable if and only if there is no shortcut,
so the interval is exact.

(a) Metadata: the parameters of the device, and how much of the record each artefact takes.
(b) The device's component alone: what `measured` makes of a FLAT body (both signals zero) of the
    same people. Clipping, automatic gain and changes of gain react to the signal, and so carry
    its label legitimately: a tall R wave clips. "Measured minus clean" would contain all of that.
    On a flat body there is nothing of the heart that the chain could react to, by construction,
    while noise, wander, breathing, hum, events, range and steps are all there. The delay, which
    moves the pulses but leaves no trace on a flat line, is among the metadata.

The positive controls tie a device to a label, which has to be found.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cardioprint.simulate import KINDS, Rhythm, measured, pairs
from cardioprint.simulate.devices.measuring import USUAL
from cardioprint.types import Modality

PEOPLE, SHUFFLES = 2_400, 1_000

COMPARISONS = 8
"""Two labels, two kinds of input, two probes: the intervals hold for all of them together."""


@pytest.fixture(scope="module")
def cohort():
    """Balanced people, nothing changing within a window, with everyday devices."""
    return pairs(PEOPLE, 31, balanced=True, change=0.0)


@pytest.fixture(scope="module")
def labels(cohort):
    return {
        "rhythm": np.asarray(cohort.truth.rhythm),
        "morphology": np.asarray(cohort.truth.morphology),
    }


def flat(batch):
    """Return the same people without heartbeats; no delay, which would draw the pulses anew."""
    return replace(batch, ecg=0 * batch.ecg, ppg=0 * batch.ppg)


ON_TIME = replace(USUAL, kinds=tuple(replace(k, late=0.0, two_clocks=0.0) for k in KINDS))


def metadata(made):
    """Return one row a record: what a file and its log would say without a look at the signal."""
    device = {k: np.asarray(v, dtype=float) for k, v in vars(made.device).items()}
    shares = [
        np.asarray(mask).mean(axis=1)
        for masks in made.masks.values()
        for kind, mask in masks.items()
        if kind != "clipped"  # reacts to the signal
    ]
    length = np.full(len(made), made.ppg.shape[1] / made.sampling_rate)
    rate = np.full(len(made), made.sampling_rate)
    return np.column_stack([*device.values(), *shares, length, rate])


def trace(made):
    """Return one row a record: size, shape and spectrum of both signals."""
    rows = []
    for signal, modality in ((made.ecg[:, 0], Modality.ECG), (made.ppg, Modality.PPG)):
        x = np.asarray(signal, dtype=np.float64)
        missing = np.isnan(x)
        x = np.where(missing, 0.0, x)
        power = np.abs(np.fft.rfft(x * np.hanning(x.shape[1]))) ** 2
        edges = np.unique(np.geomspace(1, power.shape[1], 26).astype(int))
        bands = np.add.reduceat(power, edges[:-1], axis=1)
        step = np.abs(np.diff(x, axis=1))
        smallest = np.where(step > 1e-7, step, np.inf).min(axis=1)
        rows += [
            np.log(bands + 1e-12),
            np.column_stack(
                [
                    x.mean(axis=1),
                    np.log(x.std(axis=1) + 1e-9),
                    np.quantile(x, (0.01, 0.25, 0.75, 0.99), axis=1).T,
                    step.max(axis=1),
                    (step == 0).mean(axis=1),
                    np.where(np.isfinite(smallest), smallest, 0.0),
                    missing.mean(axis=1),
                    np.asarray(made.spoilt(modality)).mean(axis=1),
                ]
            ),
        ]
    return np.column_stack(rows)


def probes():
    return {
        "trees": HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=12, min_samples_leaf=20, random_state=0
        ),
        "logistic": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.05, max_iter=300, random_state=0)
        ),
    }


def auroc(label, ranks):
    """Return the mean over classes of each one's AUROC against the rest, from its scores' ranks."""
    values = []
    for place in range(ranks.shape[1]):
        mine = label == place
        n = mine.sum()
        values.append((ranks[mine, place].sum() - n * (n + 1) / 2) / (n * (len(label) - n)))
    return np.mean(values)


def found(features, label):
    """Return {probe: (AUROC on the test half, its interval under chance)}."""
    half = np.random.default_rng(0).permutation(len(label))
    learn, test = half[: len(label) // 2], half[len(label) // 2 :]
    rng, out = np.random.default_rng(1), {}
    tail = 0.05 / COMPARISONS / 2
    for name, probe in probes().items():
        ranks = rankdata(
            probe.fit(features[learn], label[learn]).predict_proba(features[test]), axis=0
        )
        chance = [auroc(rng.permutation(label[test]), ranks) for _ in range(SHUFFLES)]
        low, high = np.quantile(chance, (tail, 1 - tail))
        out[name] = (auroc(label[test], ranks), low, high)
    return out


@pytest.mark.parametrize("name", ["rhythm", "morphology"])
def test_metadata_alone_tells_nothing(cohort, labels, name):
    made = measured(cohort, seed=31)
    for probe, (value, low, high) in found(metadata(made), labels[name]).items():
        assert low <= value <= high, (probe, value, low, high)
        assert abs(value - 0.5) < 0.05


@pytest.mark.parametrize("name", ["rhythm", "morphology"])
def test_the_device_alone_tells_nothing(cohort, labels, name):
    made = measured(flat(cohort), seed=31, config=ON_TIME)
    for probe, (value, low, high) in found(trace(made), labels[name]).items():
        assert low <= value <= high, (probe, value, low, high)
        assert abs(value - 0.5) < 0.05


def test_no_person_decides_a_device(cohort):
    """Devices of a record are those of its number, whoever the number belongs to."""
    other = pairs(100, 77, balanced=False)
    one, two = measured(cohort, seed=31).device, measured(other, seed=31).device
    for name, values in vars(two).items():
        np.testing.assert_array_equal(values, getattr(one, name)[:100])


def test_a_device_tied_to_a_label_is_found(cohort, labels):
    """Positive control: records of fibrillation come from noisier devices with fewer bits."""
    noisy = replace(
        ON_TIME,
        ecg_noise=(1.5 * ON_TIME.ecg_noise[0], ON_TIME.ecg_noise[1]),
        kinds=tuple(replace(k, ecg_bits=(k.ecg_bits[0] - 2, k.ecg_bits[1])) for k in ON_TIME.kinds),
    )
    usual, tied = (measured(flat(cohort), seed=31, config=c) for c in (ON_TIME, noisy))
    ill = labels["rhythm"] == Rhythm.ATRIAL_FIBRILLATION
    label = ill.astype(int)
    for features in (metadata, trace):
        mixed = np.where(ill[:, None], features(tied), features(usual))
        value, _, high = found(mixed, label)["trees"]
        assert value > high + 0.03
        value, low, high = found(features(usual), label)["trees"]
        assert low <= value <= high


def test_a_whole_signal_is_told(cohort, labels):
    """Positive control of the probe: with a heart in the signal it knows the rhythm at once."""
    made = measured(cohort, seed=31, config=ON_TIME)
    value, _, high = found(trace(made), labels["rhythm"])["trees"]
    assert value > high + 0.1
