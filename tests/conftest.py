"""Fixtures shared by all tests."""

import os
from pathlib import Path

import numpy as np
import pytest

from cardioprint.signal.preparation import Preparation, cut, prepare
from cardioprint.simulate import patient
from cardioprint.types import Channel, Modality


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real recordings: $CARDIOPRINT_DATA, else ../shared/data beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CARDIOPRINT_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set CARDIOPRINT_DATA")
    return folder


@pytest.fixture(scope="session")
def make_channel():
    """Return a function that wraps samples as an ECG or a PPG channel."""

    def make(samples, rate, modality="ecg", **more):
        return Channel(
            name=more.pop("name", modality),
            modality=Modality(modality),
            sampling_rate=rate,
            samples=np.asarray(samples),
            **more,
        )

    return make


@pytest.fixture(scope="session")
def prepared_of(make_channel):
    """Return a function: samples of one modality -> (Prepared, Windows)."""

    def make(samples, rate, modality="ecg"):
        channel, p = make_channel(samples, rate, modality), Preparation()
        prepared = prepare(
            channel if modality == "ecg" else None, channel if modality == "ppg" else None, p
        )
        return prepared, cut(prepared, p)

    return make


@pytest.fixture(scope="session")
def beat_score():
    """Return a function: (found, true) in seconds -> (sensitivity, positive predictivity)."""

    def score(found, true, within=0.15):
        def share(a, b):
            if len(a) == 0 or len(b) == 0:
                return float(len(a) == 0)
            at = np.clip(np.searchsorted(b, a), 1, len(b) - 1) if len(b) > 1 else np.zeros(1, int)
            near = np.minimum(np.abs(b[at] - a), np.abs(b[at - 1] - a))
            return float((near <= within).mean())

        return share(np.asarray(true), np.asarray(found)), share(
            np.asarray(found), np.asarray(true)
        )

    return score


@pytest.fixture(scope="session")
def simulated():
    """Return five simulated minutes with artefacts, and what is true of them."""
    return patient(minutes=5, seed=3)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """Return the folder of a small untrained M2AE, exported as int8 and float32 graphs.

    Its running means are set from simulated windows, as training would: without them all
    fingerprints look alike and any comparison of them passes.
    """
    torch = pytest.importorskip("torch")
    from cardioprint.edge.export import export
    from cardioprint.models.m2ae import M2AE, ModelConfig, whole
    from cardioprint.models.pretrained import load_pretrained, save_pretrained

    torch.manual_seed(0)
    config = ModelConfig(
        features=64,
        encoder_layers=1,
        bottleneck_layers=1,
        decoder_features=32,
        decoder_layers=1,
        course=8,
    )
    model = M2AE(config).eval()
    record, _ = patient(minutes=5, seed=11, events=False)
    p = Preparation()
    windows = cut(prepare(record.channels[0], record.channels[1], p), p)
    with torch.no_grad():
        for shown in (("ecg",), ("ppg",), ("ecg", "ppg")):
            views = {
                m: whole(
                    torch.from_numpy(windows.samples[:, ("ecg", "ppg").index(m)]),
                    torch.from_numpy(windows.valid[:, ("ecg", "ppg").index(m)]),
                    config.patch,
                )
                for m in shown
            }
            z, prints = model.read(views)
            model.follow(prints, model.timing(z), momentum=0.5)
    folder = tmp_path_factory.mktemp("models") / "small"
    about = {"format": 1, "name": "small", "preparation": Preparation().to_dict()}
    save_pretrained(model, folder, about)
    export(load_pretrained(folder), folder, int8=True, float32=True)  # of the rounded weights
    return folder


@pytest.fixture(scope="session")
def smoke_cache(tmp_path_factory):
    """Return a training cache of six simulated people, two in each of three databases."""
    from cardioprint.corpus.cache import open_cache
    from cardioprint.corpus.cache_writer import write_cache
    from corpus_rows import rows_of

    batches = []
    for person in sorted(range(6), key=lambda person: person % 3):
        record, _ = patient(
            minutes=1.5, seed=person, heart_rate=55 + 8 * person, events=False, subject=f"p{person}"
        )
        source = f"source{person % 3}"
        rows = rows_of(record, f"{source}/r{person}", subject=f"{source}:p{person}")
        batches += rows.to_batches()
    folder = tmp_path_factory.mktemp("cache") / "train"
    write_cache(
        batches,
        folder,
        windows=sum(b.num_rows for b in batches),
        preparation=Preparation(),
        about={"split": "train", "filters": {}, "origin": {}},
    )
    return open_cache(folder)
