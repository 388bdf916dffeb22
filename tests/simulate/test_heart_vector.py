"""What a cardiologist would look for in twelve leads."""

import numpy as np
import pytest

from cardioprint.errors import UnknownNameError
from cardioprint.simulate import Morphology, Rhythm, pairs
from cardioprint.simulate.leads import LEADS

RATE = 500.0


class Beats:
    """First whole conducted beat of everybody with a morphology, in sinus rhythm."""

    def __init__(self, batch, morphology):
        truth = batch.truth
        plain = (truth.rhythm == Rhythm.SINUS) | (truth.rhythm == Rhythm.FIRST_DEGREE_BLOCK)
        plain |= (truth.rhythm == Rhythm.PREMATURE_ATRIAL) | (truth.rhythm == Rhythm.MOBITZ_2)
        self.who = np.flatnonzero(plain & (truth.morphology == morphology))
        self.ecg, self.truth = batch.ecg, truth
        self.column = np.array(
            [np.flatnonzero((r > 0.4) & (r < 3.2))[0] for r in truth.r_peaks[self.who]]
        )
        assert len(self.who) >= 12

    def at(self, name):
        return getattr(self.truth, name)[self.who, self.column]

    def level(self, lead, time):
        """Return mV over the PR segment, of everybody."""
        x = self.ecg[self.who, LEADS.index(lead)]
        clock = np.arange(x.shape[1]) / RATE
        base = self.at("qrs_onsets") - 0.01
        return np.array(
            [
                np.interp(t, clock, row) - np.interp(b, clock, row)
                for t, row, b in zip(time, x, base, strict=True)
            ]
        )

    def around(self, lead, start, stop):
        """Return samples from `start` to `stop` seconds after R, shape (person, time)."""
        steps = np.arange(start, stop, 1 / RATE)
        r = self.at("r_peaks")
        return np.stack([self.level(lead, r + s) for s in steps], axis=1)

    def qrs(self, lead):
        return self.around(lead, -0.08, 0.12)


@pytest.fixture(scope="module")
def of(fine):
    found = {}

    def make(morphology):
        if morphology not in found:
            found[morphology] = Beats(fine, morphology)
        return found[morphology]

    return make


def share(flags):
    return np.mean(flags)


def test_limb_leads_obey_einthoven(fine):
    i, ii, iii, avr, avl, avf = (fine.ecg[:, LEADS.index(n)] for n in LEADS[:6])
    np.testing.assert_allclose(i + iii, ii, atol=1e-4)
    np.testing.assert_allclose(avr, -(i + ii) / 2, atol=1e-4)
    np.testing.assert_allclose(avl + avr + avf, 0, atol=1e-4)


def test_normal_beats_look_normal(of):
    beats = of(Morphology.NORMAL)
    ii, v1, v6 = (beats.qrs(lead) for lead in ("II", "V1", "V6"))
    assert 0.4 < np.median(ii.max(axis=1)) < 1.6
    assert share(v1.min(axis=1) < -2 * v1.max(axis=1)) > 0.85  # rS
    assert share(v1[:, :40].max(axis=1) > 0.03) > 0.8  # with an r
    assert share(v6.max(axis=1) > 3 * -v6.min(axis=1)) > 0.8  # qR
    r = np.array([np.median(beats.qrs(f"V{n}").max(axis=1)) for n in range(1, 6)])
    assert (np.diff(r[:4]) > 0).all()  # R grows from V1 to V4
    t = beats.level("II", beats.at("t_peaks"))
    assert share(t > 0.05) > 0.9
    st = beats.level("II", beats.at("qrs_offsets") + 0.02)
    assert np.abs(st).max() < 0.1
    p = beats.level("II", beats.at("qrs_onsets") - beats.at("pr") + 0.055)
    assert share((p > 0.04) & (p < 0.25)) > 0.95


def test_the_axis_is_the_persons(of):
    beats = of(Morphology.NORMAL)
    i, avf = (beats.qrs(lead).sum(axis=1) for lead in ("I", "aVF"))
    seen = np.degrees(np.arctan2(1.1547 * avf, i))
    wanted = beats.truth.people.axis[beats.who]
    assert np.corrcoef(seen, wanted)[0, 1] > 0.65
    assert np.median(np.abs(seen - wanted)) < 15


def test_durations_are_what_the_truth_says(of):
    for morphology, low, high in (
        (Morphology.NORMAL, 0.065, 0.118),
        (Morphology.LEFT_BUNDLE_BRANCH_BLOCK, 0.12, 0.18),
        (Morphology.RIGHT_BUNDLE_BRANCH_BLOCK, 0.12, 0.17),
    ):
        beats = of(morphology)
        width = beats.at("qrs_offsets") - beats.at("qrs_onsets")
        assert low <= width.min() <= width.max() <= high
        chest = [np.diff(beats.around(lead, -0.10, 0.12), axis=1) for lead in LEADS[6:]]
        swings = np.abs(np.stack(chest)).sum(axis=0)
        active = swings > 0.08 * swings.max(axis=1, keepdims=True)
        seen = np.array([np.flatnonzero(row)[[0, -1]] @ [-1, 1] / RATE for row in active])
        assert np.median(np.abs(seen - width)) < 0.03


