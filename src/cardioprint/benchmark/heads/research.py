"""The research heads that lie beside the packaged weights, all from one command.

    python -m cardioprint.benchmark.heads.research --model tiny \
        --out src/cardioprint/weights/tiny/heads

To be run again whenever the weights change: a head belongs to one set of weights and refuses all
others. Nothing here knows a score; what is no better than chance is not written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import measures
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.benchmark.comparison import compare
from cardioprint.benchmark.heads import export, judging, research_sets
from cardioprint.benchmark.heads.export import Made
from cardioprint.benchmark.heads.judging import Rows
from cardioprint.benchmark.heads.material import Material
from cardioprint.benchmark.heads.research_heads import HEADS, NEVER, OTHERS, TITLES, Research
from cardioprint.benchmark.heads.words import elsewhere_words, statement, worth_shipping
from cardioprint.datasets.tables import TABLES
from cardioprint.errors import CardioprintError
from cardioprint.fingerprints.heads.card import Abstention, Population, Score, Source
from cardioprint.fingerprints.heads.head import CARD, SHORTER, Head
from cardioprint.fingerprints.heads.markdown import card_page
from cardioprint.fingerprints.pipeline import session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
"""Of the ages on a card."""

ELSEWHERE, CONSTANT = "this head, other data", "its training mean"
"""Methods on a card's scores on other data."""

FEWEST = 5
"""People without whom nothing is said about other data."""

Sets = Callable[[str], Material]
"""Key of `research_sets.SETS` -> windows."""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A head on data of another place.

    Attributes:
        scores: On the windows it judged, and on all.
        silent: How many it did not judge.
        words: In one sentence.
        skilled: Whether it is better there than chance, or than the same guess for everybody.
    """

    scores: tuple[Score, ...]
    silent: Abstention
    words: str
    skilled: bool


def rows_of(
    head: Research, material: Material, hand: bool = True
) -> tuple[Rows, Material, Population]:
    """Return what a head learns from, the windows themselves and whom they come from."""
    label = np.asarray(head.label(material), float)
    use = np.asarray(np.isfinite(label.reshape(len(label), -1)).all(axis=1))
    if head.keep is not None:
        use = np.logical_and(use, head.keep(material))
    m, y = material[use], label[use]
    if barred := NEVER & set(m.table.tolist()):
        raise CardioprintError(f"{head.spec.name}: {', '.join(barred)} must not train what ships")
    y = y if head.spec.kind == "number" else y.astype(int)
    baselines: dict[str, NDArray] = {}
    if hand and m.hand is not None:
        baselines["hand features"] = m.hand
    if head.known:
        nobody = np.zeros((len(m), 1), np.float32)
        signals = Signals.of(
            ppg=nobody, sampling_rate=100.0, known={k: m.labels[k] for k in head.known}
        )
        known = Demographics(head.known)
        baselines[known.name] = known.embed(signals)
    guesses = {"beat counting": _filled(m.labels["counted"], y)} if head.counted else {}
    rows = Rows(
        vectors=m.vectors,
        y=y,
        person=m.person,
        unit=m.unit,
        baselines=baselines,
        guesses=guesses,
        subsets={k: f(m) for k, f in head.subsets.items()},
    )
    return rows, m, population(m)


def population(m: Material) -> Population:
    """Return whom these windows come from."""
    _, first = np.unique(m.person, return_index=True)
    age, sex = (m.labels.get(k, np.full(len(m), np.nan))[first] for k in ("age", "sex"))
    age, sex = age[np.isfinite(age)], sex[np.isfinite(sex)]
    sources = [
        Source(
            name=TABLES[t].publisher,
            licence=TABLES[t].licence,
            people=len(np.unique(m.person[m.table == t])),
            windows=int((m.table == t).sum()),
        )
        for t in np.unique(m.table)
    ]
    return Population(
        people=len(first),
        windows=len(m),
        sources=tuple(sources),
        age=tuple(float(a) for a in np.quantile(age, QUANTILES)) if len(age) else (),
        male=float(sex.mean()) if len(sex) else None,
        leads=tuple(str(v) for v in np.unique(m.lead) if v),
        rates=tuple(float(r) for r in np.unique(m.rate)),
        seconds=(float(m.seconds.min()), float(m.seconds.max())),
    )


def make(head: Research, sets: Sets, model: str, say: Callable[[str], None]) -> Made:
    """Fit a head and judge it; what it is on other data is added by `tested`."""
    rows, _, people = rows_of(head, sets(head.learns))
    made = export.fit(
        head.spec,
        rows,
        people,
        session(model),
        head.modality,
        progress=lambda text: say(f"{head.spec.name}: {text}"),
    )
    return export.with_words(made, statement(made))


def tested(head: Research, written: Head, sets: Sets) -> list[Elsewhere]:
    """Judge a head as it was written on data of other places."""
    out = []
    for key in head.tests:
        m = sets(key)
        label = np.asarray(head.label(m), float)
        m, label = m[np.isfinite(label)], label[np.isfinite(label)]
        outputs = written(m.vectors)
        near = _accepted(written, m)
        scores: list[Score] = []
        said = Elsewhere(scores=(), silent=_silent(TITLES[key], m, near), words="", skilled=False)
        for on, keep in (
            (TITLES[key], near),
            (f"{TITLES[key]}, nothing left out", np.ones_like(near)),
        ):
            if len(np.unique(m.person[keep])) < FEWEST:
                continue
            found, truth, person = judging.by_unit(
                head.spec.kind, outputs.output[keep], label[keep], m.person[keep], m.unit[keep]
            )
            ways = _ways(written, found, truth)
            if head.counted:
                counted = _filled(m.labels["counted"], label)[keep]
                again = judging.by_unit(
                    "number", counted, label[keep], m.person[keep], m.unit[keep]
                )
                ways["beat counting"] = measures.absolute_error(again[0], truth)
            got = {k: measures.estimate(v, person) for k, v in ways.items()}
            name, better = "AUROC", "higher"
            if head.spec.kind == "number":
                name, better = f"mean absolute error, {head.spec.unit}", "lower"
            scores += [
                judging.score(name, on, method, better, e, len(found))
                for method, e in got.items()
                if np.isfinite([e.value, e.low, e.high]).all()
            ]
            if keep is near:
                said = replace(said, words=elsewhere_words(on, got, head.spec.unit),
                               skilled=_skilled(got))  # fmt: skip
        out.append(replace(said, scores=tuple(scores)))
    return out


def _ways(written: Head, found: NDArray, truth: NDArray) -> dict[str, measures.Statistic]:
    """Return the head's main measure on other data, and that of a constant."""
    if written.card.kind != "number":
        return {ELSEWHERE: measures.auroc(found[:, 0], truth)}
    guess = np.full(len(truth), written.card.prevalence[0])
    return {
        ELSEWHERE: measures.absolute_error(found, truth),
        CONSTANT: measures.absolute_error(guess, truth),
    }


