"""The contract of every task of the benchmark."""

from dataclasses import fields

import numpy as np
import pytest

from cardioprint.benchmark.figures import figures
from cardioprint.benchmark.heads.base import checked, outer_folds
from cardioprint.benchmark.probe import averaged
from cardioprint.benchmark.report_page.standing import NO_CLAIM
from cardioprint.benchmark.tasks.catalogue import TASKS, task_named
from cardioprint.datasets.development import DEVELOPMENT
from cardioprint.datasets.tables import TABLES
from cardioprint.errors import UnknownNameError

PROBES = {name: task for name, task in TASKS.items() if task.family == "probe"}


@pytest.mark.parametrize("name", TASKS)
def test_facts_are_complete_and_names_agree(name):
    task = TASKS[name]
    assert task.name == name and name.isidentifier()
    assert task.title and task.title == task.title.strip()
    for part in fields(task.facts):
        text = getattr(task.facts, part.name)
        assert text == text.strip() and len(text) > 5, part.name
    assert set(task.tables) <= set(TABLES)


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_says_what_it_measures(name):
    task = PROBES[name]
    assert figures(task.kind, task.measure, np.arange(9))[0].name == task.measure
    assert ("MAE, " in task.measure) == (task.kind == "number")
    assert (task.kind == "number") == (not task.classes)
    assert task.tables and task.seeds >= 1
    assert all(set(i) <= {"ecg", "ppg"} and len(set(i)) == len(i) for i in task.inputs)
    assert not (task.by_person and task.robust)  # disturbances are judged window by window
    # Nothing is claimed that no network was trained on.
    words = " ".join((task.title, *vars(task.facts).values())).lower()
    assert task.supervised or any(word in words for word in NO_CLAIM)


@pytest.mark.parametrize("name", PROBES)
def test_quick_rows_keep_the_protocol(name, shared_data):
    task = PROBES[name]
    rows = task.load(True)
    n = len(rows)
    assert n == len(rows.signals) == len(rows.target) > 30
    assert np.isfinite(rows.target).all()
    for values in (*rows.metadata.values(), *rows.groups.values(), *rows.guesses.values()):
        assert len(values) == n
    for inputs in task.inputs:
        assert set(inputs) <= set(rows.signals.series)
    assert set(task.known) <= set(rows.signals.known)
    y, subject = rows.target, rows.subject
    if task.by_person:
        y, subject = averaged(y, subject), np.unique(subject)
    y = y if task.kind == "number" else y.round().astype(int)
    checked(np.zeros((len(y), 1)), y, subject, task.kind)
    if task.kind == "classes":
        assert set(np.unique(y)) == set(range(len(task.classes)))
    elif task.kind == "labels":
        assert y.reshape(len(y), -1).shape[1] == len(task.classes)
        assert (y.reshape(len(y), -1).min(axis=0) < y.reshape(len(y), -1).max(axis=0)).all()
    for train, test in outer_folds(y, subject, task.kind):
        assert not set(subject[train]) & set(subject[test])
    for data in rows.data:
        assert data.name in DEVELOPMENT and len(data.sha256) == 16 and data.licence
        assert 0 <= data.abstained < data.rows


def test_no_recording_is_there_under_two_names(shared_data):
    from cardioprint.benchmark.checks import same_windows
    from cardioprint.benchmark.tasks import sources

    found = sources.ppg_bp(False)
    assert found.data.people == 155
    assert not {r["record"] for r in found.rows} & {"23_3", "24_1"}
    ages = averaged(found.column("age"), found.subject)
    assert len(ages) >= 154 and 35.5 not in ages  # the mean of 23 and 24, who are 25 and 46
    five = sources.five_class(False)
    assert not any(r["record"].endswith("E07510") for r in five.rows)
    for table, modality in ((found, "ppg"), (five, "ecg")):
        windows = table.signals.series[modality].samples
        assert same_windows(windows, table.subject).verdict == "pass"


def test_an_age_of_over_89_is_no_target_and_ninety_where_it_is_known(shared_data):
    from cardioprint.benchmark.tasks import sources
    from cardioprint.benchmark.tasks.excerpts import ages

    found = sources.five_class(False)
    assert np.nanmax(ages(found)) <= 90 and np.nanmax(found.signals.known["age"]) <= 90
    over = np.flatnonzero([r["age"] == 300 for r in found.rows])
    assert np.isnan(ages(found)[over]).all() and (found.signals.known["age"][over] == 90).all()


def test_an_unknown_task_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="five_class_ptb_xl"):
        task_named("nothing")
