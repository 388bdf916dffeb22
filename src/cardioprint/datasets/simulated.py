"""Virtual people as a database: nothing is stored but a plan, and a recording is made when read.

`simulated.json` in a folder says how many people, how long, from which seed. The same plan gives
the same recordings on every machine, so that a corpus of a million pairs can be built, killed
and built on without a byte of signal on a disk. Nobody was measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import files_named
from cardioprint.datasets.labels import clean
from cardioprint.errors import RecordError
from cardioprint.readers.safety import check_file, translated
from cardioprint.types import Channel, Modality, Record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source
    from cardioprint.simulate import Batch, Measured

PLAN = "simulated.json"
"""Name of a plan."""

RATE = 125.0
"""Hertz of a clean recording: what the preparation works at."""

SHORTEST, LONGEST = 2.0, 6 * 3600.0
"""Seconds: less holds no window, more would not fit into a small memory at once."""

LARGEST = 2**32
"""Seeds and numbers of people end here: chance knows no more (`simulate.draws`)."""

BLOCK_SECONDS, BLOCK_PEOPLE = 16_384, 256
"""People are simulated together, up to so many seconds or people: 16 people of 1,000 s take 74 ms
of a core each and 0.4 GB, one alone takes 400 ms."""

BLOCK_BYTES = 2**23
"""Bytes that a block counts for: a corpus shares out work by 16 MiB, so that its units end where
blocks do and none is simulated twice."""

LISTED = 4096
"""People drawn at a time to list them."""

WORDS = {
    "ATRIAL_FIBRILLATION": "af",
    "ATRIAL_FLUTTER": "flutter",
    "PREMATURE_ATRIAL": "pac",
    "PREMATURE_VENTRICULAR": "pvc",
    "SUPRAVENTRICULAR_TACHYCARDIA": "svt",
    "VENTRICULAR_TACHYCARDIA": "vt",
}
"""Names of `simulate.Rhythm` whose label is not the name in lower case."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be simulated.

    Raises:
        RecordError: A number that cannot be.
    """

    people: int
    """How many."""
    seconds: float
    """Length of each one's recording."""
    seed: int = 0
    """Of all chance."""
    first: int = 0
    """Number of the first person: more people of a seed are another plan in another folder."""
    devices: bool = True
    """Measured by devices with noise, artefacts and delay, instead of clean. Signals stay at
    `RATE`, whatever a device's own rate would be."""
    balanced: bool = False
    """As many people with each rhythm and each morphology, not as many as age makes likely."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("people", 1, LARGEST - 1),
            ("seed", 0, LARGEST - 1),
            ("first", 0, LARGEST - 1),
            ("seconds", SHORTEST, LONGEST),
        ):
            value = getattr(self, name)
            whole = type(value) is int or (name == "seconds" and type(value) is float)
            if not whole or not low <= value <= high:
                raise _refusal(name, value, f"give {low:g} to {high:g}")
        for name in ("devices", "balanced"):
            if type(getattr(self, name)) is not bool:
                raise _refusal(name, getattr(self, name), "give true or false")
        if self.first + self.people >= LARGEST:
            raise _refusal("first", self.first, "people are numbered below 2**32")

    @property
    def block(self) -> int:
        """People simulated together: a power of two."""
        most = min(max(int(BLOCK_SECONDS / self.seconds), 1), BLOCK_PEOPLE)
        return 1 << (most.bit_length() - 1)


def _refusal(field: str, value: object, fix: str) -> RecordError:
    return RecordError(f"{field} {value!r} cannot be simulated", source=PLAN, field=field, fix=fix)


def write_plan(folder: str | Path, plan: Plan) -> Path:
    """Write a plan into a folder, made if missing.

    Returns:
        Path of the plan.

    Raises:
        RecordError: There is another plan already.
    """
    path = Path(folder) / PLAN
    if path.exists():
        if read_plan(path) != plan:
            raise RecordError(
                "another plan is here: corpora may have been built from it",
                source=path,
                field="plan",
                fix="choose another folder; `first` numbers more people of the same seed",
            )
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(plan), indent=1) + "\n", encoding="utf-8")
    return path


def read_plan(path: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        RecordError: It is damaged, or asks for what cannot be.
    """
    check_file(path)
    with translated(path, what="plan", fix="write it anew with `write_plan`"):
        told = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(told, dict):
            raise ValueError("it is not a table of names and values")
        if strange := sorted(set(told) - {f.name for f in fields(Plan)}):
            raise ValueError(f"unknown entries {', '.join(strange)}")
        return Plan(**told)


def find(folder: Path) -> Iterator[Entry]:
    """List the people of all plans below a folder, without simulating a beat.

    Raises:
        RecordError: No such folder, or a damaged plan.
    """
    for path in files_named(folder, PLAN.replace(".", r"\.")):
        plan = read_plan(path)
        size = BLOCK_BYTES // plan.block
        for start in range(plan.first, plan.first + plan.people, LISTED):
            count = min(LISTED, plan.first + plan.people - start)
            for person, labels in enumerate(_labels(plan, start, count), start=start):
                yield Entry(
                    database="simulated",
                    record=f"{plan.seed}_{person}",
                    path=str(path),
                    part=str(person),
                    subject=f"simulated_{plan.seed}_{person}",
                    labels=labels,
                    size=size,
                )


