"""A fitted head as the ONNX graph that `fingerprints.heads.layout` lays out."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.calibration import EDGE
from cardioprint.benchmark.heads.base import CLIP
from cardioprint.errors import CardioprintError
from cardioprint.fingerprints.heads import layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.heads.calibrated import Map
    from cardioprint.benchmark.heads.likeness import Likeness
    from cardioprint.benchmark.heads.linear import LinearFitted

Weights = tuple["NDArray[np.floating]", "NDArray[np.floating]"]
"""Weights, shape (feature, output), and offset, shape (output,), for scaled vectors."""

IR_VERSION = 8
"""Of the file; what belongs to `layout.OPSET`."""

STEPS = 127
"""On either side of 0 in which the weights of replicates are counted."""


def need_onnx() -> None:
    """Say what is missing where graphs cannot be written.

    Raises:
        CardioprintError: The package onnx is not installed.
    """
    if find_spec("onnx") is None:
        raise CardioprintError(
            "fitting a head needs onnx. Fix: pip install 'cardioprint[train]'; heads that others "
            "fitted need nothing more"
        )


def write(
    fitted: LinearFitted,
    likeness: Likeness,
    maps: Sequence[Map] = (),
    replicates: Sequence[Weights] = (),
) -> bytes:
    """Return the graph's bytes.

    Args:
        fitted: The linear head.
        likeness: Of the same scale as the head.
        maps: From its probabilities to mended ones, each a line; none for numbers.
        replicates: Heads on resampled people, for vectors in the head's scale.

    Raises:
        CardioprintError: The package onnx is not installed.
    """
    need_onnx()
    from onnx import TensorProto, helper

    spread = fitted.scale.spread
    held: dict[str, NDArray] = {
        "middle": fitted.scale.middle[None],
        "mean": fitted.scale.mean[None],
        "inverse_spread": np.where(np.isfinite(spread), 1 / spread, 0)[None],
        "lowest": np.array(-CLIP),
        "highest": np.array(CLIP),
        "nothing": np.array(0.0),
        "axes": likeness.axes,
        "excess": likeness.excess[:, None],
        "evenly": np.full((len(spread), 1), likeness.evenly),
        "weights": fitted.weights,
        "offset": fitted.offset[None],
    }
    held = {k: np.asarray(v, np.float32) for k, v in held.items()}
    if fitted.kind != "number":
        held |= _mending(fitted.kind, maps) | _replicates(replicates)
    features, outputs = fitted.weights.shape
    results = [(layout.OUTPUT, outputs), (layout.DISTANCE, 1)]
    if fitted.kind != "number":
        results.append((layout.REPLICATES, outputs))
    kinds = {
        np.dtype("f4"): layout.FLOAT,
        np.dtype("i1"): layout.INT8,
        np.dtype("i8"): layout.INT64,
    }
    made: Any = helper.make_graph(
        [helper.make_node(op, list(ins), [out]) for op, ins, out in layout.steps(fitted.kind)],
        "head",
        [helper.make_tensor_value_info(layout.INPUT, TensorProto.FLOAT, ["window", features])],
        [
            helper.make_tensor_value_info(
                name,
                TensorProto.FLOAT,
                ["window" if name != layout.REPLICATES else "window_and_replicate", n],
            )
            for name, n in results
        ],
        [helper.make_tensor(k, kinds[v.dtype], v.shape, v.tobytes(), raw=True) for k, v in
         held.items()],
    )  # fmt: skip
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", layout.OPSET)], producer_name="cardioprint"
    )
    model.ir_version = IR_VERSION
    return model.SerializeToString(deterministic=True)


def _mending(kind: str, maps: Sequence[Map]) -> dict[str, NDArray]:
    """Return the lines from log odds to mended ones, and where probabilities are cut off."""
    slope = np.array([[m.slope for m in maps]])
    start = np.array([[float(m.value[0]) - m.slope * float(m.at[0]) for m in maps]])
    most = float(np.log(1 - EDGE) - np.log(EDGE))
    out: dict[str, Any] = {"slope": slope, "intercept": start}
    if kind == "labels":
        out |= {"least_odds": -most, "most_odds": most}
    else:
        out |= {"least_share": EDGE, "most_share": 1 - EDGE, "one": 1.0}
    plain = {k: np.asarray(v, np.float32) for k, v in out.items()}
    return plain if kind == "labels" else plain | {"across": np.array([1], np.int64)}


def _replicates(replicates: Sequence[Weights]) -> dict[str, NDArray]:
    """Return the replicates' weights in a byte each, one step a column."""
    weights = np.concatenate([w for w, _ in replicates], axis=1)
    steps = np.maximum(np.abs(weights).max(axis=0), 1e-12) / STEPS
    outputs = replicates[0][0].shape[1]
    return {
        "replicate_counts": np.round(weights / steps).astype(np.int8),
        "replicate_steps": steps.astype(np.float32),
        "replicate_offsets": np.concatenate([o for _, o in replicates])[None].astype(np.float32),
        "one_each": np.array([-1, outputs], np.int64),
    }