def _skilled(got: Mapping[str, Estimate]) -> bool:
    """Return whether a head knows anything there, by the paired interval."""
    if CONSTANT not in got:
        return got[ELSEWHERE].low > 0.5
    return compare("", ELSEWHERE, CONSTANT, got[ELSEWHERE], got[CONSTANT], "lower").high < 0


def elsewhere(head: Research, written: Head, sets: Sets) -> list[Abstention]:
    """Say how often a head keeps silent on recordings of other people and of nobody."""
    out = []
    for key in OTHERS[head.modality]:
        m = sets(key)
        if key not in (*head.tests, head.learns) and len(m):
            out.append(_silent(TITLES[key], m, _accepted(written, m)))
    return out


def _accepted(written: Head, m: Material) -> NDArray[np.bool_]:
    """Return which windows a head judges: long enough, and like its training people."""
    card = written.card
    near = written(m.vectors).distance <= card.applicability.distance
    return near & (m.seconds >= SHORTER * min(card.population.seconds))


def _silent(on: str, m: Material, near: NDArray[np.bool_]) -> Abstention:
    return Abstention(
        on=on, windows=len(m), people=len(np.unique(m.person)), share=float(1 - near.mean())
    )


def _filled(guess: NDArray, y: NDArray) -> NDArray:
    return np.where(np.isfinite(guess), guess, np.median(y))


class Loader:
    """Makes each set once.

    Args:
        model: Packaged model or model folder.
        say: Told what begins.
    """

    def __init__(self, model: str, say: Callable[[str], None]):
        self.model, self.say = model, say
        self._held: dict[str, Material] = {}

    def __call__(self, key: str) -> Material:
        """Return a set."""
        if key not in self._held:
            self.say(f"fingerprints of {TITLES.get(key, key)}")
            self._held[key] = research_sets.SETS[key](self.model)
        return self._held[key]


def run(
    model: str, out: Path, docs: Path | None = None, names: Sequence[str] = (),
    say: Callable[[str], None] = print, sets: Sets | None = None,
) -> dict[str, str]:  # fmt: skip
    """Fit, judge and write all research heads.

    Args:
        model: Packaged model or model folder.
        out: Folder of heads; a head that is not worth shipping is removed from it.
        docs: Folder for a Markdown page a head; None: none.
        names: Heads; default: all.
        say: Told what happens.
        sets: Where windows come from; default: the data on this machine.

    Returns:
        Name -> why it was not written, "" where it was.
    """
    sets = sets or Loader(model, say)
    became: dict[str, str] = {}
    for head in HEADS:
        name = head.spec.name
        if names and name not in names:
            continue
        made = make(head, sets, model, say)
        became[name] = worth_shipping(made)
        folder, page = out / name, docs / f"{name}.md" if docs else None
        shutil.rmtree(folder, ignore_errors=True)
        if page:
            page.unlink(missing_ok=True)
        export.save(made, folder)
        written = Head(folder)
        others = tested(head, written, sets)
        if others and not any(o.skilled for o in others):
            became[name] = became[name] or " ".join(
                ("knows nothing on data of any other place.", *(o.words for o in others if o.words))
            )
        if became[name]:
            shutil.rmtree(folder)
            say(f"{name}: NOT written: {became[name]}")
            continue
        silent = [o.silent for o in others] + elsewhere(head, written, sets)
        scores = [s for o in others for s in o.scores]
        said = " ".join((made.card.statement, *(o.words for o in others if o.words)))
        made = export.with_words(made, said, silent, scores)
        (folder / CARD).write_text(made.card.to_json(), encoding="utf-8")
        if page:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(card_page(Head(folder).card), encoding="utf-8")
        say(f"{name}: {made.card.statement}")
    return became


def main(
    model: str = "tiny",
    out: Path = Path("out/heads"),
    docs: Path | None = None,
    heads: tuple[str, ...] = (),
) -> None:
    """Fit the research heads of a model on the public data of this machine.

    Args:
        model: Packaged model or model folder.
        out: Folder of heads to write.
        docs: Folder for a Markdown card a head.
        heads: Names; default: all.
    """
    run(model, out, docs, heads, say=lambda text: print(text, flush=True))


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
