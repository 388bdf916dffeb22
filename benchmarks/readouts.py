"""What a frozen model's tokens are worth, read in different ways: the fingerprint's read-out.

    python benchmarks/readouts.py pools                    # optional: trains two small read-outs
    python benchmarks/readouts.py score                    # each read-out once; resumes
    python benchmarks/readouts.py table --out docs/results # readouts.md, readouts.png

Every read-out is judged as the arms of `ablations.py` are, on the same people, folds and
resamples, and held against the fingerprint that the model ships with.
"""

from __future__ import annotations

import json
import math
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from ablation_files import Found
from ablation_scores import PAIRED, paired, probed
from ablation_table import cell, matrix
from ablations import CORPUS, Budget, folder_of
from safetensors.torch import load_file, save_file

from cardioprint.benchmark.readouts.encoder import AlignedReadOut, ReadOut, ReadOuts
from cardioprint.benchmark.readouts.reading import Attention, reads
from cardioprint.corpus.cache import Cache, open_cache
from cardioprint.edge.package import from_checkpoint
from cardioprint.models.m2ae import M2AE
from cardioprint.models.pretrained import load_pretrained
from cardioprint.signal.quality import THRESHOLD
from cardioprint.training.batches import Sampler, normalise
from cardioprint.training.loop import tensors
from cardioprint.training.machine import Machine, autocast, precision
from cardioprint.training.objective import Objective
from cardioprint.training.recipes import Run, recipe
from cardioprint.types import Windows

WORK = Path("runs/readouts")
"""Where scores and trained pools are kept, a folder a model."""

MODELS: dict[str, Path | str] = {"baseline": folder_of("baseline", 0, Budget()), "tiny": "tiny"}
"""Runs and packaged models that can be read."""

EACH = 6
"""Windows of a person that centres, spreads and principal axes are learnt from."""

POOLS = {"mean, tuned": 0, "attention, tuned": 8}
"""Read-outs that are tuned on frozen tokens, and their heads of attention (0: the mean)."""

ASKED = tuple(p for p in PAIRED if p[0] != "reconstruction")
"""Paired tasks that depend on the read-out. In `retrieval` the read-out itself is to find its own
window, where the benchmark asks the timing part of the tokens."""

OWN = "own window of 100"
REFERENCE = "the fingerprint"


def model_named(name: str) -> M2AE:
    """Return a model of `MODELS`."""
    where = MODELS[name]
    return load_pretrained(where) if isinstance(where, str) else from_checkpoint(where)[0]


def learnt_from(cache: Cache, each: int = EACH) -> Windows:
    """Return windows of pretraining, as many of each person, evenly over its good ones."""
    good = (cache.valid == 1).all(axis=1) & (cache.quality >= THRESHOLD).all(axis=1)
    some: list[int] = []
    for person in np.unique(cache.subject[good]):
        mine = np.flatnonzero(good & (cache.subject == person))
        some += mine[
            np.linspace(0, len(mine) - 1, min(each, len(mine))).round().astype(int)
        ].tolist()
    samples = cache.windows(some)
    normalise(samples)
    zeros = np.zeros((len(samples), 2), np.float32)
    return Windows(
        start=np.zeros(len(samples)),
        samples=samples,
        valid=np.ones(samples.shape, bool),
        mean=zeros,
        scale=zeros + 1,
        sampling_rate=cache.preparation.sampling_rate,
    )


