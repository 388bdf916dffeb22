"""What every head promises: people apart, missing values, shapes, chance, the same answer twice."""

import numpy as np
import pytest

from cardioprint.benchmark import probes
from cardioprint.benchmark.heads.base import Folds, Scale, balanced, fit_folds, outer_folds
from cardioprint.benchmark.heads.catalogue import HEADS, head_named
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.trees import Trees
from cardioprint.benchmark.measures import auroc, macro
from cardioprint.errors import RecordError, UnknownNameError

pytest.importorskip("sklearn")

RNG = np.random.default_rng(0)
PEOPLE = 60
SUBJECT = np.repeat([f"p{i:02}" for i in range(PEOPLE)], RNG.integers(3, 9, PEOPLE))
N = len(SUBJECT)
X = RNG.normal(size=(N, 4)).astype(np.float32)
CLASS = np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.5, 0.5])
LABELS = np.stack([X[:, 0] > 0, X[:, 1] + 0.5 * RNG.normal(size=N) > 0.8], axis=1).astype(int)
NUMBER = 60 + 10 * X[:, 0] + 3 * X[:, 1]
TRUTH = {"classes": CLASS, "labels": LABELS, "number": NUMBER}
ONES = np.ones(N)


@pytest.fixture(params=sorted(HEADS))
def head(request):
    # Small trees find what is hidden here, in a tenth of the time.
    return (
        Trees(leaves=(4,), stages=(0, 20, 40)) if request.param == "trees" else HEADS[request.param]
    )


@pytest.mark.parametrize("kind", ["classes", "labels", "number"])
def test_a_simple_truth_is_found_in_other_people(head, kind):
    found = head.fit_predict(X, TRUTH[kind], SUBJECT, kind)
    if kind == "number":
        assert found.shape == (N,)
        constant = np.abs(probes.constant(NUMBER, SUBJECT) - NUMBER).mean()
        assert np.abs(found - NUMBER).mean() < 0.7 * constant
        return
    assert found.shape == ((N, 3) if kind == "classes" else LABELS.shape)
    assert ((found > 0) & (found < 1)).all()
    assert macro(auroc)(found, TRUTH[kind])(ONES) > 0.85
    if kind == "classes":
        assert found.sum(axis=1) == pytest.approx(ONES)


def test_a_single_label_keeps_its_shape(head):
    found = head.fit_predict(X, LABELS[:, 0], SUBJECT, "labels")
    assert found.shape == (N,)
    assert auroc(found, LABELS[:, 0])(ONES) > 0.9


def test_labels_without_meaning_give_chance(head):
    rng = np.random.default_rng(5)
    areas = []
    for seed in range(3):
        label = (rng.random(PEOPLE) < 0.4).astype(int)[np.unique(SUBJECT, return_inverse=True)[1]]
        areas.append(auroc(head.fit_predict(X, label, SUBJECT, "labels", seed), label)(ONES))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.12)


def test_a_person_is_never_predicted_by_a_head_that_saw_them(head):
    # Each person is one point far from the others, with a label of its own: whoever has seen the
    # person knows the label, nobody else can.
    rng = np.random.default_rng(1)
    person = np.unique(SUBJECT, return_inverse=True)[1]
    x = rng.normal(size=(PEOPLE, 20))[person] + 0.01 * rng.normal(size=(N, 20))
    label = rng.permutation(np.arange(PEOPLE) % 2)[person]
    assert auroc(head.fit_predict(x, label, SUBJECT, "labels"), label)(ONES) < 0.7
    seen = head.fit(x, label, SUBJECT, "labels").predict(x)
    assert auroc(seen, label)(ONES) > auroc(head.fit_predict(x, label, SUBJECT, "labels"), label)(
        ONES
    )


def test_missing_values_and_constant_features_are_survived(head):
    x = X.copy()
    x[RNG.random(x.shape) < 0.05] = np.nan
    x[0, 3] = np.inf
    x = np.concatenate((x, np.full((N, 1), np.nan), np.full((N, 1), 7.0)), axis=1)
    found = head.fit_predict(x, CLASS, SUBJECT, "classes")
    assert np.isfinite(found).all()
    assert macro(auroc)(found, CLASS)(ONES) > 0.85


def test_units_of_a_feature_do_not_matter(head):
    scale = 10.0 ** np.array([-5, -1, 2, 4])
    a = head.fit_predict(X, CLASS, SUBJECT, "classes")
    b = head.fit_predict(X * scale, CLASS, SUBJECT, "classes")
    assert np.abs(a - b).mean() < 0.01


