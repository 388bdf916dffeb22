"""Run folders of the benchmark with every kind of content, made from nothing.

make(folder)                                  # seven tasks, nine encoders, all kinds of figures
make(folder, encoders=ENCODERS[:1])           # a model alone
make(folder, tasks=("age_ecg",), quick=True)  # one task of a quick run
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cardioprint.benchmark.results import (
    Better,
    Column,
    Curve,
    Data,
    Gap,
    Reliability,
    Run,
    Score,
    Subgroup,
    TaskResult,
    save,
)

NAN = float("nan")

ENCODERS = (
    ("M2AE tiny", "model"),
    ("hand features", "baseline"),
    ("random kernels", "baseline"),
    ("age + sex + BMI", "baseline"),
    ("supervised CNN", "supervised"),
    ("random M2AE", "random"),
    ("constant", "trivial"),
    ("OpenECG v6", "peer"),
    ("PaPaGei-S", "peer"),
    ("beat PCA", "baseline"),
    ("ECGFounder", "peer"),
    (
        "An encoder of a very long name, pretrained on more hospitals than would fit "
        "into one line, averaged over the last eleven checkpoints",
        "peer",
    ),
)

HEADS = ("linear", "knn", "trees")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a task is made like."""

    title: str
    family: str
    paper: str
    headline: tuple[str, str, str]
    better: Better = "higher"
    centre: float = 0.78
    spread: float = 0.05
    lead: float = 0.0
    inputs: tuple[str, ...] = ("ecg",)
    heads: tuple[str, ...] = HEADS
    others: tuple[str, ...] = ()
    rich: bool = False


SHAPES: dict[str, Shape] = {
    "five_class": Shape(
        title="Five-class CVD from ECG lead II, PTB-XL alone",
        family="probe",
        paper="3",
        headline=("ecg", "linear", "macro AUROC"),
        others=("macro AUPRC", "macro Brier score", "sensitivity at 90 % specificity"),
        lead=0.11,
        rich=True,
    ),
    "rhythm_ppg": Shape(
        title="Rhythm from PPG, six classes",
        family="probe",
        paper="3b",
        headline=("ppg", "linear", "macro AUROC"),
        centre=0.92,
        spread=0.02,
        lead=-0.03,
        inputs=("ppg",),
    ),
    "hypertension_vitaldb": Shape(
        title="Hypertension, diagnosed, VitalDB",
        family="probe",
        paper="4",
        headline=("ecg+ppg", "linear", "AUROC"),
        centre=0.7,
        inputs=("ecg+ppg", "ecg", "ppg"),
        rich=True,
    ),
    "age_ecg": Shape(
        title="Age from ECG lead II",
        family="probe",
        paper="6",
        headline=("ecg", "linear", "MAE, years"),
        better="lower",
        centre=12.5,
        spread=1.6,
        lead=2.5,
        others=("R2",),
    ),
    "ppg_to_ecg": Shape(
        title="PPG to ECG, BIDMC",
        family="paired",
        paper="1",
        headline=("ppg>ecg", "", "r aligned"),
        centre=0.4,
        spread=0.1,
        lead=0.2,
        inputs=("ppg>ecg",),
        heads=("",),
        others=("r raw", "RMSE, SD, aligned", "R-peak F1 at 50 ms, aligned", "HR MAE, beats/min"),
    ),
    "transfer_hr": Shape(
        title="Heart rate, learnt on one modality and read on the other",
        family="transfer",
        paper="",
        headline=("ecg>ppg", "linear", "MAE, beats/min"),
        better="lower",
        centre=4.1,
        spread=0.8,
        inputs=("ecg", "ppg", "ecg>ppg", "ppg>ecg"),
        heads=("linear",),
    ),
    "survival_simulated": Shape(
        title="Mortality in a simulated cohort",
        family="survival",
        paper="5",
        headline=("ecg+ppg", "linear", "C-index"),
        centre=0.66,
        lead=0.1,
        inputs=("ecg+ppg",),
        heads=("linear",),
    ),
}


def make(
    folder: Path,
    *,
    encoders: Sequence[tuple[str, str]] = ENCODERS[:9],
    tasks: Sequence[str] = tuple(SHAPES),
    quick: bool = False,
    seed: int = 0,
) -> Path:
    """Write a run folder and return it."""
    random = np.random.default_rng(seed)
    for name in tasks:
        save(task(name, encoders, random), folder / "tasks" / f"{name}.json")
    if "ppg_to_ecg" in tasks:
        signals(folder / "examples" / "ppg_to_ecg.npz", random)
    save(run(encoders, tasks, quick=quick), folder / "run.json")
    return folder


