"""Heads on recordings and on fingerprint files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ChannelError, ModelError, RecordError
from cardioprint.fingerprints import table
from cardioprint.fingerprints.heads.answer import Answer
from cardioprint.fingerprints.heads.head import Head
from cardioprint.fingerprints.pipeline import Recording, fingerprint, opened, session
from cardioprint.fingerprints.result import Fingerprints, weighted_mean
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.blocks import Source
    from cardioprint.types import Record

COLUMNS = (
    "level",
    "record",
    "subject",
    "source",
    "start_s",
    "used",
    "quality_ecg",
    "quality_ppg",
    "reason",
    "heart_rate_ecg_bpm",
    "heart_rate_ppg_bpm",
    "arrival_time_s",
    "model",
    "fingerprint",
)
"""Of a fingerprint file of any release: see `table.schema`."""

ROWS = 2048
"""Rows of a fingerprint file in memory at a time, beside those of one record."""


@dataclass(frozen=True)
class Only:
    """A recording of which nothing but some modalities is seen."""

    source: Source
    modalities: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the record."""
        return self.source.name

    @property
    def subject(self) -> str:
        """The person."""
        return self.source.subject

    @property
    def path(self) -> Any:
        """File, for messages and provenance."""
        return getattr(self.source, "path", "memory")

    @property
    def channels(self) -> Sequence[Any]:
        """The channels that are seen."""
        return [c for c in self.source.channels if c.modality in self.modalities]

    def read(
        self, start: float = 0.0, stop: float | None = None, channels: Iterable[str] | None = None
    ) -> Record:
        """Return samples of the channels that are seen."""
        names = [c.name for c in self.channels] if channels is None else channels
        return self.source.read(start, stop, names)


def ask(
    heads: Sequence[Head],
    recording: Recording,
    *,
    lead: str = "",
    site: str = "",
    model: str | Path = "tiny",
    precision: str = "int8",
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    reader: Mapping[str, Any] | None = None,
) -> list[Answer]:
    """Return what each head says of one recording.

    Each head gets fingerprints of the modalities that it learnt from and no others, whatever else
    was recorded. They are made once for all heads that read the same.

    Args:
        heads: All of the model's.
        recording: As in `pipeline.fingerprint`; so are the arguments that follow.
        lead: ECG lead or channel name.
        site: PPG site or channel name.
        model: Packaged model or model folder.
        precision: "int8" or "float32".
        threads: Threads.
        progress: Called with the share that is done.
        reader: Arguments for `open_record`.

    Raises:
        RecordError: The recording cannot be read.
        ModelError: A head belongs to another model.
    """
    held = session(model, precision, threads).model_id
    for head in heads:
        if head.card.model != held:
            raise ModelError(
                f"head {head.card.name!r} belongs to {head.card.model}, not to {held}. "
                "Fix: give its model with --model, or fit the head again"
            )
    source = opened(recording, **(reader or {}))
    present = {str(c.modality) for c in source.channels}
    if not present & {str(m) for m in MODALITIES}:
        raise ChannelError(
            "there is neither ECG nor PPG",
            source=getattr(source, "path", source.name),
            field="channels",
            fix="say what its columns are with --columns, or give another recording",
        )
    wanted = dict.fromkeys(h.card.modality for h in heads)
    possible = [w for w in wanted if set(w.split("+")) <= present]
    answers: dict[int, Answer] = {}
    for done, modality in enumerate(possible):
        seen = Only(source, tuple(modality.split("+")))

        def update(share: float, done: int = done) -> None:
            if progress:
                progress((done + share) / len(possible))

        prints = fingerprint(
            seen,
            model=model,
            precision=precision,
            lead=lead if "ecg" in seen.modalities else "",
            site=site if "ppg" in seen.modalities else "",
            threads=threads,
            progress=update,
        )
        for place, head in enumerate(heads):
            if head.card.modality == modality:
                answers[place] = head.answer(prints)
    return [answers.get(i) or _absent(h, source) for i, h in enumerate(heads)]


def _absent(head: Head, source: Source) -> Answer:
    """Return the answer of a head whose signal was not recorded."""
    return Answer(
        head=head.card.name,
        record=source.name,
        subject=source.subject,
        source=str(getattr(source, "path", "memory")),
        outputs=head.card.outputs,
        unit=head.card.unit,
        windows=0,
        used=0,
        abstained={},
        level=head.card.interval.level,
        why=f"no {head.card.modality.upper()} was recorded",
    )


