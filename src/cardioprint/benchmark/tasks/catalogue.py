"""All tasks of the benchmark, in the order of the report: one plain dictionary."""

from __future__ import annotations

from cardioprint.benchmark.tasks import (
    age,
    identity,
    isolated,
    person,
    reconstruction,
    retrieval,
    sex,
    stability,
    transfer,
)
from cardioprint.benchmark.tasks.alarms import ALARMS, ALARMS_VT
from cardioprint.benchmark.tasks.base import Task
from cardioprint.benchmark.tasks.blood_pressure import BLOOD_PRESSURE, DIASTOLIC, SYSTOLIC
from cardioprint.benchmark.tasks.five_class import FIVE_CLASS, FIVE_CLASS_PTB_XL
from cardioprint.benchmark.tasks.heart_rate import HEART_RATE, HEART_RATE_RUNNING
from cardioprint.benchmark.tasks.hypertension import HYPERTENSION, HYPERTENSION_VITALDB
from cardioprint.benchmark.tasks.mortality import MORTALITY
from cardioprint.benchmark.tasks.mortality_real import MORTALITY_REAL
from cardioprint.benchmark.tasks.rhythm import FIBRILLATION, RHYTHM, RHYTHM_THREE
from cardioprint.errors import UnknownNameError

_ORDER: tuple[Task, ...] = (
    reconstruction.TASK,
    retrieval.TASK,
    person.TASK,
    stability.TASK,
    identity.TASK,
    isolated.TASK,
    FIVE_CLASS_PTB_XL,
    FIVE_CLASS,
    RHYTHM,
    RHYTHM_THREE,
    FIBRILLATION,
    HYPERTENSION,
    HYPERTENSION_VITALDB,
    BLOOD_PRESSURE,
    SYSTOLIC,
    DIASTOLIC,
    MORTALITY,
    MORTALITY_REAL,
    *age.TASKS.values(),
    *sex.TASKS.values(),
    HEART_RATE,
    HEART_RATE_RUNNING,
    ALARMS,
    ALARMS_VT,
    *transfer.TASKS.values(),
)

TASKS: dict[str, Task] = {task.name: task for task in _ORDER}
"""Tasks by name."""


def task_named(name: str) -> Task:
    """Return a task.

    Raises:
        UnknownNameError: There is none of this name; the message lists the known ones.
    """
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    return TASKS[name]
