"""How to get the same numbers again."""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables, wording
from cardioprint.benchmark.report_page.markup import join, tag
from cardioprint.benchmark.report_page.report import QUICK, UNFINISHED, Report, Section


def section(report: Report) -> Section:
    """Return command, version, date, machine and cost."""
    run = report.loaded.run
    embedding = sum(c.seconds for c in run.columns if c.seconds == c.seconds)
    pairs: list[tuple[object, object]] = [
        ("cardioprint", run.version or "unknown"),
        ("Date", run.date or "unknown"),
        ("Machine", run.machine or "unknown"),
        (
            "Cost",
            f"{wording.duration(run.seconds)} in all, {wording.duration(embedding)} embedding",
        ),
        ("Tasks", f"{len(report.loaded.tasks)} read, {len(report.loaded.missing)} missing"),
    ]
    if report.mark:
        pairs.insert(0, ("Beware", f"{report.mark}. {WHY[report.mark]}"))
    parts = [
        tag("p", "Same command, same version, same files: same figures."),
        tag("pre", tag("code", run.command or "the run does not say"), tabindex=0),
        tables.facts(pairs),
        tag("h3", "Draw this page again"),
        tag("pre", tag("code", "python -m cardioprint.benchmark.report_page FOLDER"), tabindex=0),
        tag(
            "p",
            "The run folder holds every number as JSON and every signal as NumPy arrays: no "
            "encoder and no data are needed to draw it. The guide in docs/benchmark.md shows how "
            "to put an encoder or a task of your own beside these.",
        ),
        tag("h3", "Protocol in short"),
        tag("ul", *(tag("li", line) for line in PROTOCOL)),
    ]
    return Section(anchor="reproduce", title="How to reproduce", body=join(parts))


WHY = {
    QUICK: "People and resamples were thinned.",
    UNFINISHED: "p is not corrected yet, and tasks may stem from different runs.",
}

PROTOCOL = (
    "Splits, choice of penalties, scaling and thresholds: by person, inside the training folds.",
    "Heads on frozen vectors: linear (logistic or ridge), nearest neighbours, boosted trees.",
    "Intervals: 2.5th and 97.5th percentile over resamples of people.",
    "Differences: same resamples of the same people; two-sided p; Holm over tasks, by baseline.",
    "An encoder that cannot take an input leaves the cell empty; one that fails has no value.",
)