def test_left_bundle_branch_block(of):
    beats = of(Morphology.LEFT_BUNDLE_BRANCH_BLOCK)
    v1, v6 = beats.qrs("V1"), beats.qrs("V6")
    assert share(v1.max(axis=1) < 0.2 * -v1.min(axis=1)) > 0.9  # QS or rS
    assert share(v6[:, :50].min(axis=1) > -0.05) > 0.9  # no q
    assert share(v6.max(axis=1) > 0.3) > 0.9
    broad = (v6 > 0.5 * v6.max(axis=1, keepdims=True)).sum(axis=1) / RATE
    assert np.median(broad) > 0.055
    t = {lead: beats.level(lead, beats.at("t_peaks")) for lead in ("V1", "V6")}
    assert share(t["V6"] < 0) > 0.9  # against the QRS
    assert share(t["V1"] > 0) > 0.9


def test_right_bundle_branch_block(of):
    beats = of(Morphology.RIGHT_BUNDLE_BRANCH_BLOCK)
    v1, v6, i = (beats.around(lead, -0.06, 0.11) for lead in ("V1", "V6", "I"))
    late = slice(int(0.09 * RATE), None)
    assert share(v1[:, late].max(axis=1) > 0.3) > 0.85  # R'
    early = v1[:, : int(0.06 * RATE)].max(axis=1)
    assert share(early > 0.05) > 0.8  # r
    assert share(v1[:, int(0.05 * RATE) : int(0.10 * RATE)].min(axis=1) < 0) > 0.8  # S between
    for lead in (v6, i):
        assert share(lead[:, late].min(axis=1) < -0.12) > 0.8  # wide S
    assert share(beats.level("V1", beats.at("t_peaks")) < 0) > 0.8


def test_hypertrophy_has_voltage(of):
    beats = of(Morphology.LEFT_VENTRICULAR_HYPERTROPHY)
    sokolow = -beats.qrs("V1").min(axis=1) + beats.qrs("V5").max(axis=1)
    assert share(sokolow > 3.5) > 0.5
    normal = of(Morphology.NORMAL)
    usual = -normal.qrs("V1").min(axis=1) + normal.qrs("V5").max(axis=1)
    assert share(usual > 3.5) < 0.1
    strain = beats.level("V6", beats.at("t_peaks")) < -0.03
    assert 0.1 < share(strain) < 0.55


def test_inferior_infarction_has_q_waves(of):
    beats = of(Morphology.INFERIOR_INFARCTION)
    leads = ("II", "III", "aVF")
    q = {lead: -beats.around(lead, -0.05, 0.0).min(axis=1) for lead in leads}
    two = sum((q[lead] > 0.1).astype(int) for lead in leads)
    assert share(two >= 2) > 0.9
    st = beats.level("III", beats.at("qrs_offsets") + 0.06)
    t = beats.level("III", beats.at("t_peaks"))
    assert 0.15 < share(st > 0.08) < 0.6  # fresh
    assert share((t < 0) | (st > 0.08)) > 0.9  # old ones have turned T


def test_anterior_infarction_has_lost_its_r(of):
    beats = of(Morphology.ANTERIOR_INFARCTION)
    for lead in ("V1", "V2"):
        qrs = beats.around(lead, -0.05, 0.03)
        assert share(qrs.max(axis=1) < 0.15) > 0.85
    st = beats.level("V2", beats.at("qrs_offsets") + 0.06)
    t = beats.level("V2", beats.at("t_peaks"))
    assert 0.15 < share(st > 0.12) < 0.6
    assert share((t < 0) | (st > 0.12)) > 0.9


def test_ischaemia_depresses_st(of):
    beats = of(Morphology.ST_T_CHANGE)
    for lead in ("II", "V5"):
        st = beats.level(lead, beats.at("qrs_offsets") + 0.05)
        assert np.median(st) < -0.05
        assert share(st < -0.03) > 0.85
    normal = of(Morphology.NORMAL)
    t = [x.level("V5", x.at("t_peaks")) for x in (beats, normal)]
    assert np.median(t[0]) < 0.5 * np.median(t[1])


def test_ventricular_beats_are_wide_and_discordant(fine):
    truth = fine.truth
    running = np.flatnonzero(truth.rhythm == Rhythm.VENTRICULAR_TACHYCARDIA)
    width = (truth.qrs_offsets - truth.qrs_onsets)[running]
    assert np.nanmin(width) > 0.14
    energy = np.sqrt((fine.ecg[running] ** 2).mean(axis=(1, 2)))
    assert np.median(energy) > 1.5 * np.median(np.sqrt((fine.ecg**2).mean(axis=(1, 2))))


def test_fibrillating_atria_write_waves_and_no_p(fine):
    truth = fine.truth
    who = np.flatnonzero(truth.rhythm == Rhythm.ATRIAL_FIBRILLATION)
    assert not np.isfinite(truth.p_onsets[who]).any()
    v1 = fine.ecg[who, LEADS.index("V1")]
    spectrum = np.abs(np.fft.rfft(v1 - v1.mean(axis=1, keepdims=True), axis=1)) ** 2
    frequency = np.fft.rfftfreq(v1.shape[1], 1 / RATE)
    quiet = np.flatnonzero(truth.rhythm == Rhythm.THIRD_DEGREE_BLOCK)
    assert len(quiet)
    fast = (frequency > 4) & (frequency < 9)
    assert (spectrum[:, fast].sum(axis=1) > 0).all()


def test_leads_are_asked_for_by_name():
    batch = pairs(4, 1, seconds=2.0, leads=("V5", "I"))
    assert batch.ecg.shape == (4, 2, 250)
    twelve = pairs(4, 1, seconds=2.0, leads=LEADS)
    np.testing.assert_allclose(batch.ecg[:, 0], twelve.ecg[:, LEADS.index("V5")], atol=1e-4)
    with pytest.raises(UnknownNameError, match=r"V7.*known"):
        pairs(1, 1, leads=("V7",))
