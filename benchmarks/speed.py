"""Speed of fingerprints, in one run and on one core: ratios side by side.

python benchmarks/speed.py [--seconds 3] [--minutes 60]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import tyro
from resnet import ResNet1D
from torch import Tensor

from cardioprint.edge.export import export
from cardioprint.fingerprints.pipeline import chosen, fingerprint
from cardioprint.models.m2ae import M2AE, MODALITIES, View, patchify
from cardioprint.models.pretrained import load_pretrained, save_pretrained
from cardioprint.readers import open_record
from cardioprint.runtime.folder import PACKAGED, read_about
from cardioprint.runtime.session import Session
from cardioprint.signal.blocks import prepared_blocks
from cardioprint.simulate import patient, write_wfdb

CASES = {"ECG": (True, False), "PPG": (False, True), "ECG + PPG": (True, True)}


def rate_of(call: Callable[[], int], seconds: float) -> float:
    """Return windows per second of the best of three runs of about `seconds / 3` each."""
    call()
    best = 0.0
    for _ in range(3):
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds / 3:
            done += call()
        best = max(best, done / (time.perf_counter() - began))
    return best


def encoders(seconds: float, model: str) -> None:
    """Print windows per core-second."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 2, 1250)).astype(np.float32)
    valid = np.ones(x.shape, bool)
    network = load_pretrained(model)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_pretrained(network, folder, read_about(PACKAGED / model))
        export(network, folder, int8=True, float32=True)
        full = Session(folder, precision="float32", threads=1)
        small = Session(folder, precision="int8", threads=1)
        resnet = ResNet1D().eval()
        size = sum(p.numel() for p in resnet.parameters()) / 1e6
        window = torch.from_numpy(x[:, :1])
        with torch.inference_mode():
            peer = rate_of(lambda: len(resnet(window)), seconds)
        print(
            f"ResNet1D of PaPaGei-S's size ({size:.1f} M parameters), torch float32: "
            f"{peer:.0f} windows per core-second\n"
        )
        print(f"{'cardioprint':12}{'torch float32':>18}{'ONNX float32':>18}{'ONNX int8':>18}")
        for name, present in CASES.items():
            keep = valid & np.array(present)[None, :, None]
            shown = x * keep
            with torch.inference_mode():
                a = rate_of(lambda s=shown, p=present: _torch(network, s, p), seconds)
            b = rate_of(lambda s=shown, k=keep: len(full.encode(s, k)[0]), seconds)
            c = rate_of(lambda s=shown, k=keep: len(small.encode(s, k)[0]), seconds)
            cells = "".join(f"{v:9.0f} ({v / peer:4.1f} x)" for v in (a, b, c))
            print(f"{name:12}{cells}")


def _torch(network: M2AE, samples: np.ndarray, present: tuple[bool, bool]) -> int:
    at = torch.arange(network.config.patches).expand(len(samples), -1)
    shown: dict[str, View] = {}
    for row, modality in enumerate(MODALITIES):
        if present[row]:
            window: Tensor = torch.from_numpy(np.ascontiguousarray(samples[:, row]))
            shown[modality] = View(patches=patchify(window, network.config.patch), at=at)
    return len(network.read(shown)[1])


def end_to_end(minutes: float, model: str) -> None:
    """Print seconds per hour of recording, from a WFDB file to fingerprints."""
    print(f"\nFile to fingerprint, one core, {minutes:g} minutes of ECG (250 Hz) + PPG (125 Hz)")
    with tempfile.TemporaryDirectory() as scratch:
        record, _ = patient(minutes=minutes, seed=1)
        path = write_wfdb(record, Path(scratch))
        fingerprint(path, model=model, threads=1)  # loads the graphs
        began = time.perf_counter()
        fingerprint(path, model=model, threads=1)
        whole = time.perf_counter() - began
        session = Session(model, threads=1)
        began = time.perf_counter()
        open_record(path).read()
        read = time.perf_counter() - began
        source = open_record(path)
        pick = chosen(source, session.preparation)
        began = time.perf_counter()
        parts = list(prepared_blocks(source, pick.ecg, pick.ppg, session.preparation))
        prepared = time.perf_counter() - began - read
        began = time.perf_counter()
        for part in parts:
            session.encode(part.windows.samples, part.windows.valid)
        encoded = time.perf_counter() - began
    hour = 60 / minutes
    for name, value in (
        ("read", read),
        ("prepare, beats, quality", prepared),
        ("encode (int8)", encoded),
        ("all, as one call", whole),
    ):
        print(f"  {name:26}{value * hour:8.3f} s per hour{60 * minutes / value:12.0f} x real time")


def main(seconds: float = 3.0, minutes: float = 60.0, model: str = "tiny") -> None:
    """Run all benchmarks.

    Args:
        seconds: Seconds each encoder is measured.
        minutes: Length of the recording.
        model: Packaged model.
    """
    encoders(seconds, model)
    end_to_end(minutes, model)


if __name__ == "__main__":
    tyro.cli(main)