def pools(name: str = "baseline", steps: int = 400, learning_rate: float = 5e-4) -> None:
    """Tune a mean and an attention read-out on frozen tokens, with the same steps and losses.

    Losses are those of pretraining that see the fingerprint: state contrast, description,
    decorrelation. Both begin as the shipped read-out.

    Args:
        name: One of `MODELS`, a run.
        steps: Of 128 pairs.
        learning_rate: Highest; half a cosine to 0.
    """
    torch.set_num_threads(1)
    cache, run = open_cache(CORPUS / "train"), _alone(recipe("tiny"), steps)
    for pool, heads in POOLS.items():
        target = _pool_file(name, pool)
        if target.exists():
            continue
        model = pooled(model_named(name), heads)
        objective = Objective(model, run.objective)
        _take_heads(objective, MODELS[name])
        model.requires_grad_(False)
        model.readout.requires_grad_(True)
        learnt = [p for p in objective.parameters() if p.requires_grad]
        adam = torch.optim.AdamW(learnt, lr=learning_rate, weight_decay=0.01)
        sampler, cpu = Sampler(cache, run.batch, seed=1), torch.device("cpu")
        for step in range(steps):
            for group in adam.param_groups:
                group["lr"] = learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))
            adam.zero_grad()
            with autocast(cpu, precision(Machine(), cpu)):
                loss, parts = objective(tensors(sampler.batch(step), run, step, cpu))
            loss.backward()
            adam.step()
            if step % 20 == 0 or step + 1 == steps:
                told = {k: round(float(v), 3) for k, v in parts.items() if "mse" not in k}
                print(f"{pool}, step {step}: {told}", flush=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        kept = {k: v.contiguous() for k, v in model.state_dict().items() if _of_pool(k)}
        save_file(kept, target, metadata={"steps": str(steps)})


def pooled(model: M2AE, heads: int) -> M2AE:
    """Return a copy of a model with another read-out in place of its own."""
    out = deepcopy(model)
    read: Any = Attention(out.readout, out.config.features, heads)
    out.readout = read
    return out


def _alone(run: Run, steps: int) -> Run:
    """Return a run with the losses that see nothing but the fingerprint."""
    objective = replace(run.objective, reconstruct=0.0, phase=0.0)
    return replace(run, objective=objective, batch=replace(run.batch, same=0.0), steps=steps)


def _take_heads(objective: Objective, where: Path | str) -> None:
    """Begin with the description head and the temperatures of the run, where they are known."""
    if isinstance(where, str):
        return
    kept = load_file(where / "last.safetensors")
    own = {k.removeprefix("average."): v for k, v in kept.items() if k.startswith("average.")}
    heads = {k: v for k, v in own.items() if not k.startswith("model.")}
    objective.load_state_dict(heads, strict=False)


def _of_pool(name: str) -> bool:
    return name.startswith("readout.") or name in ("centre", "spread")


def _pool_file(name: str, pool: str) -> Path:
    return WORK / name / f"{pool.replace(', ', '_')}.safetensors"


def _pools_of(name: str, model: M2AE) -> dict[str, M2AE]:
    """Return the tuned models that are there."""
    out = {}
    for pool, heads in POOLS.items():
        file = _pool_file(name, pool)
        if file.exists():
            out[pool] = pooled(model, heads)
            out[pool].load_state_dict(load_file(file), strict=False)
    return out


def score(name: str = "baseline", quick: bool = False, only: tuple[str, ...] = ()) -> None:
    """Measure the read-outs that have no scores yet.

    Args:
        name: One of `MODELS`.
        quick: Fewer people, to try the script.
        only: Names of read-outs; default: all.
    """
    from cardioprint.benchmark.tasks.base import Bench
    from cardioprint.benchmark.vectors import Vectors

    torch.set_num_threads(1)
    folder = WORK / name / ("quick" if quick else "scores")
    folder.mkdir(parents=True, exist_ok=True)
    model = model_named(name)
    others = _pools_of(name, model)
    todo = [n for n in (*reads(model), *others) if not only or n in only]
    todo = [n for n in todo if not _file(folder, n).exists()]
    todo = sorted(todo, key=lambda n: "whole" in n)  # the slow ones last
    if not todo:
        return
    everything = ReadOuts(model, reads(model), learnt_from(open_cache(CORPUS / "train")), others)
    vectors = Vectors(None)
    made: list[Any] = [
        (AlignedReadOut if everything.reads[n].aligned else ReadOut)(n, everything, vectors.embed)
        for n in dict.fromkeys((REFERENCE, *todo))
    ]
    print("widths", everything.widths["ecg",], flush=True)

    def ask(encoder: Any, key: str, signals: Any) -> Any:
        # What is remembered is the whole of them; hand features and the like as ever.
        ours = isinstance(encoder, ReadOut)
        return encoder.embed(signals) if ours else vectors.embed(encoder, key, signals)

    bench = Bench(encoders=made, folder=folder / "bench", quick=quick, embed=ask)
    known = folder / "paired.json"
    found: dict[str, Found] = json.loads(known.read_text()) if known.exists() else {}
    if not set(todo) <= set(found):
        found |= paired(bench, ASKED)
        known.write_text(json.dumps(found))
        print("paired tasks done", flush=True)
    for one in made:
        if one.name not in todo:
            continue
        alone = Bench(encoders=[one], folder=folder / "bench", quick=quick, embed=ask)
        scores: Found = probed(alone)[one.name] | found[one.name]
        _file(folder, one.name).write_text(json.dumps({"width": one.width, "scores": scores}))
        told = ", ".join(f"{k} {v['value']:.3f}" for k, v in scores.items())
        print(f"{one.name} ({one.width}): {told}", flush=True)


def _file(folder: Path, name: str) -> Path:
    plain = "".join(c if c.isalnum() else "_" for c in name)
    return folder / f"{plain}.json"


def table(out: Path = Path("docs/results"), quick: bool = False) -> None:
    """Write what was measured as a table and a picture.

    Args:
        out: Folder for readouts.md and readouts.png.
        quick: Of the quick runs.
    """
    lines = (Path(__file__).with_name("readouts.txt")).read_text().splitlines()
    for name in MODELS:
        measured, widths = _measured(name, "quick" if quick else "scores")
        if REFERENCE not in measured:
            continue
        base = measured[REFERENCE]
        titles = list(base[0])
        lines += [
            "",
            f"## {name}",
            "",
            "| read-out | numbers | " + " | ".join(titles) + " |",
            "|---|--:|" + "--:|" * len(titles),
        ]
        for read, scores in measured.items():
            cells = " | ".join(cell(base, scores, t) for t in titles)
            lines.append(f"| {read} | {widths[read]} | {cells} |")
        others = {k: v for k, v in measured.items() if k != REFERENCE}
        if name == "baseline":
            matrix(base, others, titles, out / "readouts.png", than=REFERENCE)
    out.mkdir(parents=True, exist_ok=True)
    (out / "readouts.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _measured(name: str, kind: str) -> tuple[dict[str, list[Found]], dict[str, int]]:
    """Return scores and widths of a model's read-outs, in the order of the catalogue."""
    scores, widths = {}, {}
    for read in (*reads(model_named(name)), *POOLS):
        file = _file(WORK / name / kind, read)
        if file.exists():
            found = json.loads(file.read_text())
            scores[read], widths[read] = [found["scores"]], found["width"]
    return scores, widths


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream
    tyro.extras.subcommand_cli_from_dict({"pools": pools, "score": score, "table": table})
