"""The report as Markdown: what was found, in plain sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardioprint.benchmark.realism.excerpts import REAL
from cardioprint.benchmark.realism.quantities import MEANING, QUANTITIES
from cardioprint.benchmark.realism.spectra import difference

if TYPE_CHECKING:
    from cardioprint.benchmark.realism.comparison import Against, Comparison, Findings
    from cardioprint.benchmark.realism.distances import Apart
    from cardioprint.benchmark.realism.giveaway import Alone
    from cardioprint.benchmark.statistics import Estimate

PICTURE = "realism.png"

NAMED = 4
"""Quantities and numbers that a sentence names."""

OFF, NEAR = 0.3, 0.2
"""KS from which on a quantity is called off, and below which it is called near."""


def markdown(found: Findings) -> str:
    """Return the report."""
    lines = [
        "# Simulated against real",
        "",
        "What virtual people of `cardioprint.simulate` have in common with recordings of real "
        "ones, what gives them away, and what is learnt from them. Written by "
        f"`python benchmarks/realism.py` in {found.seconds / 60:.0f} minutes; nothing is left out.",
        "",
        f"![Distributions and spectra side by side]({PICTURE})",
        "",
        *_about(found),
        *_sentences(found),
        *_classifier(found),
        *_distances(found),
        *_detectors(found),
    ]
    return "\n".join(lines) + "\n"


def _about(found: Findings) -> list[str]:
    lines = [
        "## What is compared",
        "",
        "Excerpts of the same length and rate, prepared by the same code, each on its own, and "
        "measured by the same code (`benchmark/baselines/hand`). Excerpts that the quality index "
        "does not believe are left out on both sides. Virtual people have their usual rhythms and "
        "diseases for age and sex. *Devices*: measured by `simulate.measured`.",
        "",
        "| set | excerpts | people | real abstained | clean abstained | with devices abstained | "
        "devices | of whom |",
        "|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for name, c in found.comparisons.items():
        e = c.real.excerpts
        shares = [
            f"{100 * x.abstained[0] / max(x.abstained[1], 1):.0f} %"
            for x in (e, c.clean.twins.excerpts, c.devices.twins.excerpts)
        ]
        lines.append(
            f"| {name} | {len(e)} | {len(set(e.subject))} | {' | '.join(shares)} "
            f"| {', '.join(REAL[name].devices)} | {REAL[name].about} |"
        )
    return [*lines, ""]


def _sentences(found: Findings) -> list[str]:
    lines = ["## What gives the simulation away", "", *_everywhere(found)]
    for name, c in found.comparisons.items():
        lines += [f"**{name}.** {_said(c.clean, 'Clean')} {_said(c.devices, 'With devices')}"]
        lines += [f"{_close(c)} {_spectral(c)}", ""]
    return lines


def _everywhere(found: Findings) -> list[str]:
    """Return what holds in most of the sets, of the simulation with devices."""
    off, near = [], []
    for q in QUANTITIES:
        known = {
            name: d
            for name, c in found.comparisons.items()
            if (d := c.devices.distances.get(q.title)) is not None
        }
        far = [d for d in known.values() if d.ks >= OFF]
        sides = {d.other[1] > d.real[1] for d in far}
        unit = f" {q.unit}" if q.unit else ""
        if len(far) > len(known) / 2 and len(sides) == 1:
            told = ", ".join(
                f"{_number(d.other[1])} against {_number(d.real[1])}{unit} in {name}"
                for name, d in known.items()
                if d.ks >= OFF
            )
            off.append(f"- {q.title} is too {'high' if sides.pop() else 'low'}: {told}.")
        elif known and all(d.ks < NEAR for d in known.values()):
            near.append(q.title)
    lines = []
    if off:
        lines = [
            f"With devices, off to the same side (KS of {OFF:g} or more) in most sets that have "
            "it; medians, simulated against real:",
            "",
            *off,
            "",
        ]
    if near:
        lines += [f"Near (KS below {NEAR:g}) in every set that has it: {', '.join(near)}.", ""]
    return lines


def _said(against: Against, kind: str) -> str:
    g = against.giveaway
    best = max(g.groups, key=lambda k: g.groups[k][0])
    told = "; ".join(_alone(a) for a in g.alone[:NAMED])
    return (
        f"{kind}, trees tell it from the recordings with AUROC {_value(g.auroc)}. The most "
        f"telling kind of features is {best} (AUROC {g.groups[best][0]:.2f} by itself). Single "
        f"numbers (real against simulated): {told}."
    )


def _alone(a: Alone) -> str:
    modality, feature = a.name.split(" ", 1)
    meaning = MEANING[feature].replace("|", "/")
    where = {"ecg": "ECG, ", "ppg": "PPG, ", "pair": ""}[modality]
    return f"{feature} ({where}{meaning}) {a.real:.3g} against {a.other:.3g}, {a.auroc:.2f}"


def _close(c: Comparison) -> str:
    known = {t: d for t, d in c.devices.distances.items() if d is not None}
    order = sorted(known, key=lambda t: known[t].ks)
    near = ", ".join(f"{t} ({known[t].ks:.2f})" for t in order[:NAMED])
    far = ", ".join(f"{t} ({known[t].ks:.2f})" for t in order[::-1][:NAMED])
    return f"With devices, closest by KS: {near}; farthest: {far}."


def _spectral(c: Comparison) -> str:
    parts = [
        f"{m.upper()} {difference(c.spectra[m], c.clean.spectra[m]):.1f} dB clean, "
        f"{difference(c.spectra[m], c.devices.spectra[m]):.1f} dB with devices"
        for m in c.spectra
    ]
    return f"Mean distance of the median spectra: {'; '.join(parts)}."


def _classifier(found: Findings) -> list[str]:
    lines = [
        "## A classifier told to tell them apart",
        "",
        "AUROC by five-fold cross-validation grouped by person, with the 95 % interval over "
        "people: 0.5 would be a simulation that cannot be told from recordings. Columns of kinds: "
        "AUROC of a linear head on that kind alone, and in brackets by how much the trees fall "
        "when it is shuffled (little, where other kinds give the simulation away as well).",
        "",
    ]
    kinds = list(
        dict.fromkeys(k for c in found.comparisons.values() for k in c.clean.giveaway.groups)
    )
    lines += [
        f"| real | simulated | trees, all features | {' | '.join(kinds)} |",
        f"|---|---|---|{'--:|' * len(kinds)}",
    ]
    for name, c in found.comparisons.items():
        for kind, against in (("clean", c.clean), ("devices", c.devices)):
            g = against.giveaway
            cells = [
                f"{g.groups[k][0]:.2f} ({g.groups[k][1]:.2f})" if k in g.groups else ""
                for k in kinds
            ]
            lines.append(f"| {name} | {kind} | {_value(g.auroc)} | {' | '.join(cells)} |")
    lines += ["", "Controls, the same classifier:", "", "| one | other | trees |", "|---|---|---|"]
    lines += [f"| {g.pair[0]} | {g.pair[1]} | {_value(g.auroc)} |" for g in found.controls]
    return [*lines, "", _scale(found), ""]


def _scale(found: Findings) -> str:
    """Return what the controls say of the scale."""
    virtual = [g for g in found.controls if "simulated" in g.pair[0]]
    real = [g for g in found.controls if "simulated" not in g.pair[0]]
    said = []
    if real:
        low, high = (f(g.auroc.value for g in real) for f in (min, max))
        said.append(
            f"Two real data sets are told from each other with {low:.3f} to {high:.3f}: another "
            "hospital with other devices is given away as well, and 0.5 is not what a perfect "
            "simulation of nobody's hospital in particular would reach."
        )
    if virtual:
        low, high = (f(g.auroc.value for g in virtual) for f in (min, max))
        said.append(f"The simulation is told from itself with {low:.3f} to {high:.3f}.")
    return " ".join(said)


def _distances(found: Findings) -> list[str]:
    lines = [
        "## Distributions",
        "",
        "Median [5 %, 95 %]. KS: largest difference of the distribution functions, 0 to 1. Moved: "
        "by how many SDs of the real values the simulated ones would have to move on average "
        "(Wasserstein). KS of two real sets, UCI and CinC 2015, stands beside for scale.",
        "",
    ]
    units = {q.title: q.unit for q in QUANTITIES}
    for name, c in found.comparisons.items():
        lines += [
            f"### {name}",
            "",
            "| quantity | real | clean | with devices | KS clean | KS devices | moved clean | "
            "moved devices | KS of two real sets |",
            "|---|---|---|---|--:|--:|--:|--:|--:|",
        ]
        for title, clean in c.clean.distances.items():
            devices, reference = c.devices.distances[title], found.references.get(title)
            if clean is None or devices is None:
                continue
            unit = f" ({units[title]})" if units[title] else ""
            beside = f"{reference.ks:.2f}" if reference else ""
            lines.append(
                f"| {title}{unit} | {_three(clean, real=True)} | {_three(clean)} "
                f"| {_three(devices)} | {clean.ks:.2f} | {devices.ks:.2f} | {clean.moved:.2f} "
                f"| {devices.moved:.2f} | {beside} |"
            )
        lines.append("")
    return lines


def _three(a: Apart, *, real: bool = False) -> str:
    low, middle, high = a.real if real else a.other
    return f"{_number(middle)} [{_number(low)}, {_number(high)}]"


def _number(x: float) -> str:
    return f"{x:.0f}" if abs(x) >= 30 else f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"


def _detectors(found: Findings) -> list[str]:
    if not found.scores:
        return []
    lines = [
        "## Detectors trained on the simulation, tested on real people",
        "",
        "95 % intervals over real people. *Other people of the same set*: grouped "
        "cross-validation, which also learns the set's devices. No second real set with AF in the "
        "PPG is at hand.",
        "",
    ]
    for title, scores in found.scores.items():
        methods = list(dict.fromkeys(s.method for s in scores if s.method))
        chance = next(s for s in scores if not s.method).found
        lines += [
            f"### {title}",
            "",
            f"{chance.rows} excerpts of {chance.people} people; chance {_value(chance)}.",
            "",
            f"| learnt from | {' | '.join(methods)} |",
            f"|---|{'---|' * len(methods)}",
        ]
        for trained in dict.fromkeys(s.trained for s in scores if s.method):
            cells = [
                next(_value(s.found) for s in scores if (s.trained, s.method) == (trained, m))
                for m in methods
            ]
            lines.append(f"| {trained} | {' | '.join(cells)} |")
        lines.append("")
    return lines


def _value(e: Estimate) -> str:
    digits = 1 if e.value >= 2 else 3
    return f"{e.value:.{digits}f} [{e.low:.{digits}f}, {e.high:.{digits}f}]"
