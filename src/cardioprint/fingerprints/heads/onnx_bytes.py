"""Whether a file holds the graph of a head and nothing else, before anything runs it.

A head may come from anybody. Its bytes are walked as a protocol buffer: the nodes have to be those
of `layout`, in their order and without attributes, and the tensors those that the card asks for. So
a graph cannot name files, run foreign operators, or ask for memory beyond what its card implies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cardioprint.errors import UnsafeFileError
from cardioprint.fingerprints.heads.layout import (
    FLOAT,
    INT8,
    INT64,
    OPSET,
    Step,
    steps,
    tensors,
)

if TYPE_CHECKING:
    from cardioprint.fingerprints.heads.card import Card

MOST_BYTES = 4 * 2**20
"""Of a head's graph; ours have some kB."""


def check(content: bytes, card: Card, where: object) -> None:
    """Walk the bytes of an ONNX file and make sure that it is the graph of this card.

    Raises:
        UnsafeFileError: It is too large, damaged, or holds anything else.
    """
    if not 0 < len(content) <= MOST_BYTES:
        raise _unsafe(where, f"{len(content)} bytes, a head's graph has 1 to {MOST_BYTES}")
    try:
        _check_model(memoryview(content), card)
    except _StrangeError as error:
        raise _unsafe(where, str(error)) from None


def _unsafe(where: object, what: str) -> UnsafeFileError:
    return UnsafeFileError(
        f"not a graph that this release writes: {what}",
        source=where,
        fix="fit the head again; do not use heads of people you do not trust",
    )


class _StrangeError(Exception):
    """Something that no head's graph holds."""


# Numbers of the fields in onnx.proto3.
_MODEL_GRAPH, _MODEL_OPSET = 7, 8
_MODEL_PLAIN = {1, 2, 3, 4, 5, 6, 7, 8}
_GRAPH_NODE, _GRAPH_NAME, _GRAPH_TENSOR = 1, 2, 5
_GRAPH_PLAIN = {1, 2, 5, 10, 11, 12}
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_OPERATOR = 1, 2, 3, 4
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 8, 9
_BYTES = {FLOAT: 4, INT8: 1, INT64: 8}
"""Of an element."""


def _check_model(content: memoryview, card: Card) -> None:
    graphs, opsets = [], []
    for number, value in _fields(content):
        if number not in _MODEL_PLAIN:
            raise _StrangeError(f"field {number} of the model (functions, training or metadata)")
        if number == _MODEL_GRAPH:
            graphs.append(value)
        if number == _MODEL_OPSET:
            opsets.append(dict(_fields(_part(value))))
    if len(graphs) != 1 or len(opsets) != 1:
        raise _StrangeError(f"{len(graphs)} graphs and {len(opsets)} operator sets")
    if _text(opsets[0].get(1, b"")) or opsets[0].get(2) != OPSET:
        raise _StrangeError("operators of another set")
    nodes: list[Step] = []
    held: dict[str, tuple[int, tuple[int, ...]]] = {}
    for number, value in _fields(_part(graphs[0])):
        if number not in _GRAPH_PLAIN:
            raise _StrangeError(f"field {number} of the graph")
        if number == _GRAPH_NODE:
            nodes.append(_node(_part(value)))
        if number == _GRAPH_TENSOR:
            name, about = _tensor(_part(value))
            if name in held:
                raise _StrangeError(f"two tensors {name!r}")
            held[name] = about
    if tuple(nodes) != steps(card.kind):
        known = {step[0] for step in steps(card.kind)}
        strange = next((n[0] for n in nodes if n[0] not in known), "")
        raise _StrangeError(f"operator {strange!r}" if strange else "other steps")
    axes = held.get("axes", (0, (0, 0)))[1]
    wanted = tensors(card, axes[-1] if axes else 0)
    if wrong := sorted(n for n in {*held, *wanted} if held.get(n) != wanted.get(n)):
        raise _StrangeError(f"tensor {wrong[0]!r} is not the one that the card asks for")


def _node(content: memoryview) -> Step:
    inputs, output, operator = [], "", ""
    for number, value in _fields(content):
        if number == _NODE_INPUT:
            inputs.append(_text(value))
        elif number == _NODE_OUTPUT and not output:
            output = _text(value)
        elif number == _NODE_OPERATOR:
            operator = _text(value)
        elif number != _NODE_NAME:
            raise _StrangeError(f"operator {operator!r} with attributes or of another domain")
    return operator, tuple(inputs), output


def _tensor(content: memoryview) -> tuple[str, tuple[int, tuple[int, ...]]]:
    """Return a tensor's name, type and shape."""
    dims: list[int] = []
    name, held, kind = "", 0, 0
    for number, value in _fields(content):
        if number == _TENSOR_DIMS:  # packed or one by one
            dims += [value] if isinstance(value, int) else list(_numbers(value))
        elif number == _TENSOR_TYPE and isinstance(value, int):
            kind = value
        elif number == _TENSOR_RAW:
            held = len(_part(value))
        elif number == _TENSOR_NAME:
            name = _text(value)
        else:
            raise _StrangeError("a tensor whose data lie elsewhere")
    if held != math.prod(dims) * _BYTES.get(kind, -1):
        raise _StrangeError(f"tensor {name!r} of another type or size")
    return name, (kind, tuple(dims))


def _part(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _StrangeError("a number where something longer belongs")
    return value


def _text(value: int | memoryview | bytes) -> str:
    if isinstance(value, int) or len(value) > 200:
        raise _StrangeError("a name that is none")
    try:
        return str(bytes(value), "ascii")
    except UnicodeDecodeError:
        raise _StrangeError("a name that is none") from None


def _fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (number, value) of the fields of a protocol buffer."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        if key & 7 == 0:
            value, at = _varint(content, at)
            yield key >> 3, value
        elif key & 7 == 2:
            length, at = _varint(content, at)
            if length > len(content) - at:
                raise _StrangeError("it ends too early")
            yield key >> 3, content[at : at + length]
            at += length
        else:
            raise _StrangeError("a field of another type")


def _numbers(content: memoryview) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(content) or shift > 63:
            raise _StrangeError("it is damaged")
        byte = content[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
