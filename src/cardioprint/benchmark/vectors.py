"""Vectors are made once: each window of each encoder is remembered, in memory and on disk.

A window is known by its samples, not by the task that it came with: the tasks of one table share
what was made of it, and a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

import cardioprint
from cardioprint.benchmark.baselines.base import Encoder, Signals
from cardioprint.benchmark.baselines.people import Demographics

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAKERS = ("signal", "models", "runtime", "benchmark/baselines", "benchmark/peers")
"""Folders whose code decides what a vector is."""

CHUNK = 2000
"""Windows after which what was made is written down."""

DAMAGED = (OSError, ValueError, KeyError, EOFError, BadZipFile)
"""What reading half a file raises."""


@lru_cache(maxsize=8)
def code(folders: tuple[str, ...]) -> str:
    """Return a digest of the source below some folders or files of the package."""
    root, made = Path(cardioprint.__file__).parent, hashlib.sha256()
    for name in folders:
        at = root / name
        for path in [at] if at.is_file() else sorted(at.rglob("*.py")):
            made.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return made.hexdigest()[:16]


def identity(encoder: Encoder) -> str:
    """Return what tells an encoder from all others: its name, settings and weights."""
    told: Any = getattr(encoder, "identity", None)
    if told is not None:
        return f"{encoder.name}-{told}"
    made = hashlib.sha256(f"{type(encoder).__name__} {encoder.name}".encode())
    made.update(repr(getattr(encoder, "preparation", "")).encode())
    net: Any = getattr(encoder, "model", None) or getattr(encoder, "network", None)
    if net is not None:
        for name, tensor in net.state_dict().items():
            made.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return f"{encoder.name}-{made.hexdigest()[:16]}"


class Vectors:
    """What encoders made of windows.

    Args:
        folder: To keep it in; None: in memory alone.

    Attributes:
        seconds: Name of an encoder -> what embedding took, today or in an earlier run.
        width: Name of an encoder -> numbers in a vector of one modality.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder
        self.seconds: dict[str, float] = {}
        self.width: dict[str, int] = {}
        self._known: dict[str, dict[bytes, NDArray[np.float32]]] = {}
        self._read: set[Path] = set()
        self._who: dict[int, tuple[Encoder, str]] = {}

    def embed(self, encoder: Encoder, key: str, signals: Signals) -> NDArray[np.float32]:
        """Return an encoder's vectors, making those that are not there.

        Args:
            encoder: Whose.
            key: What the windows are, for people who look into the folder.
            signals: Windows.

        Raises:
            ChannelError: The windows hold nothing that it takes.
        """
        if isinstance(encoder, Demographics) or len(signals) == 0:  # nothing that takes time
            return encoder.embed(signals)
        use = [m for m in encoder.modalities if m in signals.series]
        place = f"{self._identity(encoder)} {'+'.join(use)}"
        known = self._known.setdefault(place, {})
        names = windows_named(signals, use)
        if any(n not in known for n in names):  # another process may have made them
            self._load(place, encoder.name)
        new = np.flatnonzero([n not in known for n in names])
        for first in range(0, len(new), CHUNK):
            part = new[first : first + CHUNK]
            began = time.perf_counter()
            made = encoder.embed(signals[part])
            took = time.perf_counter() - began
            self.seconds[encoder.name] = self.seconds.get(encoder.name, 0.0) + took
            known.update(zip([names[i] for i in part], made, strict=True))
            self._save(place, key, [names[i] for i in part], made, took)
        if not use:  # says what is missing
            return encoder.embed(signals)
        out = np.stack([known[n] for n in names])
        if len(use) == 1:
            self.width[encoder.name] = out.shape[1]
        return out

    def _identity(self, encoder: Encoder) -> str:
        if id(encoder) not in self._who:  # the encoder is kept, so that its id cannot be reused
            self._who[id(encoder)] = (encoder, identity(encoder))
        return self._who[id(encoder)][1]

    def _at(self, place: str) -> Path | None:
        if self.folder is None:
            return None
        made = hashlib.sha256(f"{place} {code(MAKERS)}".encode()).hexdigest()[:16]
        plain = "".join(c if c.isalnum() else "_" for c in place)[:60]
        return self.folder / f"{plain}-{made}"

    def told(self, encoder: Encoder) -> tuple[float, int]:
        """Return what all runs and processes found out about an encoder.

        Returns:
            (seconds that embedding took; most numbers in a vector of one modality, 0 if unknown).
        """
        if self.folder is None:
            return self.seconds.get(encoder.name, 0.0), self.width.get(encoder.name, 0)
        seconds, width, known, seen = 0.0, 0, encoder.modalities, set[tuple[str, ...]]()
        for use in [c for k in range(len(known)) for c in combinations(known, k + 1)]:
            folder = self._at(f"{self._identity(encoder)} {'+'.join(use)}")
            for path in sorted(folder.glob("*.npz")) if folder else ():
                with suppress(*DAMAGED), np.load(path, allow_pickle=False) as file:
                    seconds += float(file["seconds"])
                    if len(use) == 1 and use not in seen:  # reading vectors takes time
                        width = max(width, file["vectors"].shape[1])
                        seen.add(use)
        return seconds, width

    def _load(self, place: str, name: str) -> None:
        """Read what was written down since the last look."""
        known, folder = self._known[place], self._at(place)
        for path in sorted(folder.glob("*.npz")) if folder else ():
            if path in self._read:
                continue
            try:
                with np.load(path, allow_pickle=False) as file:
                    names, made = file["names"], file["vectors"]
                    self.seconds[name] = self.seconds.get(name, 0.0) + float(file["seconds"])
            except DAMAGED:  # half a file: made again
                path.unlink(missing_ok=True)
                continue
            self._read.add(path)
            known.update(zip([bytes(n) for n in names], made, strict=True))

    def _save(
        self, place: str, key: str, names: list[bytes], made: NDArray[np.float32], took: float
    ) -> None:
        folder = self._at(place)
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(b"".join(names)).hexdigest()[:16]
        plain = "".join(c if c.isalnum() else "_" for c in key)[:60]
        path = folder / f"{plain}-{digest}.npz"
        part = path.with_suffix(f".{os.getpid()}.part")
        rows = np.frombuffer(b"".join(names), np.uint8).reshape(len(names), -1)
        with part.open("wb") as file:
            np.savez(file, names=rows, vectors=made, seconds=took)
        part.replace(path)
        self._read.add(path)


def windows_named(signals: Signals, modalities: list[str]) -> list[bytes]:
    """Return a digest of each window: its samples, rate and lead, in these modalities."""
    series = [signals.series[m] for m in modalities]
    about = repr([(m, s.sampling_rate, s.lead) for m, s in zip(modalities, series, strict=True)])
    out = []
    for i in range(len(signals)):
        made = hashlib.blake2b(about.encode(), digest_size=16)
        for s in series:
            made.update(np.ascontiguousarray(_without_tail(s.samples[i])).tobytes())
        out.append(made.digest())
    return out


def _without_tail(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a window without what is missing at its end: padding is no content."""
    seen = np.flatnonzero(np.isfinite(x))
    return x[: seen[-1] + 1] if len(seen) else x[:0]
