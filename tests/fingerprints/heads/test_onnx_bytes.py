"""Graphs of strangers: refused before anything runs them."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.errors import UnsafeFileError
from cardioprint.fingerprints.heads.onnx_bytes import MOST_BYTES, check
from small_heads import made

onnx = pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def head():
    return made("classes")


@pytest.fixture
def model(head):
    return onnx.load_from_string(head.graph)


def refuses(content, card, said):
    with pytest.raises(UnsafeFileError, match=said):
        check(content, card, "head.onnx")


@pytest.mark.parametrize("kind", ["number", "labels", "classes"])
def test_our_own_pass(kind):
    head = made(kind)
    check(head.graph, head.card, "head.onnx")
    onnx.checker.check_model(onnx.load_from_string(head.graph))


def test_every_truncation_is_refused(head):
    for length in range(0, len(head.graph), 97):
        with pytest.raises(UnsafeFileError):
            check(head.graph[:length], head.card, "head.onnx")


def test_random_damage_never_raises_anything_else(head):
    rng = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(head.graph)
        for at in rng.integers(0, len(content), 3):
            content[at] = rng.integers(0, 256)
        try:
            check(bytes(content), head.card, "head.onnx")
        except UnsafeFileError:
            continue


def test_too_large(head):
    refuses(b"x" * (MOST_BYTES + 1), head.card, "bytes")


def test_pickles_and_text(head):
    import pickle

    for content in (pickle.dumps({"a": 1}), b"#!/bin/sh\n", b"\0" * 100):
        with pytest.raises(UnsafeFileError):
            check(content, head.card, "head.onnx")


def test_data_elsewhere(head, model):
    tensor = next(t for t in model.graph.initializer if t.name == "weights")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    tensor.ClearField("raw_data")
    refuses(model.SerializeToString(), head.card, "elsewhere")


def test_another_operator(head, model):
    model.graph.node[0].op_type = "Loop"
    refuses(model.SerializeToString(), head.card, "Loop")


def test_another_domain(head, model):
    model.graph.node[0].domain = "evil"
    refuses(model.SerializeToString(), head.card, "domain")


def test_an_attribute_or_a_subgraph(head, model):
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("body", 1))
    refuses(model.SerializeToString(), head.card, "attributes")


def test_functions(head, model):
    model.functions.append(onnx.FunctionProto(name="f"))
    refuses(model.SerializeToString(), head.card, "functions")


def test_another_operator_set(head, model):
    model.opset_import[0].domain = "com.microsoft"
    refuses(model.SerializeToString(), head.card, "another set")


def test_tensors_that_would_fill_the_memory(head, model):
    tensor = next(t for t in model.graph.initializer if t.name == "middle")
    big = onnx.numpy_helper.from_array(np.zeros((60_000, 1), np.float32), "middle")
    tensor.CopyFrom(big)
    refuses(model.SerializeToString(), head.card, "middle")


def test_other_steps(head, model):
    node = model.graph.node.pop()
    refuses(model.SerializeToString(), head.card, "other steps")
    model.graph.node.extend([node, node])
    refuses(model.SerializeToString(), head.card, "other steps")


def test_a_graph_of_another_card(head):
    wider = replace(head.card, features=head.card.features + 1)
    refuses(head.graph, wider, "tensor")
    refuses(made("number").graph, head.card, "other steps")
