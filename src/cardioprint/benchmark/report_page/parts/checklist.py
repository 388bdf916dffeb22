"""A checklist after TRIPOD+AI (Collins 2024, BMJ 385:e078378), in our words.

Each line says where in the report an item is met, or that it is not.
"""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.report import Report, Section

State = str
YES, PARTLY, NO = "yes", "partly", "no"
ROLES = {YES: "good", PARTLY: "warn", NO: "bad"}


def items(report: Report) -> list[tuple[str, State, str]]:
    """Return (item, state, where or why) for this report."""
    loaded = report.loaded
    tasks = loaded.tasks
    scores = [s for t in tasks for s in t.scores]
    calibrated = sum(bool(t.reliability) for t in tasks)
    grouped = sum(bool(t.subgroups) for t in tasks)
    audited = sum(bool(t.audit) for t in tasks)
    described = sum(bool(t.facts.get("people")) for t in tasks)
    intervals = sum(s.low == s.low for s in scores)

    def share(n: int, of: int, words: str) -> tuple[State, str]:
        state = NO if n == 0 else YES if n == of else PARTLY
        return state, f"{n} of {of} {words}"

    return [
        ("Aim and kind of study", YES, "What this is: reading labels out of frozen vectors"),
        ("Source of data, licence, digest", YES if loaded.run.data else NO, "Data card"),
        ("Who the people are", *share(described, len(tasks), "tasks say so")),
        ("Outcome and how it was judged", YES if tasks else NO, "Facts of each task"),
        (
            "Predictors and their preparation",
            YES,
            "Inputs of each task; preparation is package code",
        ),
        ("Sample size", PARTLY, "People and rows of every figure; no calculation beforehand"),
        ("Missing data", YES, "Abstained rows are counted and left out for every encoder"),
        ("Separation of learning and testing", *share(audited, len(tasks), "tasks audited")),
        ("Model, head and choice of penalties", YES, "Protocol; model card"),
        (
            "Comparison with simpler methods",
            YES if len({s.encoder for s in scores}) > 1 else NO,
            "Every task, side by side",
        ),
        ("Discrimination with intervals", *share(intervals, len(scores), "figures have one")),
        ("Calibration", *share(calibrated, len(tasks), "tasks")),
        ("Usefulness for decisions", NO, "No decision curve: nothing here is meant for decisions"),
        ("Fairness and subgroups", *share(grouped, len(tasks), "tasks")),
        (
            "External validation",
            PARTLY,
            "Public sets that pretraining did not use; see the audit for shared people",
        ),
        ("Multiple testing", YES, "Holm, one family a baseline over all tasks"),
        (
            "Negative results",
            YES,
            "Second sentence, tables and forests: the best is on top whoever it is",
        ),
        ("Limits and biases", YES, "Caveats of each task; what is not meant"),
        ("Code, weights and data open", YES, "How to reproduce"),
        ("Protocol registered beforehand", NO, "Written before the run, not registered"),
        ("Patients and public involved", NO, "None"),
        ("Funding and conflicts", PARTLY, "The authors of the model wrote the benchmark"),
    ]


def section(report: Report) -> Section:
    """Return the checklist."""
    rows: list[list[Markup | str]] = [
        [item, tables.chip(state, ROLES[state]), where] for item, state, where in items(report)
    ]
    about = tag(
        "p",
        "After TRIPOD+AI (Collins et al., BMJ 2024;385:e078378), in our words and for a benchmark "
        "of frozen vectors. It is a self-assessment by those who made the model.",
    )
    table = tables.table(("Item", "Met", "Where, or why not"), rows, "Checklist", words=3)
    return Section(anchor="checklist", title="Checklist", body=join([about, table]))
