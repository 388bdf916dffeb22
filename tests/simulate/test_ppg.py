import numpy as np
import pytest

from cardioprint.errors import UnknownNameError
from cardioprint.simulate import Beat, Morphology, Rhythm, pairs, patient
from cardioprint.simulate.backend import Backend
from cardioprint.simulate.batch import lives
from cardioprint.simulate.landmarks import pulse_landmarks
from cardioprint.simulate.ppg import (
    BEST_CONTACT,
    CONTACT_FOOT,
    arrivals,
    render_ppg,
    render_pulses,
)

EXACT = Backend(dtype="float64")


@pytest.fixture(scope="module")
def resting():
    """Return two minutes of 400 people in sinus rhythm or not, as a population has it."""
    return lives(400, 6, seconds=120.0, b=EXACT)


def in_sinus(life):
    return life.people.rhythm == Rhythm.SINUS


def of_beats(life, values):
    b = life.beats
    return np.where(b.valid & (b.time > 0) & (b.time < life.seconds), values, np.nan)


def test_arrival_time_is_human(resting):
    pat = np.nanmean(of_beats(resting, arrivals(resting) - resting.beats.time), axis=1)
    calm = in_sinus(resting)
    assert np.median(pat[calm]) == pytest.approx(0.21, abs=0.03)
    assert 0.02 < pat[calm].std() < 0.045  # 20-30 ms of it the person's own
    early = np.corrcoef(pat[calm], resting.people.pwv[calm])[0, 1]
    assert -0.8 < early < -0.2  # a stiffer artery is faster, and that is not all


def test_pressure_moves_arrival_within_a_person(resting):
    """Hughes 1979: 8.9 % of the transit time in 10 mmHg, about 1 ms a mmHg of mean pressure."""
    pat = of_beats(resting, arrivals(resting) - resting.beats.time)
    slopes = []
    for row in np.flatnonzero(in_sinus(resting)):
        keep = np.isfinite(pat[row])
        pressure = resting.pulses.mean_pressure[row][keep]
        slopes.append(1000 * np.polyfit(pressure, pat[row][keep], 1)[0])
    assert np.median(slopes) == pytest.approx(-0.9, abs=0.3)


def test_pressure_on_another_day_moves_arrival_but_predicts_little_between_people():
    one, two = (pairs(1_200, 9, record=r) for r in (1, 2))
    sinus = one.truth.people.rhythm == Rhythm.SINUS
    change = (two.truth.people.systolic - one.truth.people.systolic)[sinus]
    moved = (np.nanmedian(two.truth.pat, axis=1) - np.nanmedian(one.truth.pat, axis=1))[sinus]
    keep = np.isfinite(moved)
    assert np.corrcoef(change[keep], moved[keep])[0, 1] < -0.5
    level = np.nanmedian(one.truth.pat, axis=1)[sinus]
    between = np.corrcoef(one.truth.people.systolic[sinus][keep], level[keep])[0, 1]
    assert -0.45 < between < -0.05


def test_exertion_shortens_arrival_as_pressure_rises():
    _, truth = patient(seed=1, events=False)
    share = truth.r_peaks / 600
    rest, hard = share < 0.38, (share > 0.5) & (share < 0.65)
    pressure = truth.systolic[hard].mean() - truth.systolic[rest].mean()
    arrival = 1000 * (np.nanmean(truth.pat[hard]) - np.nanmean(truth.pat[rest]))
    assert 5 < pressure < 40
    assert -1.6 < pressure / arrival < -0.3  # mmHg a ms


def test_beatwise_pressure_is_the_persons(resting):
    calm = in_sinus(resting)
    for name in ("systolic", "diastolic"):
        found = np.nanmean(of_beats(resting, getattr(resting.pulses, name)), axis=1)
        error = (found - getattr(resting.people, name))[calm]
        assert np.median(error) == pytest.approx(0, abs=1)
        assert np.abs(error).max() < 12


def test_premature_beats_send_weak_or_no_pulses(crowd):
    truth = crowd.truth
    early = (truth.kinds == Beat.VENTRICULAR) & (truth.rhythm == Rhythm.PREMATURE_VENTRICULAR)[
        :, None
    ]
    strength = truth.strength[early]
    assert np.quantile(strength[strength > 0], 0.05) > 0.1
    assert np.quantile(strength, 0.95) < 0.7
    after = np.roll(early, 1, axis=1)
    after[:, 0] = False
    healthy = truth.people.myocardium < 0.1
    gain = truth.strength[after & healthy[:, None]]
    assert np.nanmedian(gain) == pytest.approx(1.098, abs=0.054)  # Voss 2002
    atrial = truth.strength[truth.kinds == Beat.ATRIAL_PREMATURE]
    assert 0.6 < np.median(atrial) < 0.95