def _labels(plan: Plan, start: int, count: int) -> Iterator[dict[str, float | str]]:
    """Yield what is known of people as their recording finds them."""
    from cardioprint.simulate import Backend, Draws, Morphology, cohort, visit

    b = Backend(dtype=_dtype(plan))
    people = start + b.arange(count)
    lifelong = Draws(backend=b, seed=plan.seed, people=people)
    today = Draws(backend=b, seed=plan.seed, people=people, record=1)
    found = visit(cohort(lifelong, balanced=plan.balanced), today)
    for i in range(count):
        yield clean(
            {
                "age": round(float(found.age[i]), 1),
                "sex": "M" if found.male[i] else "F",
                "height": round(100 * float(found.height[i]), 1),
                "weight": round(float(found.weight[i]), 1),
                "sbp": round(float(found.systolic[i]), 1),
                "dbp": round(float(found.diastolic[i]), 1),
                "hypertension": float(found.hypertension[i]),
                "diagnosis": Morphology(int(found.morphology[i])).name.lower(),
            }
        )


def _dtype(plan: Plan) -> str:
    """Return the precision that `simulate.pairs` takes, so that labels are of the same people."""
    from cardioprint.simulate.batch import FLOAT32_SECONDS

    return "float32" if plan.seconds <= FLOAT32_SECONDS else "float64"


def read(entry: Entry) -> Iterator[Source]:
    """Simulate a person, and with them their block, which is kept for the next entries.

    Raises:
        RecordError: The plan is damaged, or does not hold the person any more.
    """
    from cardioprint.signal.blocks import InMemory  # brings SciPy

    plan = read_plan(Path(entry.path))
    number = int(entry.part) - plan.first
    if not 0 <= number < plan.people or entry.record != f"{plan.seed}_{entry.part}":
        raise RecordError(
            f"person {entry.part} is not in this plan",
            source=entry.path,
            field="people",
            fix="list the folder anew: the plan has changed",
        )
    yield InMemory(record=_block(plan, number // plan.block)[number % plan.block])


@lru_cache(maxsize=1)  # entries come in order: the same block again, then the next
def _block(plan: Plan, number: int) -> tuple[Record, ...]:
    """Return the recordings of one block, always simulated whole: equal to the last bit."""
    from cardioprint.simulate import DeviceConfig, measured, pairs

    start = number * plan.block
    batch = pairs(
        min(plan.block, plan.people - start),
        plan.seed,
        seconds=plan.seconds,
        sampling_rate=RATE,
        first=plan.first + start,
        balanced=plan.balanced,
    )
    shown, unit, kinds = batch, "%", [""] * len(batch)
    if plan.devices:
        config = DeviceConfig()
        shown, unit = measured(batch, seed=plan.seed, config=config), "NU"
        kinds = [config.kinds[int(kind)].name for kind in shown.device.kind]
    people = range(plan.first + start, plan.first + start + len(batch))
    return tuple(_record(plan, shown, i, person, unit, kinds[i]) for i, person in enumerate(people))


def _record(
    plan: Plan, batch: Batch | Measured, row: int, person: int, unit: str, device: str
) -> Record:
    from cardioprint.simulate import Rhythm

    truth = batch.truth
    beats = int(np.count_nonzero(truth.kinds[row] >= 0))
    rhythm = Rhythm(int(truth.rhythm[row])).name
    name = f"simulated_{plan.seed}_{person}"

    def channel(name: str, modality: Modality, x: Any, unit: str, lead: str, site: str) -> Channel:
        return Channel(
            name=name,
            modality=modality,
            sampling_rate=batch.sampling_rate,
            samples=np.array(x, np.float32),
            unit=unit,
            lead=lead,
            site=site,
        )

    return Record(
        channels=(
            channel("II", Modality.ECG, batch.ecg[row, 0], "mV", "II", ""),
            channel("PPG", Modality.PPG, batch.ppg[row], unit, "", batch.site),
        ),
        subject=name,
        source="cardioprint.simulate",
        name=name,
        notes={
            "rhythm": WORDS.get(rhythm, rhythm.lower()),
            "heart_rate": f"{60 * beats / plan.seconds:.1f}",
            **({"device": device} if device else {}),
        },
    )


DATABASE = Database(
    name="simulated",
    title="Virtual people of cardioprint",
    publisher="you: made by a program, nobody was measured",
    version="1",
    licence="simulated, no person: no licence is needed",
    access="open",
    citation="cardioprint.simulate",
    document="python -m pydoc cardioprint.simulate",
    rates=(RATE,),
    channels=("II", "PPG"),
    labels=(
        *("age", "sex", "height", "weight", "sbp", "dbp", "hypertension"),
        *("heart_rate", "rhythm", "diagnosis", "device"),
    ),
    defects=(
        "Nobody here is real: results on it say what the simulator holds, not what people have. "
        "docs/results/realism.md compares it with recordings.",
        "rhythm is true of the recording as a whole: one premature beat names it, and a window "
        "of it need not show it.",
    ),
    pretraining=True,
    released=True,
    virtual=True,
    files=Files(
        kind="",
        steps=(
            "write a plan: cardioprint simulate --people 1000 --minutes 16 --plan FOLDER",
            "build it: cardioprint corpus build simulated=FOLDER --out CORPUS",
        ),
    ),
    find=find,
    read=read,
)
