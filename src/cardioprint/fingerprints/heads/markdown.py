"""A head's card as Markdown, made from its JSON so that the two never differ."""

from __future__ import annotations

from cardioprint.fingerprints.heads.card import Card, Score

NOTICE = "Research use; not a medical device; no diagnosis."


def figures(score: Score, unit: str = "") -> str:
    """Return a score with its interval: "0.769 [0.701, 0.838]"."""
    digits = 1 if abs(score.value) >= 2 else 3
    text = f"{score.value:.{digits}f} [{score.low:.{digits}f}, {score.high:.{digits}f}]"
    return f"{text} {unit}".strip()


def card_page(card: Card) -> str:
    """Return the page of a head."""
    people, limits = card.population, card.applicability
    facts = {
        "Reads": f"fingerprints of {card.modality.upper()} alone, model `{card.model}`",
        "Says": _says(card),
        "Interval": _interval(card),
        "Learnt from": f"{people.people} people, {people.windows} windows",
    }
    if people.age:
        low, _, q25, middle, q75, _, high = people.age
        facts["Age"] = (
            f"{low:.0f} to {high:.0f} years; half of them {q25:.0f} to {q75:.0f}; "
            f"median {middle:.0f}"
        )
    if people.male is not None:
        facts["Sex"] = f"{100 * people.male:.0f} % male"
    if people.leads:
        facts["Leads"] = ", ".join(people.leads) + "; other leads get no answer"
    if people.rates:
        facts["Recorded at"] = ", ".join(f"{r:g}" for r in people.rates) + " Hz"
    if people.seconds:
        low, high = people.seconds[0], people.seconds[-1]
        facts["Window"] = f"{low:.1f} s" if high - low < 0.05 else f"{low:.1f} to {high:.1f} s"
    facts["Keeps silent"] = (
        f"below quality {limits.quality:g}, and beyond the distance {limits.distance:.2f} that "
        f"{100 * limits.quantile:g} % of windows of people it had not seen lie within"
    )
    lines = [
        f"# Head `{card.name}`",
        "",
        f"{card.task}. {NOTICE}",
        "",
        f"**How good it is.** {card.statement} (In brackets: 95 % intervals over people.)",
        "",
        f"**What it is not for.** {card.not_for}",
        "",
        "| | |",
        "|---|---|",
        *(f"| {k} | {v} |" for k, v in facts.items()),
        "",
        "## Training data",
        "",
        "| source | publisher's licence | people | windows |",
        "|---|---|---|---|",
        *(f"| {s.name} | {s.licence} | {s.people} | {s.windows} |" for s in people.sources),
        "",
        *(f"- {note}" for note in card.notes),
        "",
        "## Scores",
        "",
        "95 % intervals by bootstrap over people; records' windows put together as in use.",
        "",
        "| on | measure | method | value | people |",
        "|---|---|---|---|---|",
        *(f"| {s.on} | {s.measure} | {s.method} | {figures(s)} | {s.people} |"
          for s in card.scores),
        "",
        "## How often it keeps silent",
        "",
        "Share of windows that passed the quality check and are too short or too unlike its "
        "training people.",
        "",
        "| windows of | windows | people | kept silent |",
        "|---|---|---|---|",
        *(f"| {a.on} | {a.windows} | {a.people} | {100 * a.share:.1f} % |"
          for a in limits.measured),
        "",
        f"Written from `head.json`; fitted by cardioprint {card.made_by}.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _says(card: Card) -> str:
    if card.kind == "number":
        return f"{card.outputs[0]} in {card.unit}; mean of the training people {_mean(card)}"
    pairs = zip(card.outputs, card.prevalence, strict=True)
    listed = ", ".join(f"{name} {100 * share:.0f} %" for name, share in pairs)
    sums = "which sum to 1" if card.kind == "classes" else "each for itself"
    return f"calibrated probabilities, {sums}; among the training windows: {listed}"


def _mean(card: Card) -> str:
    return f"{card.prevalence[0]:.1f}"


def _interval(card: Card) -> str:
    i = card.interval
    if i.method == "conformal":
        return (
            f"{i.below:+.1f} to {i.above:+.1f} {card.unit}: held {100 * i.level:g} % of people it "
            "had not seen, each person counted once"
        )
    return (
        f"{100 * i.level:g} %, over {i.replicates} heads fitted on resampled people: what another "
        "choice of training people would have said, not how often it is right"
    )
