"""All published encoders that cardioprint can be compared with: one plain dictionary."""

from __future__ import annotations

from pathlib import Path

from cardioprint.benchmark.peers import base
from cardioprint.benchmark.peers.anyppg import ANYPPG
from cardioprint.benchmark.peers.base import Peer, PeerEncoder
from cardioprint.benchmark.peers.csfm import CSFM_TINY
from cardioprint.benchmark.peers.ecgfounder import ECGFOUNDER
from cardioprint.benchmark.peers.general import CHRONOS_BOLT, MOMENT
from cardioprint.benchmark.peers.hubert_ecg import HUBERT_ECG
from cardioprint.benchmark.peers.openecg import OPENECG, installed
from cardioprint.benchmark.peers.papagei import PAPAGEI_P, PAPAGEI_S
from cardioprint.benchmark.peers.pulse_ppg import PULSE_PPG
from cardioprint.errors import ModelError, UnknownNameError

PEERS: dict[str, Peer] = {
    "papagei_s": PAPAGEI_S,
    "papagei_p": PAPAGEI_P,
    "anyppg": ANYPPG,
    "pulse_ppg": PULSE_PPG,
    "ecgfounder": ECGFOUNDER,
    "hubert_ecg": HUBERT_ECG,
    "csfm": CSFM_TINY,
    "moment": MOMENT,
    "chronos_bolt": CHRONOS_BOLT,
    "openecg": OPENECG,
}
"""Peers by name."""


def find(name: str) -> Peer:
    """Return the facts of a peer.

    Raises:
        UnknownNameError: There is none of this name.
    """
    if name not in PEERS:
        raise UnknownNameError("peer", name, PEERS)
    return PEERS[name]


def load_peer(name: str, path: str | Path | None = None) -> PeerEncoder:
    """Return a published encoder with its weights.

    Args:
        name: Key of `PEERS`.
        path: The authors' file; nothing is ever downloaded. OpenECG alone can do without: the
            file of the installed package is used.

    Raises:
        UnknownNameError: No such peer.
        ModelError: No path, or a file that is absent, unsafe, damaged or not this model's.
    """
    peer = find(name)
    if path is None and peer is OPENECG:
        path = installed()
    if path is None:
        raise ModelError(
            f"{peer.title}: no weights given; they are not part of cardioprint. Fix: get "
            f"{peer.file} from {peer.weights} (licence of the weights: {peer.weights_licence}), "
            "and give the path"
        )
    return base.load(peer, Path(path))


def untrained_peer(name: str, seed: int = 0) -> PeerEncoder:
    """Return a peer's architecture with random weights.

    Raises:
        UnknownNameError: No such peer.
    """
    return base.untrained(find(name), seed)
