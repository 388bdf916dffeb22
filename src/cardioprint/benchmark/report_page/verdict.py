"""The report in three sentences, made from the numbers: nobody can polish them."""

from __future__ import annotations

import math

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.report_page.report import Report
from cardioprint.benchmark.report_page.standing import Standing, claimed, simulated

MOST_NAMED = 4
"""Tasks without a test that are named one by one."""


def words(s: Standing) -> str:
    """Return where the model stands in a few words."""
    if simulated(s.task):
        return "simulated"
    if not claimed(s.task):
        return "reported, not claimed"
    if s.verdict == "wins":
        return (
            f"better than all {s.compared}"
            if s.compared > 2
            else "better than both"
            if s.compared == 2
            else "better"
        )
    if s.verdict == "loses":
        return f"beaten by {len(s.beaten_by)} of {s.compared}"
    if s.verdict == "open" and s.beats:
        return f"better than {s.beats} of {s.compared}"
    told = {"open": "not told apart", "untested": "no corrected test", "absent": "no figure"}
    return told[s.verdict]


def judged(report: Report) -> list[Standing]:
    """Return the tasks that count: a paired test, real outcomes, and no warning of their own."""
    kept = ("wins", "loses", "open")
    return [s for s in report.standings if s.verdict in kept and claimed(s.task)]


def sentences(report: Report) -> tuple[tuple[str, str], ...]:
    """Return (beginning, rest) of three sentences: won, lost, not evaluated."""
    found = judged(report)
    won = [s for s in found if s.verdict == "wins"]
    lost = [s for s in found if s.verdict == "loses"]
    level = len(found) - len(won) - len(lost)
    return (_won(report, won, len(found)), _lost(lost, level, len(found)), _not_evaluated(report))


def _won(report: Report, won: list[Standing], of: int) -> tuple[str, str]:
    if not of:
        return (
            f"For {report.model} there is no corrected paired test",
            ", so nothing in this report says that it is better than a baseline.",
        )
    if not won:
        return (
            f"{report.model} beats all of its baselines on none of {wording.plural(of, 'task')}",
            " once the tests are corrected for their number (Holm).",
        )
    told = "; ".join(f"{s.task.title} ({_against(s)})" for s in won)
    return (
        f"{report.model} beats all of its baselines on {len(won)} of {wording.plural(of, 'task')}",
        f", tested in pairs over people and corrected for the number of tests (Holm): {told}.",
    )


def _lost(lost: list[Standing], level: int, of: int) -> tuple[str, str]:
    rest = (
        f" On {wording.plural(level, 'task')} it is told apart from some baselines or none."
        if level
        else ""
    )
    if not of:
        return ("Where a baseline wins is not known", ": no paired comparison was made.")
    if not lost:
        return ("No baseline is better by the same rule", f".{rest}")
    told = "; ".join(f"{s.task.title} ({_beaten(s)})" for s in lost)
    return (f"A baseline wins on {wording.plural(len(lost), 'task')}", f": {told}.{rest}")


def _not_evaluated(report: Report) -> tuple[str, str]:
    parts = []
    survival = report.family("survival")
    if not survival:
        parts.append("mortality (no task in this run)")
    elif all(simulated(t) for t in survival):
        parts.append("mortality on real outcomes (the cohort is simulated)")
    if report.loaded.missing:
        names = wording.listed(m.what for m in report.loaded.missing)
        parts.append(f"what could not be read ({names})")
    untested = [
        s.task.title
        for s in report.standings
        if s.verdict in ("untested", "absent") and claimed(s.task)
    ]
    if untested:
        many = wording.plural(len(untested), "task")
        told = wording.listed(untested) if len(untested) <= MOST_NAMED else many
        parts.append(f"the difference to baselines in {told}")
    shy = [s.task.title for s in report.standings if not claimed(s.task)]
    shy = [t for t in shy if t not in {x.title for x in survival}]
    if shy:
        parts.append(f"as a claim, though reported: {wording.listed(shy)}")
    if report.loaded.run.skipped:
        parts.append(
            f"{wording.plural(len(report.loaded.run.skipped), 'task')} left out of the run"
        )
    parts.append("use in care: nothing here is evidence for a diagnosis in a person")
    return ("Not evaluated", f": {'; '.join(parts)}.")


def _against(s: Standing) -> str:
    if s.model is None or s.rival is None:
        return "no rival"
    decimals = wording.digits(s.measure, (s.model.value, s.rival.value))
    mine, theirs = (wording.number(x.value, decimals) for x in (s.model, s.rival))
    return f"{s.measure}: {mine} against {theirs} of {s.rival.encoder}"


def _beaten(s: Standing) -> str:
    names = [g.b for g in s.beaten_by]
    scores = {x.encoder: x for x in s.task.scores if x.measure == s.measure}
    values = [scores[n].value for n in names if n in scores and math.isfinite(scores[n].value)]
    if s.model is None or not values:
        return wording.listed(names)
    best = s.rival if s.rival is not None and s.rival.encoder in names else None
    if best is None:
        return wording.listed(names)
    decimals = wording.digits(s.measure, (s.model.value, best.value))
    mine, theirs = (wording.number(x.value, decimals) for x in (s.model, best))
    others = len(names) - 1
    more = f" and {others} more" if others else ""
    return f"{best.encoder}{more}, {s.measure}: {theirs} against {mine}"
