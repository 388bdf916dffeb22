"""The data card of a corpus: what is in it, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cardioprint.corpus.records import FOLDER
from cardioprint.corpus.summary import PASSES
from cardioprint.corpus.units import WINDOWS
from cardioprint.datasets.catalogue import DATABASES

if TYPE_CHECKING:
    from cardioprint.corpus.store import Corpus
    from cardioprint.corpus.summary import Summary

CARD, PICTURE = "card.md", "card.png"

MOST_REASONS = 10
"""Kinds of quarantine that a card lists."""


def as_json(corpus: Corpus, summary: Summary) -> dict[str, Any]:
    """Return a summary as plain JSON, with what `cardioprint corpus info` tells."""
    every = summary.total()
    return {
        "uri": corpus.place.uri,
        "version": corpus.windows.version,
        "bytes": corpus.place.size(),
        "fragments": len(corpus.windows.get_fragments()),
        "preparation": corpus.manifest["preparation_hash"],
        "cardioprint": corpus.manifest["cardioprint"],
        "records": every.records,
        "quarantined": every.quarantined,
        "people": len(summary.per_person),
        "windows": every.windows,
        "hours": round(every.hours, 3),
        "passed": every.passed,
        "databases": {
            name: {
                "version": corpus.manifest["databases"].get(name, {}).get("version", ""),
                "licence": corpus.manifest["databases"].get(name, {}).get("licence", ""),
                "splits": {
                    split: {
                        "records": g.records,
                        "quarantined": g.quarantined,
                        "people": g.people,
                        "windows": g.windows,
                        "hours": round(g.hours, 3),
                        "ecg": g.believed[0],
                        "ppg": g.believed[1],
                        "passed": g.passed,
                    }
                    for (d, split), g in summary.groups.items()
                    if d == name
                },
            }
            for name in summary.databases
        },
        "reasons": dict(summary.reasons),
    }


def markdown(corpus: Corpus, summary: Summary) -> str:
    """Return the data card."""
    every, manifest = summary.total(), corpus.manifest
    share = every.passed / max(every.windows, 1)
    lines = [
        "# Data card",
        "",
        f"{every.hours:,.1f} hours of prepared ECG and PPG: {every.windows:,} windows of "
        f"{summary.window:g} s from {every.records:,} recordings of {len(summary.per_person):,} "
        f"people. {100 * share:.1f} % of the windows are pairs to train on ({PASSES}).",
        "",
        f"![What is in the corpus]({PICTURE})",
        "",
        "## Where it comes from",
        "",
        "| database | version | licence | split | records | people | windows | hours | pairs |",
        "|---|---|---|---|--:|--:|--:|--:|--:|",
    ]
    for (name, split), g in summary.groups.items():
        facts = manifest["databases"].get(name, {})
        lines.append(
            f"| {_cell(name)} | {_cell(facts.get('version', ''))} "
            f"| {_cell(facts.get('licence', ''))} | {split} | {g.records:,} | {g.people:,} "
            f"| {g.windows:,} | {g.hours:,.1f} "
            f"| {100 * g.passed / max(g.windows, 1):.0f} % |"
        )
    lines += [
        "",
        "The side is a function of the person alone; people that the publisher does not name are "
        "blocks of neighbouring recordings. Test: kept for evaluation. Reserved: never used in "
        "pretraining. Border: may belong to people of two sides, used in none.",
        "",
    ]
    for name in summary.databases:
        facts = manifest["databases"].get(name, {})
        if facts:
            address = f" https://doi.org/{facts['doi']}" if facts.get("doi") else ""
            lines.append(
                f"- **{_cell(name)}**: {facts.get('title', '')}. {facts.get('publisher', '')}. "
                f"{facts.get('citation', '')}.{address}"
            )
    lines += ["", "## What could not be used", ""]
    if every.quarantined:
        lines += [f"{every.quarantined:,} recordings are in quarantine.", ""]
        lines += ["| recordings | reason |", "|--:|---|"]
        top = list(summary.reasons.items())[:MOST_REASONS]
        lines += [f"| {count:,} | {_cell(reason)} |" for reason, count in top]
    else:
        lines.append("No recording is in quarantine.")
    lines += [
        "",
        "## How it was prepared",
        "",
        f"cardioprint {manifest['cardioprint']}, preparation `{manifest['preparation_hash']}`:",
        "",
        "```json",
        json.dumps(manifest["preparation"], indent=1),
        "```",
        "",
        f"Windows are in `{WINDOWS}` (Lance), one row each: int16 samples of ECG and PPG with "
        "scale and offset, quality, beats, lag, person, side, labels. What became of every "
        f"recording is in `{FOLDER}/` (Parquet).",
        "",
        _whose(summary.databases, manifest["databases"]),
        "",
    ]
    return "\n".join(lines)


def _whose(names: Sequence[str], facts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a sentence on the people in these databases."""
    virtual = [name for name in names if _is_virtual(name, facts.get(name, {}))]
    if names and len(virtual) == len(names):
        return "Nobody was measured: these are virtual people."
    real = (
        "These are measurements of people. Each database's licence holds for its part; nobody "
        "may try to find out who they are."
    )
    return " ".join([real, *(f"The part `{name}` is of nobody." for name in virtual)])


def _is_virtual(name: str, facts: Mapping[str, Any]) -> bool:
    """Return whether a program made a database's people; older manifests do not say."""
    known = facts.get("virtual")
    if known is None:
        database = DATABASES.get(name)
        return database is not None and database.virtual
    return bool(known)


def write(corpus: Corpus, summary: Summary, picture: bytes | None = None) -> None:
    """Write the card, and its picture (PNG) if there is one, into the corpus."""
    text = markdown(corpus, summary)
    if picture is None:
        text = text.replace(f"![What is in the corpus]({PICTURE})\n\n", "")
    else:
        corpus.place.write(PICTURE, picture)
    corpus.place.write(CARD, text.encode())


def _cell(text: str) -> str:
    """Return text that cannot break a table."""
    return " ".join(str(text).split()).replace("|", "\\|")
