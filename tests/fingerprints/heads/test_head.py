"""A head on a disk: parity with what was fitted, abstention, answers."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark.heads import export
from cardioprint.errors import ModelError, UnknownNameError, UnsafeFileError
from cardioprint.fingerprints.heads import shelf
from cardioprint.fingerprints.heads.answer import log_odds, together
from cardioprint.fingerprints.heads.head import Head
from small_heads import FEATURES, made, prints, rows


@pytest.fixture(scope="module", params=["number", "labels", "classes"])
def fitted(request, tmp_path_factory):
    head = made(request.param)
    return head, Head(export.save(head, tmp_path_factory.mktemp("heads") / "small"))


def typical(n=8, seed=1):
    return rows("number", seed).vectors[:n]


def test_the_graph_equals_the_fitted_head(fitted):
    head, written = fitted
    x = np.concatenate([rows("number", 5).vectors, 30 * rows("number", 6).vectors])
    expected = head.fitted.predict(x).reshape(len(x), -1)
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(written(x).output, expected, atol=1e-5 * scale)


def test_the_graph_fills_in_what_is_missing_as_the_head_does(fitted):
    head, written = fitted
    x = typical()
    x[::2, 3] = np.nan
    expected = head.fitted.predict(x).reshape(len(x), -1)
    np.testing.assert_allclose(written(x).output, expected, rtol=1e-5, atol=1e-5)


def test_replicates_surround_the_head(fitted):
    head, written = fitted
    if head.card.kind == "number":
        assert written(typical()).replicates is None
        return
    out = written(typical(40))
    assert out.replicates is not None
    assert out.replicates.shape == (40, 6, len(head.card.outputs))
    gap = log_odds(out.replicates).mean(axis=1) - log_odds(out.output)
    assert np.abs(np.median(gap)) < 0.5
    if head.card.kind == "classes":
        np.testing.assert_allclose(out.replicates.sum(axis=2), 1, atol=1e-5)


def test_own_people_are_near_and_others_far(fitted):
    _, written = fitted
    limit = written.card.applicability.distance
    near = (written(rows("number", 0).vectors).distance <= limit).mean()
    assert near > 0.95
    far = 8 * np.random.default_rng(0).normal(size=(50, FEATURES)).astype(np.float32)
    assert (written(far).distance > limit).all()
    assert not (written(np.full((1, FEATURES), 1e30, np.float32)).distance <= limit).any()


def test_an_answer_has_an_interval_about_its_value(fitted):
    _, written = fitted
    answer = written.answer(prints(typical()))
    assert answer.why == "" and answer.used == answer.windows == 8
    for low, value, high in zip(answer.low, answer.value, answer.high, strict=True):
        assert low <= value <= high
    if written.card.kind == "classes":
        assert sum(answer.value) == pytest.approx(1) and sum(answer.shares) == pytest.approx(1)


def test_windows_that_are_unlike_are_left_out_and_counted(fitted):
    _, written = fitted
    x = typical()
    x[:3] = 50
    answer = written.answer(prints(x))
    assert answer.used == 5 and sum(answer.abstained.values()) == 3
    x[:5] = 50
    silent = written.answer(prints(x))
    assert "unlike" in silent.why and silent.value == () and silent.used == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"used": (True, True)}, "a fingerprint of ecg.ppg"),
        ({"used": (True, False)}, "a fingerprint of ecg"),
        ({"used": (False, False)}, "no signal good enough"),
        ({"quality": 0.2}, "quality"),
    ],
)
def test_why_it_keeps_silent(fitted, change, said):
    import re

    _, written = fitted
    answer = written.answer(prints(typical(), **change))
    assert re.search(said, answer.why) and answer.value == ()


def test_windows_shorter_than_it_learnt_from(fitted):
    _, written = fitted

    def lasting(*seconds):
        made = np.array([[np.nan, s] for s in seconds], np.float32)
        return replace(prints(typical()), seconds=made)

    short = written.answer(lasting(*[2.1] * 8))
    assert "shorter than 10.0 s" in short.why and short.unchecked == ()
    last = written.answer(lasting(*[10.0] * 7, 4.0))
    assert last.used == 7 and last.unchecked == ()


def test_limits_that_cannot_be_checked_are_named(fitted):
    _, written = fitted
    answer = written.answer(prints(typical()))
    assert answer.why == ""
    assert answer.unchecked == ("seconds of signal: not in the fingerprint file",)


def test_a_vector_that_is_not_finite_is_no_window(fitted):
    _, written = fitted
    x = typical()
    x[0, 0] = np.nan
    assert written.answer(prints(x)).used == 7


def test_an_empty_record_and_other_models(fitted):
    _, written = fitted
    assert "too short" in written.answer(prints(np.zeros((0, FEATURES)))).why
    with pytest.raises(ModelError, match="belongs to made-12345678"):
        written.answer(prints(typical(), model="other-1"))
    with pytest.raises(ModelError, match="features"):
        written(np.zeros((2, FEATURES + 1), np.float32))


def test_leads(tmp_path):
    head = Head(export.save(made("number", "ecg", leads=("I", "II")), tmp_path / "small"))
    of = prints(typical(), used=(True, False))

    def of_lead(lead):
        return head.answer(replace(of, places=(lead, "")))

    assert of_lead("MLII").why == "" == of_lead("II").why
    assert "lead V1" in of_lead("V1").why
    assert "ECG lead: the recording does not name it" in of_lead("").unchecked
    assert not any("lead" in u for u in of_lead("II").unchecked)
    assert "ECG lead: not in the fingerprint file" in head.answer(of).unchecked


def test_files_that_are_not_the_released_ones(tmp_path):
    head = made("number")
    folder = export.save(head, tmp_path / "small")
    swapped = made("number", replicates=7)
    (folder / "head.onnx").write_bytes(_nudged(head.graph))
    with pytest.raises(ModelError, match="SHA-256"):
        Head(folder)
    (folder / "head.onnx").unlink()
    with pytest.raises(ModelError, match=r"no head\.onnx"):
        Head(folder)
    outside = tmp_path / "elsewhere.onnx"
    outside.write_bytes(swapped.graph)
    (folder / "head.onnx").symlink_to(outside)
    with pytest.raises(UnsafeFileError, match="link"):
        Head(folder)


def _nudged(graph: bytes) -> bytes:
    """Return the graph with one weight changed."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(graph)
    tensor = next(t for t in model.graph.initializer if t.name == "offset")
    tensor.raw_data = np.float32([60]).tobytes()
    return model.SerializeToString()


def test_the_shelf(tmp_path):
    folder = export.save(made("number"), tmp_path / "small")
    assert shelf.local([tmp_path]) == shelf.local([folder]) == [folder]
    assert shelf.find(str(folder)).card.name == "small"
    with pytest.raises(UnknownNameError, match="known"):
        shelf.find("../../etc")
    with pytest.raises(ModelError, match="holds no head"):
        shelf.local([tmp_path / "nothing"])


def test_windows_are_averaged_as_log_odds():
    p = np.array([[0.5], [0.9], [0.9]])
    assert together(p, sums=False)[0] == pytest.approx(1 / (1 + 9 ** (-2 / 3)))
    q = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    np.testing.assert_allclose(together(q, sums=True), q[0])


def test_a_number_never_lies_below_its_lowest(tmp_path):
    head = made("number")
    card = replace(head.card, interval=replace(head.card.interval, lowest=49.0, below=-100.0))
    written = Head(export.save(replace(head, card=card), tmp_path / "small"))
    answer = written.answer(prints(typical()))
    assert answer.low == (49.0,) and answer.value[0] >= 49.0