def run(encoders: Sequence[tuple[str, str]], tasks: Sequence[str], *, quick: bool = False) -> Run:
    """Return how a run came about."""
    columns = tuple(
        Column(
            name=name,
            kind=kind,
            dimension=256 if kind == "model" else 123,
            modalities=("ecg", "ppg") if kind != "trivial" else (),
            seconds=41.5,
            about="Weights of the package, verified by digest." if kind == "model" else "",
        )
        for name, kind in encoders
    )
    return Run(
        model=encoders[0][0] if encoders else "tiny",
        model_hash="3c0923cb5d1e77aa",
        version="0.1.0.dev0",
        date="2026-11-22",
        command="cardioprint bench --model tiny --out out/bench_tasks",
        quick=quick,
        seconds=5230.0,
        machine="2 cores, 24 GiB, no GPU",
        columns=columns,
        data=(
            Data(
                name="five_class",
                rows=2120,
                people=2104,
                abstained=31,
                licence="CC BY 4.0",
                sha256="0f1e2d3c4b5a6978",
                about="The source alone gives the class away with AUROC 0.70.",
            ),
            Data(name="bidmc", rows=2544, people=46, abstained=69, licence="ODC-By 1.0"),
        ),
        tasks=tuple(tasks),
    )


def task(name: str, encoders: Sequence[tuple[str, str]], random: np.random.Generator) -> TaskResult:
    """Return a task with figures of every kind that its shape has."""
    shape = SHAPES[name]
    scores = [
        score for k, encoder in enumerate(encoders) for score in _scores(shape, encoder, k, random)
    ]
    head = [s for s in scores if (s.inputs, s.head, s.measure) == shape.headline]
    facts = {
        "data": "A public table of ten-second windows, CC BY 4.0.",
        "people": "2,104 adults, told apart by the publisher\u2019s numbers.",
        "inputs": "ECG lead II, 10 s at 500 Hz.",
        "split": "Five folds by person, three seeds.",
        "metric": f"{shape.headline[2]} by person.",
        "caveats": "A simulated cohort." if shape.family == "survival" else "One centre only.",
    }
    return TaskResult(
        name=name,
        title=shape.title,
        family=shape.family,
        paper=shape.paper,
        facts=facts,
        headline=shape.headline,
        scores=tuple(scores),
        gaps=tuple(_gap(head[0], other) for other in head[1:]) if head else (),
        curves=_curves(shape, encoders, random) if shape.rich else (),
        reliability=_reliability(shape, encoders, random) if shape.rich else (),
        subgroups=_subgroups(shape, encoders, random) if shape.rich else (),
        audit=_audit(name) if shape.family == "probe" else {},
        examples="ppg_to_ecg.npz" if name == "ppg_to_ecg" else "",
        notes=("Prevalence 0.31; 12 rows abstained.",),
        seconds=312.4,
    )


def _scores(
    shape: Shape, encoder: tuple[str, str], k: int, random: np.random.Generator
) -> list[Score]:
    name, kind = encoder
    out = []
    sign = -1 if shape.better == "lower" else 1
    for measure in (shape.headline[2], *shape.others):
        heads = shape.heads if measure == shape.headline[2] else shape.heads[:1]
        for inputs in shape.inputs:
            for head in heads:
                centre, spread = shape.centre, shape.spread
                if measure != shape.headline[2]:
                    centre, spread = 0.42, 0.05
                value = centre + sign * (shape.lead if kind == "model" else 0)
                value += spread * float(random.normal()) * (0 if kind == "model" else 1)
                score = Score(
                    encoder=name,
                    kind=kind,
                    inputs=inputs,
                    head=head,
                    measure=measure,
                    better=shape.better if measure == shape.headline[2] else _better(measure),
                    value=value,
                    low=value - spread,
                    high=value + 0.9 * spread,
                    people=2104,
                    rows=2120,
                )
                if k == 5 and measure == shape.headline[2]:
                    score = replace(score, value=NAN, low=NAN, high=NAN, note="Refuses 25 Hz.")
                out.append(score)
    return out


def _better(measure: str) -> Better:
    return "lower" if any(word in measure for word in ("Brier", "RMSE", "MAE")) else "higher"


def _gap(own: Score, other: Score) -> Gap:
    gap = own.value - other.value
    half = 0.9 * abs(own.high - own.low) / 2 + 1e-9
    sure = math.isfinite(gap) and abs(gap) > half
    p = (0.002 if sure else 0.31) if math.isfinite(gap) else NAN
    ahead = (gap > 0) == (own.better == "higher")
    return Gap(
        a=own.encoder,
        b=other.encoder,
        inputs=own.inputs,
        head=own.head,
        measure=own.measure,
        better=own.better,
        gap=gap,
        low=gap - half,
        high=gap + half,
        p=p,
        adjusted=min(1.0, 6 * p) if math.isfinite(p) else NAN,
        winner=(own.encoder if ahead else other.encoder) if sure else "",
        people=own.people,
    )


