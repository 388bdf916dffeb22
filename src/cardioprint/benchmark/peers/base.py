"""What is known of a published encoder, and the one encoder class that runs them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.benchmark.peers import preprocess
from cardioprint.benchmark.peers.checkpoints import load_strict, read_tensors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

BATCH = 64
"""Windows in a forward pass."""

CHUNK = 1024
"""Windows prepared at a time: what bounds the memory."""

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""Usual order of the twelve leads; PPG comes after them."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The facts of one published encoder, and its adapter.

    Attributes:
        name: Key of the catalogue.
        title: Column of a report.
        paper: Authors, year, where.
        project: The authors' page.
        code_licence: Licence of the published code; "not stated" where we found none.
        weights: Where the authors publish the weights.
        weights_licence: Licence of the weights.
        file: Name of the published file.
        modalities: What it takes.
        sampling_rate: Hertz that its network works at.
        seconds: Window length that it was trained on.
        features: Numbers in its embedding (of the default size, for one modality).
        architecture: In words.
        short: What is done with windows shorter than it wants.
        verified: Whether names and shapes of the published parameters could be confirmed.
        notes: What else a reader of its figures must know.
        prepare: One gap-free window in physical units, its rate and modality -> the network's
            input, shape (time,).
        build: Tensors of a file, or None for the default size -> the network.
        select: Tensors as published -> those that the network holds, by its names.
        joint: Whether both modalities enter the network together.
    """

    name: str
    title: str
    paper: str
    project: str
    code_licence: str
    weights: str
    weights_licence: str
    file: str
    modalities: tuple[str, ...]
    sampling_rate: float
    seconds: float
    features: int
    architecture: str
    short: str
    verified: bool
    notes: str
    prepare: Callable[[NDArray[np.float64], float, str], NDArray[np.float64]] = field(repr=False)
    build: Callable[[Mapping[str, Tensor] | None], nn.Module] = field(repr=False)
    select: Callable[[dict[str, Tensor]], dict[str, Tensor]] = field(repr=False, default=dict)
    joint: bool = False


def without(state: Mapping[str, Tensor], *prefixes: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with none of `prefixes`: parts that do not embed."""
    return {k: v for k, v in state.items() if not k.startswith(prefixes)}


class PeerEncoder:
    """A peer with weights: published ones, or random ones as its control.

    Args:
        peer: Its facts and adapter.
        network: Its network, with the weights to use.
        kind: "peer", or "random".
    """

    def __init__(self, peer: Peer, network: nn.Module, kind: Kind = "peer"):
        self.peer, self.network = peer, network.float().eval()
        self.kind: Kind = kind
        self.name = peer.title if kind == "peer" else f"{peer.title}, untrained"
        self.sampling_rate, self.seconds = peer.sampling_rate, peer.seconds
        self.modalities, self.verified = peer.modalities, peer.verified

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return embeddings; NaN where too little was measured.

        With both modalities a joint network sees them together; others see one after the
        other, and the vectors stand side by side, ECG first.
        """
        use = usable(signals, self.modalities, self.name)
        if self.peer.joint:
            return self._together(signals, use)
        return np.concatenate([self._together(signals, [m]) for m in use], axis=1)

    def _together(self, signals: Signals, use: list[str]) -> NDArray[np.float32]:
        """Return one vector a window from these modalities."""
        found: list[tuple[list[int], NDArray[np.float32]]] = []
        for first in range(0, len(signals), CHUNK):
            found += self._chunk(signals, use, range(first, min(first + CHUNK, len(signals))))
        width = found[0][1].shape[1] if found else self.peer.features
        out = np.full((len(signals), width), np.nan, np.float32)
        for rows, vectors in found:
            out[rows] = vectors
        return out

    def _chunk(
        self, signals: Signals, use: list[str], which: range
    ) -> list[tuple[list[int], NDArray[np.float32]]]:
        """Return (windows, their vectors), batches of windows that look alike to the network."""
        groups: dict[tuple, list[tuple[int, list[NDArray]]]] = {}
        for i in which:
            rows = {m: self._input(signals, m, i) for m in use}
            there = tuple(m for m in use if rows[m] is not None)
            parts = [x for x in rows.values() if x is not None]
            if parts:
                groups.setdefault((there, len(parts[0])), []).append((i, parts))
        out = []
        for (there, _), members in groups.items():
            places = tuple(_place(signals, m) for m in there)
            for first in range(0, len(members), BATCH):
                batch = members[first : first + BATCH]
                x = np.stack([np.stack(parts) for _, parts in batch])
                out.append(([i for i, _ in batch], self._run(x, places)))
        return out

    def _input(self, signals: Signals, modality: str, i: int) -> NDArray[np.float32] | None:
        series = signals.series[modality]
        x = preprocess.measured(series.samples[i], series.sampling_rate)
        if x is None:
            return None
        x = x[: max(round(self.peer.seconds * series.sampling_rate), 1)]
        return self.peer.prepare(x, series.sampling_rate, modality).astype(np.float32)

    def _run(self, x: NDArray[np.float32], places: tuple[int, ...]) -> NDArray[np.float32]:
        import torch

        with torch.no_grad():
            return self.network(torch.from_numpy(x), places).numpy()


def _place(signals: Signals, modality: str) -> int:
    """Return the channel that a modality is among twelve leads and PPG; lead II if unknown."""
    if modality == "ppg":
        return len(LEADS)
    lead = signals.series[modality].lead
    return LEADS.index(lead) if lead in LEADS else LEADS.index("II")


def load(peer: Peer, path: Path) -> PeerEncoder:
    """Return a peer with the weights of a file.

    Raises:
        ModelError: The file is absent, unsafe, damaged, or does not fit the architecture.
    """
    where = f"{peer.weights} (file {peer.file}; licence of the weights: {peer.weights_licence})"
    tensors = read_tensors(path, peer.title, where)
    try:
        state = peer.select(tensors)
        network = peer.build(state)
    except (KeyError, ValueError, IndexError, ZeroDivisionError):
        # Not even the tensors that tell its size: say what a network of the usual size lacks.
        state, network = tensors, peer.build(None)
    load_strict(network, state, peer.title, path)
    return PeerEncoder(peer, network)


def untrained(peer: Peer, seed: int = 0) -> PeerEncoder:
    """Return a peer's architecture with random weights: what training adds is the difference."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = peer.build(None)
    return PeerEncoder(peer, network, "random")
