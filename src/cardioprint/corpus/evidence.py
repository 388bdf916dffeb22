"""Candidates confirmed: their windows are read and their waveforms compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cardioprint.corpus import proof
from cardioprint.corpus.beatprints import TICKS, Scan
from cardioprint.corpus.proof import NOTHING, Likeness
from cardioprint.corpus.votes import Candidates

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

LOOKED_AT = 60.0
"""Seconds on either side of the votes that are read to compare waveforms."""

TOGETHER = 128
"""Candidates whose windows are read in one go."""

LIMIT, FULL = 0.3, 9
"""Highest contrast of a copy, and chunks (of 4 s) from which on it holds; with fewer it falls
with their fourth power, as hearts may be in step for some beats by chance: 0.0007 for 8 s, 0.1
for 28 s. Among 7,500 candidates of different people in 250 hours of intensive care the lowest
was 0.08 in 8 s, 0.2 in 16 to 20 s, 0.3 up to 36 s, and 0.6 beyond. Good copies have 0.00."""

LEAST = 0.7
"""Lowest correlation of a copy. Noise of 0 dB in one of two copies leaves 0.7."""

AGREED, CONTRADICTED = 0.15, 0.6
"""Contrasts of the other modality: below the first its chunks count as well; above the second it
speaks against a copy, which then has to be ten times as certain."""

ANOTHER = 1.0
"""Seconds by which shifts of two copied stretches of one pair of records differ."""


class Rows(Protocol):
    """What the windows are read from; `store.Corpus` is one."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterable[pa.RecordBatch]: ...  # noqa: D102
    def take(self, rows: Any, columns: Sequence[str] | None = None) -> pa.Table: ...  # noqa: D102


def confirmed(
    rows: Rows,
    found: Scan,
    c: Candidates,
    window: float,
    tell: Callable[[str, float], None],
) -> Iterator[dict[str, Any]]:
    """Yield the candidates whose waveforms agree: one row a pair of records and shift."""
    reader = _Waveforms(rows, found, window)
    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for first in range(0, len(c), TOGETHER):
        tell("compare waveforms", first / len(c))
        part = c.at(np.arange(first, min(first + TOGETHER, len(c))))
        reader.load(part)
        for i in range(len(part)):
            pair = _compared(reader, part, i)
            if pair is None:
                continue
            known = held.setdefault((pair["a"], pair["b"]), [])
            twin = next((p for p in known if abs(p["offset"] - pair["offset"]) < ANOTHER), None)
            if twin is None:
                known.append(pair)
                continue
            modalities = sorted({*twin["found"].split("+"), pair["found"]})
            best = min(twin, pair, key=lambda p: p["contrast"])
            most = max(twin["votes"], pair["votes"])
            twin.update(best, found="+".join(modalities), votes=most)
    for known in held.values():
        yield from known


def _compared(reader: _Waveforms, c: Candidates, i: int) -> dict[str, Any] | None:
    """Return a candidate as a row of the table if its waveforms agree, else None."""
    found, own = reader.found, int(c.channel[i])
    a, b = int(c.a[i]), int(c.b[i])
    like = [NOTHING, NOTHING]
    begin = [0, 0]
    for channel in (own, 1 - own):
        one, begin[0] = reader.wave(a, channel, *reader.span(c, i, 0))
        other, begin[1] = reader.wave(b, channel, *reader.span(c, i, 1))
        shift = round(c.shift[i] / TICKS) + begin[0] - begin[1]
        centre = round((c.first[i] + c.last[i]) / 2 / TICKS) - begin[0]
        near = proof.NEAR if channel == own else proof.OTHER_DELAY
        like[channel] = proof.compare(one, other, shift, rate=found.rate, centre=centre, near=near)
    best = min((0, 1), key=lambda k: like[k].contrast)
    if not same(like[best], like[1 - best]):
        return None
    names = [found.record[a], found.record[b]]
    people = [found.subject[a], found.subject[b]]
    # Of the ECG where it says something: a PPG may be later in one of two copies.
    clock = 0 if same(like[0], NOTHING) else best
    shift = round(c.shift[i] / TICKS) + like[clock].shift
    zero = [float(reader.starts[found.edges[run]]) for run in (a, b)]
    ends = [float(reader.starts[found.edges[run + 1] - 1]) + reader.window for run in (a, b)]
    offset = shift / found.rate + zero[1] - zero[0]
    overlap = min(ends[0] + offset, ends[1]) - max(zero[0] + offset, zero[1])
    if names[1] < names[0]:
        names, people, offset = names[::-1], people[::-1], -offset
    correlation = [k.correlation if k.chunks else None for k in like]
    return {
        "a": names[0],
        "b": names[1],
        "subject_a": people[0],
        "subject_b": people[1],
        "offset": offset,
        "overlap": overlap,
        "correlation": correlation[best],
        "ecg_correlation": correlation[0],
        "ppg_correlation": correlation[1],
        "contrast": like[best].contrast,
        "compared": like[best].chunks * proof.CHUNK,
        "votes": int(c.votes[i]),
        "found": ("ecg", "ppg")[own],
    }