def test_fast_fibrillation_has_a_pulse_deficit():
    life = lives(300, 3, seconds=60.0, balanced=True, change=0.0, b=EXACT)
    af = life.people.rhythm == Rhythm.ATRIAL_FIBRILLATION
    rr, strength = life.beats.rr[af], life.pulses.strength[af]
    seen = life.beats.valid[af]
    assert np.corrcoef(rr[seen], strength[seen])[0, 1] > 0.6
    assert (strength[seen & (rr < 0.29)] == 0).mean() > 0.8
    assert (strength[seen & (rr > 0.4)] > 0).all()
    sinus = life.people.rhythm == Rhythm.SINUS
    plain = life.beats.valid[sinus] & (life.beats.kind[sinus] == Beat.NORMAL)
    assert (life.pulses.strength[sinus][plain] > 0).mean() > 0.999


def test_left_bundle_branch_block_ejects_late(resting):
    life = lives(700, 4, seconds=20.0, balanced=True, b=EXACT)
    late = life.people.morphology == Morphology.LEFT_BUNDLE_BRANCH_BLOCK
    plain = life.people.rhythm == Rhythm.SINUS
    ejection = np.nanmean(of_beats(life, life.pulses.ejection), axis=1)
    gain = ejection[late & plain].mean() - ejection[~late & plain].mean()
    assert gain == pytest.approx(0.04, abs=0.015)


def test_breathing_moves_size_and_baseline(resting):
    rate, count = 50.0, 6000
    pulses = render_pulses(resting, sampling_rate=rate, count=count)
    ppg = render_ppg(resting, pulses, sampling_rate=rate)
    time = np.arange(count)[None, :] / rate
    breath = resting.tone.breath.over(time, EXACT)
    calm = np.flatnonzero(in_sinus(resting))[:60]
    baseline = (ppg / resting.people.perfusion[:, None] - pulses)[calm]
    together = [np.corrcoef(a, b)[0, 1] for a, b in zip(baseline, breath[calm], strict=True)]
    assert np.median(together) > 0.4
    size = 2 * baseline.std(axis=1) * 1.4
    assert 0.05 < np.median(size) < 0.4


@pytest.fixture(scope="module")
def young():
    life = lives(300, 2, seconds=10.0, b=EXACT)
    return life


def test_sites_differ_in_arrival_and_size(young):
    foot = {site: arrivals(young, site=site) for site in ("finger", "wrist", "ear")}
    valid = young.beats.valid
    assert 0.04 < np.median((foot["finger"] - foot["ear"])[valid]) < 0.1
    assert 0.005 < np.median((foot["finger"] - foot["wrist"])[valid]) < 0.03
    size = {}
    for site in foot:
        pulses = render_pulses(young, sampling_rate=125.0, count=1250, site=site)
        size[site] = render_ppg(young, pulses, sampling_rate=125.0, site=site).std()
    assert size["finger"] > size["ear"] > size["wrist"]


def test_colours_differ_in_size_only(young):
    pulses = render_pulses(young, sampling_rate=125.0, count=1250)
    red, infrared, green = (
        render_ppg(young, pulses, sampling_rate=125.0, colour=c)
        for c in ("red", "infrared", "green")
    )
    np.testing.assert_allclose(red, 0.52 * infrared)
    np.testing.assert_allclose(green, 1.7 * infrared)


def test_contact_pressure_delays_and_shrinks(young):
    """Chandrasekhar 2020: U-shaped, 22 ms at the foot and 40 ms at the peak."""
    loose, best, firm = (arrivals(young, contact=c) for c in (0.0, BEST_CONTACT, 1.0))
    valid = young.beats.valid
    assert (loose - best)[valid] == pytest.approx(CONTACT_FOOT)
    assert (firm > best)[valid].all()
    tops, sizes = [], []
    for contact in (0.05, BEST_CONTACT, 1.0):
        pulses = render_pulses(young, sampling_rate=250.0, count=2500, contact=contact)
        tops.append(pulse_landmarks(young, pulses, sampling_rate=250.0, contact=contact)[2])
        ppg = render_ppg(young, pulses, sampling_rate=250.0, contact=contact)
        sizes.append(ppg.std())
    assert np.nanmedian(tops[0] - tops[1]) == pytest.approx(0.037, abs=0.008)
    assert sizes[1] > 1.5 * max(sizes[0], sizes[2])


@pytest.mark.parametrize("wrong", [{"site": "toe"}, {"colour": "blue"}])
def test_unknown_sites_and_colours(wrong):
    with pytest.raises(UnknownNameError, match="known"):
        pairs(2, 1, **wrong)