def is_fingerprints(path: Path) -> bool:
    """Return whether a file holds fingerprints rather than a recording."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return False
    try:
        table.model_of(path)
    except RecordError:
        return False
    return True


def read_fingerprints(path: Path) -> Iterator[Fingerprints]:
    """Yield the records of a file that `cardioprint fingerprint` wrote.

    What a file of an older release does not hold is None: see `table.FACTS`.

    Raises:
        RecordError: It holds something else, or is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table.model_of(path)
    try:
        file = pq.ParquetFile(path)
        absent = sorted(set(COLUMNS) - set(file.schema_arrow.names))
        if absent:
            raise RecordError(
                "a column of fingerprint files is missing", source=path, field=absent[0]
            )
        features = int(file.schema_arrow.field("fingerprint").type.list_size)
        facts = [name for name in table.FACTS if name in file.schema_arrow.names]
        rows = _rows(file, [*COLUMNS, *facts])
        for _, some in groupby(rows, lambda row: (row["source"], row["record"])):
            yield _record([dict.fromkeys(table.FACTS) | row for row in some], features)
    except (OSError, pa.ArrowException, AttributeError, TypeError, ValueError) as error:
        raise RecordError(
            f"the file is damaged ({str(error)[:200]})",
            source=path,
            fix="write it again with `cardioprint fingerprint`",
        ) from None


def _rows(file: Any, columns: list[str]) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(batch_size=ROWS, columns=columns):
        yield from batch.to_pylist()


def _record(whole: list[dict[str, Any]], features: int) -> Fingerprints:
    """Return one record's fingerprints of its rows: one of its own, and one a window."""
    first = whole[0]
    rows = [r for r in whole if r["level"] == "window"]
    known = first["window_s"] is not None
    blank = np.full(features, np.nan, np.float32)

    def numbers(*names: str) -> np.ndarray:
        values = [[np.nan if r[n] is None else r[n] for n in names] for r in rows]
        return np.asarray(values, np.float32).reshape(len(rows), len(names))

    listed = [blank if r["fingerprint"] is None else r["fingerprint"] for r in rows]
    vectors = np.asarray(listed, np.float32).reshape(len(rows), features)
    used = np.array([[m in r["used"].split("+") for m in MODALITIES] for r in rows], bool)
    used = used.reshape(len(rows), 2)
    quality = numbers("quality_ecg", "quality_ppg")
    start = np.array([r["start_s"] for r in rows], np.float64)
    names = [first[f"channel_{m}"] for m in MODALITIES]
    if not known:
        names = [m if np.isfinite(quality[:, i]).any() else "" for i, m in enumerate(MODALITIES)]
    places = (first["lead_ecg"], first["site_ppg"])
    unused = next((r["unused_s"] for r in whole if r["level"] == "record"), None)
    stride = float(np.median(np.diff(start))) if len(start) > 1 else 0.0
    return Fingerprints(
        vectors=vectors,
        vector=weighted_mean(vectors, used, quality),
        start=start,
        used=used,
        quality=quality,
        reasons=tuple(r["reason"] for r in rows),
        heart_rate=numbers("heart_rate_ecg_bpm", "heart_rate_ppg_bpm"),
        arrival_time=numbers("arrival_time_s")[:, 0],
        window=float(first["window_s"]) if known else stride,
        record=first["record"],
        subject=first["subject"] or "",
        source=first["source"],
        channels=(str(names[0] or ""), str(names[1] or "")),
        selection="",
        model=first["model"],
        unused=float("nan") if unused is None else float(unused),
        seconds=_seconds(rows, numbers("seconds_ecg", "seconds_ppg"), known),
        places=None if None in places else (str(places[0]), str(places[1])),
    )


def _seconds(
    rows: list[dict[str, Any]], seconds: NDArray[np.float32], known: bool
) -> NDArray[np.float32] | None:
    """Return seconds of signal; None where a channel that was used has none written down."""
    missing = any(
        r[f"seconds_{m}"] is None for r in rows for m in MODALITIES if m in r["used"].split("+")
    )
    return None if missing or not known else seconds
