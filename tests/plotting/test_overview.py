"""One picture for every shape a record can have; numbers behind the panels."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from cardioprint.errors import ChannelError, ModelError, RecordError
from cardioprint.fingerprints.pipeline import fingerprint, opened
from cardioprint.plotting import overview
from cardioprint.plotting.excerpt import read_excerpt
from cardioprint.runtime.folder import packaged
from cardioprint.simulate import patient, write_wfdb
from cardioprint.types import Record

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def model(request):
    """Return a packaged model, else the small one of the tests, else skip."""
    if packaged():
        return packaged()[0]
    try:
        return request.getfixturevalue("tiny_folder")
    except pytest.FixtureLookupError:
        pytest.skip("no packaged model")


@pytest.fixture(scope="module")
def person():
    return patient(minutes=2, seed=1)[0]


def part(record, start, stop):
    """Return the seconds from start to stop of a record."""
    return opened(record).read(start, stop)


def with_samples(record, change):
    """Return the record with the samples of each channel changed."""
    channels = [replace(c, samples=change(c, c.samples.copy())) for c in record.channels]
    return record.with_channels(*channels)


def noisy(channel, samples):
    rng = np.random.default_rng(len(channel.name))
    return rng.standard_normal(len(samples)).astype(np.float32)


def torn(channel, samples):
    """Return samples with single gaps, and nothing in the last half of the ECG."""
    samples[::97] = np.nan
    if channel.modality == "ecg":
        samples[len(samples) // 2 :] = np.nan
    return samples


SHAPES = {
    "both": lambda r: r,
    "ecg": lambda r: r.with_channels(r.channels[0]),
    "ppg": lambda r: r.with_channels(r.channels[1]),
    "one window": lambda r: part(r, 0, 10),
    "a short window": lambda r: part(r, 0, 2.1),
    "too short": lambda r: part(r, 0, 1.5),
    "no sample": lambda r: with_samples(r, lambda _, samples: samples[:0]),
    "longer than an excerpt by a second": lambda r: part(r, 0, 13),
    "all noise": lambda r: with_samples(r, noisy),
    "gaps": lambda r: with_samples(r, torn),
    "ecg without a number": lambda r: r.with_channels(
        replace(r.channels[0], samples=np.full_like(r.channels[0].samples, np.nan)), r.channels[1]
    ),
    "ecg starts late": lambda r: r.with_channels(
        replace(part(r, 7.3, 100).channels[0], start=7.3), part(r, 0, 60).channels[1]
    ),
    "a long name": lambda r: replace(r, name="n" * 200),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.filterwarnings("error::RuntimeWarning", "error::UserWarning")
def test_every_shape_of_record_gets_a_picture(shape, person, model, tmp_path):
    record = SHAPES[shape](person)
    prints = fingerprint(record, model=model)
    out = overview(record, prints, model=model, out=tmp_path / "new" / "picture.png")
    head = out.read_bytes()[:24]
    assert head.startswith(PNG)
    assert int.from_bytes(head[16:20], "big") == 1600


@pytest.mark.parametrize("stride", [2.5, 30.0])
def test_windows_may_overlap_or_lie_apart(stride, person, model, tmp_path):
    prints = fingerprint(person, model=model, stride=stride)
    assert overview(person, prints, model=model, out=tmp_path / "a.png").stat().st_size > 10_000


def test_an_svg_says_that_the_signal_is_generated(person, model, tmp_path):
    prints = fingerprint(person, model=model)
    out = overview(person, prints, model=model, out=tmp_path / "a.svg")
    text = out.read_text()
    assert "<svg" in text and "not a measurement" in text


def test_a_file_is_read_only_around_the_excerpt(person, model, tmp_path, monkeypatch):
    header = write_wfdb(person, tmp_path)
    prints = fingerprint(header, model=model)
    source, asked = opened(header), []
    kind = type(source)
    read = kind.read

    def watched(self, start=0.0, stop=None, channels=None):
        asked.append((start, stop))
        return read(self, start, stop, channels)

    monkeypatch.setattr(kind, "read", watched)
    excerpt = read_excerpt(source, prints, model=model, seconds=12.0)
    assert asked and all(stop - start < 45 for start, stop in asked)
    assert excerpt.samples.shape[1] == 12 * 125


def test_beats_of_the_excerpt_are_the_true_ones(model):
    record, truth = patient(minutes=2, seed=2, events=False)
    prints = fingerprint(record, model=model)
    excerpt = read_excerpt(opened(record), prints, model=model, seconds=12.0)
    within = (truth.r_peaks > excerpt.start + 0.1) & (truth.r_peaks < excerpt.start + 11.9)
    found = excerpt.start + excerpt.time[excerpt.r_peaks]
    assert np.abs(truth.r_peaks[within][:, None] - found).min(axis=1).max() < 0.02
    delays = [excerpt.time[u] - excerpt.time[r] for r, u in excerpt.arrivals]
    assert len(delays) >= 5 and 0.15 < np.median(delays) < 0.4


def test_the_reconstruction_is_the_one_of_the_pipeline(person, model):
    from cardioprint.fingerprints.pipeline import reconstruct

    prints = fingerprint(person, model=model)
    excerpt = read_excerpt(opened(person), prints, model=model, seconds=12.0)
    whole = reconstruct(person, to="ecg", model=model)
    made = excerpt.generated
    assert made is not None and (made.source, made.target) == (1, 0)
    np.testing.assert_allclose(made.truth, whole.truth[excerpt.window], atol=1e-3)
    same = np.corrcoef(made.samples, whole.samples[excerpt.window])[0, 1]
    assert same > 0.999
    assert np.isclose(made.r, np.corrcoef(made.truth, made.samples)[0, 1], atol=1e-6)
    assert made.r_shifted >= made.r


def test_wrong_requests_say_what_to_do(person, model, tmp_path):
    prints = fingerprint(person, model=model)
    with pytest.raises(RecordError, match=r"\.png, \.svg"):
        overview(person, prints, model=model, out=tmp_path / "a.pdf")
    with pytest.raises(RecordError, match="second"):
        overview(person, prints, model=model, out=tmp_path / "a.png", seconds=0.5)
    with pytest.raises(ModelError, match="pass the same model"):
        overview(person, replace(prints, model="other"), model=model, out=tmp_path / "a.png")
    stranger = Record.from_arrays(ecg=np.zeros(5000), sampling_rate=250, lead="V9")
    with pytest.raises(ChannelError, match="the fingerprints were made from"):
        overview(stranger, prints, model=model, out=tmp_path / "a.png")


def test_matplotlib_loads_only_when_a_picture_is_drawn():
    code = "import sys, cardioprint.plotting; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
