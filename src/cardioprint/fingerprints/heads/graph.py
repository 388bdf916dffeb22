"""A session of a head's graph, which was checked first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ModelError
from cardioprint.fingerprints.heads.layout import DISTANCE, INPUT, OUTPUT, REPLICATES
from cardioprint.fingerprints.heads.onnx_bytes import check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.fingerprints.heads.card import Card


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a graph says of some fingerprints.

    Attributes:
        output: float32, shape (window, output): mended probabilities, or the number.
        distance: float32, shape (window,): from the training people; about 1 among them.
        replicates: float32, shape (window, replicate, output); None for numbers.
    """

    output: NDArray[np.float32]
    distance: NDArray[np.float32]
    replicates: NDArray[np.float32] | None


class Graph:
    """A checked graph, ready to be asked.

    Args:
        content: Of the file.
        card: What the graph has to be.
        where: File, for messages.

    Raises:
        UnsafeFileError: It is not one of the graphs that this release writes.
        ModelError: ONNX Runtime cannot load it.
    """

    def __init__(self, content: bytes, card: Card, where: object):
        import onnxruntime

        check(content, card, where)
        self._card, self._where = card, where
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session: Any = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            self(np.zeros((1, card.features), np.float32))
        except ModelError:
            raise
        except Exception as error:  # whatever ONNX Runtime finds wrong with it
            raise ModelError(
                f"{where} does not run ({str(error)[:200]}). Fix: fit the head again"
            ) from None

    def __call__(self, vectors: NDArray[np.float32]) -> Outputs:
        """Return what the graph says of fingerprints of shape (window, feature).

        Raises:
            ModelError: What comes out has another shape than the card says.
        """
        card, n = self._card, len(vectors)
        names = [OUTPUT, DISTANCE] + [REPLICATES] * (card.kind != "number")
        found = self._session.run(names, {INPUT: np.ascontiguousarray(vectors, np.float32)})
        shapes = [(n, len(card.outputs)), (n, 1)]
        if card.kind != "number":
            shapes.append((n * card.interval.replicates, len(card.outputs)))
        if [f.shape for f in found] != shapes:
            raise ModelError(f"{self._where} is not the graph of its card. Fix: fit it again")
        many = None
        if card.kind != "number":
            many = found[2].reshape(n, card.interval.replicates, len(card.outputs))
        return Outputs(output=found[0], distance=found[1][:, 0], replicates=many)
