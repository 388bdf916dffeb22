import numpy as np
import pytest

from cardioprint.models.masking import BLOCK, complementary, single


def shown(at, patches=50):
    out = np.zeros((len(at), patches), bool)
    np.put_along_axis(out, at, True, axis=1)
    assert (out.sum(axis=1) == at.shape[1]).all()  # no patch named twice
    return out


@pytest.mark.parametrize("ratio", (0.7, 0.75, 0.8, 0.9))
@pytest.mark.parametrize("patches", (50, 100))
def test_at_least_the_ratio_is_hidden_and_nothing_coincides(ratio, patches):
    ecg, ppg = complementary(np.random.default_rng(0), 200, patches, mask_ratio=ratio)
    a, b = shown(ecg, patches), shown(ppg, patches)
    assert not (a & b).any()
    visible = (a.sum(axis=1) + b.sum(axis=1)) / (2 * patches)
    assert (visible <= 1 - ratio + 1e-9).all()
    assert (visible > 1 - ratio - 2 * BLOCK / patches).all()  # and not much more than that
    assert len(np.unique(a.sum(axis=1))) == len(np.unique(b.sum(axis=1))) == 1


@pytest.mark.parametrize("ratio", (0.7, 0.8))
def test_one_modality_alone_is_hidden_as_much_in_total(ratio):
    at = shown(single(np.random.default_rng(0), 200, 50, mask_ratio=ratio))
    assert (at.sum(axis=1) / 100 <= 1 - ratio + 1e-9).all()
    assert len(np.unique(at.sum(axis=1))) == 1


def test_what_is_visible_comes_in_blocks():
    for at in (
        *complementary(np.random.default_rng(1), 100, 50),
        single(np.random.default_rng(1), 100, 50),
    ):
        row = shown(at)
        edges = (row != np.roll(row, 1, axis=1)).sum(axis=1)  # on a circle: blocks may wrap
        assert (row.sum(axis=1) / np.maximum(edges / 2, 1) >= BLOCK).all()
        assert (np.diff(at, axis=1) > 0).all()


def test_the_generator_alone_decides():
    a = complementary(np.random.default_rng(5), 8, 50)
    b = complementary(np.random.default_rng(5), 8, 50)
    c = complementary(np.random.default_rng(6), 8, 50)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a[0], c[0])


def test_every_patch_gets_its_turn_and_rows_differ():
    ecg, ppg = complementary(np.random.default_rng(0), 2000, 50)
    for at in (ecg, ppg, single(np.random.default_rng(0), 2000, 50)):
        share = shown(at).mean(axis=0)
        assert share.max() / share.min() < 1.3
        assert len(np.unique(at, axis=0)) > 50
