"""The graph of a head: its steps and its tensors. Written by `benchmark.heads`, read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardioprint.fingerprints.heads.card import Card

OPSET = 17
"""ONNX operator set of the graphs."""

FLOAT, INT8, INT64 = 1, 3, 7
"""Types of tensors, as ONNX numbers them."""

INPUT, OUTPUT, REPLICATES, DISTANCE = "fingerprint", "output", "replicates", "distance"
"""Names of what goes in and comes out."""

Step = tuple[str, tuple[str, ...], str]
"""Operator, inputs, output."""

SCALE: tuple[Step, ...] = (
    ("IsNaN", (INPUT,), "missing"),
    ("Where", ("missing", "middle", INPUT), "filled"),
    ("Sub", ("filled", "mean"), "centred"),
    ("Mul", ("centred", "inverse_spread"), "scaled"),
    ("Clip", ("scaled", "lowest", "highest"), "inside"),
)
"""Imputation by the median and z-scores; `inside` is what the weights see."""

AWAY: tuple[Step, ...] = (
    ("MatMul", ("scaled", "axes"), "along"),
    ("Mul", ("along", "along"), "along_squared"),
    ("MatMul", ("along_squared", "excess"), "less"),
    ("Mul", ("scaled", "scaled"), "scaled_squared"),
    ("MatMul", ("scaled_squared", "evenly"), "all_ways"),
    ("Add", ("all_ways", "less"), "squared"),
    ("Max", ("squared", "nothing"), "at_least_nothing"),
    ("Sqrt", ("at_least_nothing",), DISTANCE),
)
"""Mahalanobis distance for a covariance of a few axes beside an equal variance in all others."""

REPLICATED: tuple[Step, ...] = (
    ("DequantizeLinear", ("replicate_counts", "replicate_steps"), "replicate_weights"),
    ("MatMul", ("inside", "replicate_weights"), "replicate_sums"),
    ("Add", ("replicate_sums", "replicate_offsets"), "replicate_row"),
    ("Reshape", ("replicate_row", "one_each"), "replicate_score"),
)
"""Scores of the heads on resampled people: one row a window and head."""


def steps(kind: str) -> tuple[Step, ...]:
    """Return the steps of a head of this kind, in order."""
    raw: tuple[Step, ...] = (("MatMul", ("inside", "weights"), "sums"),)
    if kind == "number":
        return (*SCALE, *AWAY, *raw, ("Add", ("sums", "offset"), OUTPUT))
    raw = (*raw, ("Add", ("sums", "offset"), "score"))
    mend = _classes if kind == "classes" else _labels
    return (
        *SCALE,
        *AWAY,
        *raw,
        *mend("score", OUTPUT),
        *REPLICATED,
        *mend("replicate_score", REPLICATES),
    )


def _labels(score: str, out: str) -> tuple[Step, ...]:
    """Return the steps from log odds to mended probabilities."""
    return (
        ("Clip", (score, "least_odds", "most_odds"), f"{out}_odds"),
        ("Mul", (f"{out}_odds", "slope"), f"{out}_sloped"),
        ("Add", (f"{out}_sloped", "intercept"), f"{out}_mended"),
        ("Sigmoid", (f"{out}_mended",), out),
    )


def _classes(score: str, out: str) -> tuple[Step, ...]:
    """Return the steps from scores to probabilities, mended one against the others."""
    return (
        ("Softmax", (score,), f"{out}_share"),
        ("Clip", (f"{out}_share", "least_share", "most_share"), f"{out}_kept"),
        ("Log", (f"{out}_kept",), f"{out}_for"),
        ("Sub", ("one", f"{out}_kept"), f"{out}_rest"),
        ("Log", (f"{out}_rest",), f"{out}_against"),
        ("Sub", (f"{out}_for", f"{out}_against"), f"{out}_odds"),
        ("Mul", (f"{out}_odds", "slope"), f"{out}_sloped"),
        ("Add", (f"{out}_sloped", "intercept"), f"{out}_mended"),
        ("Sigmoid", (f"{out}_mended",), f"{out}_each"),
        ("ReduceSum", (f"{out}_each", "across"), f"{out}_total"),
        ("Div", (f"{out}_each", f"{out}_total"), out),
    )


def tensors(card: Card, axes: int) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Return what the graph of a card holds: ONNX type and shape by name.

    Args:
        card: Of the head.
        axes: Directions in which the training people's distance differs from the even one.
    """
    features, outputs, row = card.features, len(card.outputs), (1, card.features)
    out: dict[str, tuple[int, tuple[int, ...]]] = {}
    out |= dict.fromkeys(("middle", "mean", "inverse_spread"), (FLOAT, row))
    out |= dict.fromkeys(("lowest", "highest", "nothing"), (FLOAT, ()))
    out |= {"axes": (FLOAT, (features, axes)), "excess": (FLOAT, (axes, 1))}
    out |= {"evenly": (FLOAT, (features, 1)), "offset": (FLOAT, (1, outputs))}
    out["weights"] = (FLOAT, (features, outputs))
    if card.kind == "number":
        return out
    many = card.interval.replicates * outputs
    out |= dict.fromkeys(("slope", "intercept"), (FLOAT, (1, outputs)))
    out |= {"replicate_counts": (INT8, (features, many)), "replicate_steps": (FLOAT, (many,))}
    out |= {"replicate_offsets": (FLOAT, (1, many)), "one_each": (INT64, (2,))}
    if card.kind == "labels":
        return out | dict.fromkeys(("least_odds", "most_odds"), (FLOAT, ()))
    out |= dict.fromkeys(("least_share", "most_share", "one"), (FLOAT, ()))
    return out | {"across": (INT64, (1,))}