def test_the_same_seed_gives_the_same_answer(head):
    a, b = (head.fit_predict(X, LABELS, SUBJECT, "labels", seed=3) for _ in range(2))
    assert np.array_equal(a, b)


def test_two_people_are_enough_for_a_fit_without_a_choice(head):
    few = np.flatnonzero(np.isin(SUBJECT, ["p00", "p01"]))
    label = (np.arange(len(few)) % 2).astype(int)
    found = head.fit(X[few], label, SUBJECT[few], "labels").predict(X)
    assert found.shape == (N,) and np.isfinite(found).all()
    alone = SUBJECT == "p00"
    found = head.fit(X[alone], NUMBER[alone], SUBJECT[alone], "number").predict(X)
    assert np.isfinite(found).all()


def test_a_class_that_was_never_seen_is_improbable(head):
    known = CLASS < 2
    folds = [(np.flatnonzero(known), np.flatnonzero(~known))]
    found = fit_folds(head, X, CLASS, SUBJECT, "classes", folds=folds).predict(X)[~known]
    assert found.shape[1] == 3
    assert (found[:, 2] < 0.05).all()


@pytest.mark.parametrize(
    ("x", "y", "subject", "kind", "said"),
    [
        (X, CLASS[:-1], SUBJECT, "classes", "labels"),
        (X[:, 0], CLASS, SUBJECT, "classes", "shape"),
        (X, CLASS + 0.5, SUBJECT, "classes", "integers"),
        (X, CLASS, SUBJECT, "labels", "0 or 1"),
        (X, np.where(CLASS == 0, np.nan, 1.0), SUBJECT, "number", "finite"),
        (X[:0], CLASS[:0], SUBJECT[:0], "classes", "nothing"),
        (X, LABELS, SUBJECT, "number", "shape"),
        (X, CLASS, SUBJECT, "sorts", "kind"),
        (X, CLASS, np.repeat("a", N), "classes", "people"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(x, y, subject, kind, said):
    with pytest.raises(RecordError, match=said):
        Linear().fit_predict(x, y, subject, kind)


def test_other_features_or_rows_than_learnt_are_refused(head):
    folds = fit_folds(head, X, CLASS, SUBJECT, "classes")
    with pytest.raises(RecordError, match="features"):
        folds.predict(X[:, :3])
    with pytest.raises(RecordError, match="rows"):
        folds.predict(X[:-1])


def test_an_unknown_head_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="knn, linear, trees"):
        head_named("forest")
    assert head_named("linear") is HEADS["linear"]


def test_folds_hold_every_label_and_judge_other_vectors_of_the_same_rows():
    for train, test in outer_folds(LABELS, SUBJECT, "labels"):
        assert not set(SUBJECT[train]) & set(SUBJECT[test])
        assert (LABELS[test].sum(axis=0) > 0).all()
    folds = fit_folds(Linear(), X, LABELS, SUBJECT, "labels")
    assert isinstance(folds, Folds) and len(folds.heads) == probes.FOLDS
    noisy = X + RNG.normal(size=X.shape)
    clean_area = macro(auroc)(folds.predict(X), LABELS)(ONES)
    assert 0.6 < macro(auroc)(folds.predict(noisy), LABELS)(ONES) < clean_area


def test_rows_are_balanced_by_their_rarest_label():
    y = np.array([[1, 0], [1, 1], [0, 0], [1, 0]])
    assert balanced(y, "labels").tolist() == [1, 2, 0, 1]
    assert balanced(np.array([0.3]), "number") is None


def test_scale_learns_from_its_rows_alone_and_cuts_off():
    scale = Scale.of(np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]]))
    found = scale(np.array([[2.0, 9.0], [np.nan, 5.0], [1e9, 5.0]]))
    assert found[:, 0] == pytest.approx([0, 0, 6])
    assert (found[:, 1] == 0).all()  # it never varied where it was learnt


def test_hand_made_features_give_the_published_figure(shared_data):
    from cardioprint.benchmark.baselines.hand.encoder import HandMade
    from cardioprint.benchmark.tasks import five_class

    rows = five_class.load_ptb_xl(False)
    x, y = HandMade().embed(rows.signals), rows.target.astype(int)
    for name, least in (("linear", 0.79), ("knn", 0.77)):
        found = HEADS[name].fit_predict(x, y, rows.subject, "labels")
        assert macro(auroc)(found, y)(np.ones(len(y))) > least, name