def same(one: Likeness, other: Likeness) -> bool:
    """Return whether one modality shows two stretches to be the same seconds.

    Args:
        one: The modality with the smaller contrast.
        other: The other one.
    """
    chunks = one.chunks + (other.chunks if other.contrast < AGREED else 0)
    limit = LIMIT * min(1.0, chunks / FULL) ** 4
    if other.chunks and other.contrast > CONTRADICTED:
        limit /= 10
    return abs(one.correlation) >= LEAST and one.contrast <= limit


class _Waveforms:
    """Reads the windows of some candidates at a time, each once."""

    def __init__(self, rows: Rows, found: Scan, window: float):
        self._rows, self.found, self.window = rows, found, window
        self._length = round(window * found.rate)
        self.starts = found.starts()
        self._place: dict[int, int] = {}
        self._signals = np.zeros((0, 2, self._length), np.float32)

    def span(self, c: Candidates, i: int, side: int) -> tuple[int, int]:
        """Return the first and last sample of the run that are looked at."""
        reach = LOOKED_AT + (proof.BESIDE[1] + proof.OTHER_DELAY if side else 0)
        middle = (c.first[i] + c.last[i]) / 2 + (c.shift[i] if side else 0)
        at, reach = round(middle / TICKS), round(reach * self.found.rate)
        return at - reach, at + reach

    def _rows_of(self, run: int, first: int, last: int) -> NDArray[np.int64]:
        begin, stop = self.found.edges[run : run + 2]
        start = np.rint((self.starts[begin:stop] - self._zero(run)) * self.found.rate)
        return begin + np.flatnonzero((start + self._length > first) & (start < last))

    def _zero(self, run: int) -> float:
        return float(self.starts[self.found.edges[run]])

    def load(self, c: Candidates) -> None:
        """Read the windows of these candidates."""
        from cardioprint.corpus.windows import signals

        wanted = [
            self._rows_of(int(run), *self.span(c, i, side))
            for i in range(len(c))
            for side, run in enumerate((c.a[i], c.b[i]))
        ]
        index = np.unique(np.concatenate(wanted))
        columns = ["samples", *(f"{m}_{k}" for m in ("ecg", "ppg") for k in ("scale", "offset"))]
        self._signals = signals(self._rows.take(index, columns))
        self._place = dict(zip(index.tolist(), range(len(index)), strict=True))

    def wave(
        self, run: int, channel: int, first: int, last: int
    ) -> tuple[NDArray[np.float32], int]:
        """Return one modality of a run, NaN where not measured, and its first sample's place."""
        rows = self._rows_of(run, first, last)
        if len(rows) == 0:
            return np.zeros(0, np.float32), first
        start = self.starts[rows] - self._zero(run)
        place = np.rint(start * self.found.rate).astype(np.int64)
        out = np.full(place[-1] - place[0] + self._length, np.nan, np.float32)
        for row, at in zip(rows.tolist(), (place - place[0]).tolist(), strict=True):
            out[at : at + self._length] = self._signals[self._place[row], channel]
        return out, int(place[0])
