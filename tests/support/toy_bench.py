"""A probe on toy windows: an encoder that sees the label, and one that sees noise."""

import zlib

import numpy as np

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.columns import Participants
from cardioprint.benchmark.results import Data
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows

FACTS = Facts(data="toy", people="toy", inputs="toy", split="toy", metric="toy", caveats="toy")


class Sees:
    """Vectors of which the first feature is what a window's first sample says."""

    name = "M2AE toy"
    kind = "model"
    sampling_rate, seconds = 10.0, None
    modalities = ("ecg", "ppg")
    identity = "toy"

    def __init__(self):
        self.calls = 0

    def embed(self, signals):
        self.calls += 1
        x = np.random.default_rng(0).normal(size=(len(signals), 12)).astype(np.float32)
        for s in signals.series.values():
            x[:, 0] = s.samples[:, 0]
        return x


class Blind(Sees):
    """Vectors that follow from the window, and have nothing to do with the label."""

    name = "hand features"
    kind = "baseline"
    identity = "blind"

    def embed(self, signals):
        self.calls += 1
        out = []
        for x in next(iter(signals.series.values())).samples:
            seed = zlib.crc32(x[1:].tobytes())
            out.append(np.random.default_rng(seed).normal(size=12))
        return np.array(out, np.float32)


def toy_rows(kind="labels", people=40, each=2, seed=0, modalities=("ecg",)):
    """Return windows whose first sample tells the label, with some noise."""
    rng = np.random.default_rng(seed)
    n = people * each
    subject = np.repeat([f"p{i:02d}" for i in range(people)], each)
    if kind == "number":
        target = np.repeat(rng.normal(50, 10, people), each)
        told = target / 10 + rng.normal(0, 0.2, n)
    else:
        target = np.repeat(rng.permutation(people) % (3 if kind == "classes" else 2), each)
        told = 2 * target + rng.normal(0, 0.4, n)
    samples = rng.normal(size=(n, 60))
    samples[:, 0] = told
    known = {"age": rng.uniform(20, 90, n)}
    signals = Signals.of(**dict.fromkeys(modalities, samples), sampling_rate=10.0, known=known)
    return Rows(
        signals=signals,
        target=target.astype(float),
        subject=subject,
        metadata={"length": np.full(n, 6.0)},
        groups={"sex": np.where(np.arange(n) // each % 2, "male", "female")},
        data=(Data(name="bidmc", rows=n, people=people, abstained=0),),
    )


def toy_task(kind="labels", name="toy", **more):
    measure = {"labels": "AUROC", "classes": "macro AUROC", "number": "MAE, years"}[kind]
    settings = {
        "name": name,
        "title": "Toy",
        "paper": "",
        "facts": FACTS,
        "load": lambda quick: toy_rows(kind),
        "kind": kind,
        "measure": measure,
        "inputs": (("ecg",),),
        "classes": {"labels": ("yes",), "classes": ("a", "b", "c"), "number": ()}[kind],
        "seeds": 1,
    }
    return Probe(**settings | more)


def toy_people():
    return Participants(
        encoders=(Sees(), Blind()), model="M2AE toy", model_hash="0", trained=("uci_bp",)
    )