def _curves(
    shape: Shape, encoders: Sequence[tuple[str, str]], random: np.random.Generator
) -> tuple[Curve, ...]:
    out = []
    ladders = (
        ("label efficiency", "share of people", (0.01, 0.05, 0.1, 0.25, 1.0)),
        ("ecg: muscle noise", "signal to noise, dB", (24.0, 18.0, 12.0, 6.0, 0.0, -6.0)),
        ("sampling rate", "Hz", (25.0, 50.0, 64.0, 100.0, 125.0, 250.0, 500.0)),
        ("ecg: polarity", "what was done", ("turned over",)),
    )
    inputs, _, measure = shape.headline
    for name, axis, at in ladders:
        for k, (encoder, _) in enumerate(encoders[:6]):
            top = shape.centre + 0.02 * float(random.normal())
            n = np.arange(len(at))
            # Few labels and much noise both take from a figure; noise grows with the step.
            lost = 0.2 * np.exp(-n / 1.5) if name == "label efficiency" else 0.03 * n
            value = np.maximum(top - lost, 0.5)
            if k == 2:
                value[0] = NAN
            out.append(
                Curve(
                    name=name,
                    encoder=encoder,
                    inputs=inputs,
                    measure=measure,
                    better=shape.better,
                    axis=axis,
                    at=at,
                    value=tuple(value.tolist()),
                    low=tuple((value - 0.03).tolist()),
                    high=tuple((value + 0.03).tolist()),
                    clean=NAN if name == "label efficiency" else top,
                )
            )
    return tuple(out)


def _reliability(
    shape: Shape, encoders: Sequence[tuple[str, str]], random: np.random.Generator
) -> tuple[Reliability, ...]:
    inputs, head, _ = shape.headline
    out = []
    for encoder, _ in encoders[:2]:
        for label in ("conduction", "normal", "infarct"):
            predicted = np.sort(random.uniform(0.02, 0.9, 10))
            observed = np.clip(predicted + 0.05 * random.normal(size=10), 0, 1)
            out.append(
                Reliability(
                    encoder=encoder,
                    inputs=inputs,
                    head=head,
                    label=label,
                    predicted=tuple(predicted.tolist()),
                    observed=tuple(observed.tolist()),
                    low=tuple(np.clip(observed - 0.08, 0, 1).tolist()),
                    high=tuple(np.clip(observed + 0.08, 0, 1).tolist()),
                    count=tuple(int(n) for n in random.integers(90, 260, 10)),
                    brier=0.142,
                    error=0.031,
                    slope=0.94,
                    intercept=-0.06,
                )
            )
    return tuple(out)


def _subgroups(
    shape: Shape, encoders: Sequence[tuple[str, str]], random: np.random.Generator
) -> tuple[Subgroup, ...]:
    inputs, head, measure = shape.headline
    out = []
    levels = {"sex": ("female", "male"), "age": ("below 40", "40 to 60", "from 60")}
    for group, names in levels.items():
        for level in names:
            for encoder, _ in encoders[:3]:
                value = shape.centre + 0.03 * float(random.normal())
                thin = level == "below 40"
                out.append(
                    Subgroup(
                        encoder=encoder,
                        inputs=inputs,
                        head=head,
                        measure=measure,
                        group=group,
                        level=level,
                        value=NAN if thin else value,
                        low=NAN if thin else value - 0.05,
                        high=NAN if thin else value + 0.05,
                        people=12 if thin else 640,
                        rows=12 if thin else 660,
                    )
                )
    return tuple(out)


def _audit(name: str) -> dict[str, object]:
    warned = name == "five_class"
    checks = [
        {
            "name": "people on both sides of a fold",
            "verdict": "pass",
            "sentence": "None of 2104 people; every row is tested once in 5 folds.",
            "value": 0.0,
        },
        {
            "name": "labels from metadata alone",
            "verdict": "warn" if warned else "pass",
            "sentence": "The source gives AUROC 0.70." if warned else "Metadata give 0.51.",
            "value": 0.7 if warned else 0.51,
        },
        {
            "name": "people shared with pretraining",
            "verdict": "pass",
            "sentence": "No database is shared.",
            "value": None,
        },
    ]
    return {"task": name, "verdict": "warn" if warned else "pass", "checks": checks}


def signals(path: Path, random: np.random.Generator) -> None:
    """Write three windows of ECG and PPG, and an ECG generated ever worse."""
    rate, seconds = 125.0, 10.0
    time = np.arange(round(rate * seconds)) / rate
    ecg, ppg, made = [], [], []
    for noise in (0.15, 0.45, 1.3):
        phase = (time * (1.1 + 0.1 * float(random.random()))) % 1
        beat = np.exp(-(((phase - 0.3) / 0.018) ** 2)) + 0.25 * np.exp(
            -(((phase - 0.58) / 0.06) ** 2)
        )
        pulse = np.exp(-(((phase - 0.55) / 0.13) ** 2)) + 0.3 * np.exp(
            -(((phase - 0.82) / 0.1) ** 2)
        )
        rough = np.convolve(random.normal(size=len(time)), np.ones(12) / 12, "same")
        ecg.append((beat - beat.mean()) / beat.std())
        ppg.append((pulse - pulse.mean()) / pulse.std())
        made.append(np.roll(ecg[-1], round(noise * 8)) * 0.8 + noise * rough)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        time=time,
        ecg=np.array(ecg, np.float32),
        ppg=np.array(ppg, np.float32),
        made=np.array(made, np.float32),
        r=np.array([0.91, 0.58, -0.12]),
        lag=np.array([0.0, 0.04, -0.12]),
        names=np.array(["best", "median", "worst"]),
    )
