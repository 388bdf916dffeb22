"""From what a file holds to what a record is: names, modalities, units, rates, all checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cardioprint.errors import ChannelError, SamplingRateError
from cardioprint.readers.columns import ColumnSpec, Request, parse_spec, position
from cardioprint.readers.files import ChannelInfo, Load, RecordFile, Span
from cardioprint.readers.naming import OTHER, Identity, identify
from cardioprint.readers.units import ecg_factor
from cardioprint.types import LOWEST_RATE, Modality, check_rate


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series of numbers as the file describes it.

    Attributes:
        name: As in the file; "" where the file gives none.
        n_samples: Length.
        sampling_rate: Hertz, unchecked.
        unit: As in the file; "" where the file gives none.
        start: Seconds after the record's zero.
        guess: What it is, where the format says more than the name does.
    """

    name: str
    n_samples: int
    sampling_rate: object
    unit: str = ""
    start: float = 0.0
    guess: Identity | None = None


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    place: int
    info: ChannelInfo
    factor: float


def make_file(
    path: Path,
    *,
    series: Sequence[Series],
    request: Request,
    load: Load,
    notes: Mapping[str, str] | None = None,
    name: str = "",
    skip: Collection[int] = (),
) -> RecordFile:
    """Choose, name and check the channels of a file.

    Args:
        path: The file.
        series: Everything it holds, in file order.
        request: What the caller said.
        load: Reads spans by position in `series`, in the file's units.
        notes: See `RecordFile`.
        name: Name of the record; by default that of the file.
        skip: Positions that are no channels unless asked for: times, text.

    Raises:
        ChannelError: Nothing to read, nothing recognised, or one name twice.
        UnitError: An ECG without a unit of voltage.
        SamplingRateError: A rate that cannot be true.
    """
    chosen = _choose(series, request, path, skip)

    def load_in_units(spans: Sequence[Span]) -> list:
        raw = load([(chosen[i].place, first, last) for i, first, last in spans])
        return [
            samples if chosen[i].factor == 1.0 else samples * chosen[i].factor
            for (i, _, _), samples in zip(spans, raw, strict=True)
        ]

    return RecordFile(
        path=path,
        name=name or path.stem,
        channels=tuple(c.info for c in chosen),
        load=load_in_units,
        subject=request.subject,
        notes=dict(notes or {}),
    )


def check_given_rate(found: Sequence[float], request: Request, path: Path) -> None:
    """Refuse a `sampling_rate` argument that contradicts every rate in the file.

    Raises:
        SamplingRateError: The two differ by more than 0.1 %.
    """
    given = request.sampling_rate
    if given is None or not found:
        return
    given = check_rate(given, source=path, lowest=1e-6)
    if not any(abs(rate - given) <= 1e-3 * given for rate in found):
        raise SamplingRateError(
            f"sampling_rate={given:g} was given, but the file says "
            f"{', '.join(f'{r:g}' for r in sorted(set(found)))} Hz",
            source=path,
            field="sampling_rate",
            fix="leave the argument out, or correct the file",
        )


def _choose(
    series: Sequence[Series], request: Request, path: Path, skip: Collection[int]
) -> list[_Chosen]:
    names = [s.name for s in series]
    if not series:
        raise ChannelError(
            "the file has no channels", source=path, field="channels", fix="give another file"
        )
    if request.columns is None:
        empty = ColumnSpec(identity=None)
        places = [
            (i, s.guess or identify(s.name, s.unit), empty)
            for i, s in enumerate(series)
            if i not in skip
        ]
        if all(identity.modality == Modality.OTHER for _, identity, _ in places):
            raise ChannelError(
                f"none of {', '.join(map(repr, names[:40]))} is recognised as ECG or PPG",
                source=path,
                field="channels",
                fix="say what they are: columns={name or position: 'ecg:II:mV' or 'ppg:finger'}",
            )
    else:
        places = []
        for key, text in request.columns.items():
            spec = parse_spec(text, source=path, key=key)
            if spec.identity is not None:
                place = position(key, names, source=path, argument="columns")
                places.append((place, _with_lead(spec.identity, series[place]), spec))
        if not places:
            raise ChannelError(
                "columns names no ECG, PPG or other channel",
                source=path,
                field="columns",
                fix="add for example {'II': 'ecg:II:mV'}",
            )
    labels = _labels([(series[i].name, identity) for i, identity, _ in places], places, request)
    _refuse_twins(labels, path)
    for label, (i, _, _) in zip(labels, places, strict=True):
        names[i] = names[i] or label  # so that units= can name what the file does not
    units = _given_units(request, names, path)
    chosen = []
    for label, (i, identity, spec) in zip(labels, places, strict=True):
        is_ecg = identity.modality == Modality.ECG
        given = spec.unit or units.get(i, "")
        if not given and isinstance(request.units, str) and is_ecg:
            given = request.units
        unit, factor = given or series[i].unit, 1.0
        if is_ecg:
            factor, unit = ecg_factor(unit, given=bool(given), source=path, channel=label)
        if series[i].sampling_rate is None:
            raise SamplingRateError(
                f"the file states no sampling rate for {label!r}",
                source=path,
                field="sampling_rate",
                fix="pass sampling_rate= in hertz, or columns={'name': 'time_ms', ...} where a "
                "column holds times",
            )
        chosen.append(
            _Chosen(
                place=i,
                factor=factor,
                info=ChannelInfo(
                    name=label,
                    modality=identity.modality,
                    sampling_rate=check_rate(
                        series[i].sampling_rate,
                        source=path,
                        field=f"sampling_rate of {label}",
                        lowest=1e-6 if identity.modality == Modality.OTHER else LOWEST_RATE,
                    ),
                    n_samples=series[i].n_samples,
                    unit=unit,
                    lead=identity.lead,
                    site=identity.site,
                    start=series[i].start,
                ),
            )
        )
    return chosen


def _with_lead(identity: Identity, series: Series) -> Identity:
    """Fill in the lead or site from the file's own name where the caller gave none."""
    guess = series.guess or identify(series.name, series.unit)
    if guess.modality != identity.modality or identity.lead or identity.site or guess == OTHER:
        return identity
    return guess


def _given_units(request: Request, names: Sequence[str], path: Path) -> dict[int, str]:
    if request.units is None or isinstance(request.units, str):
        return {}
    return {
        position(key, names, source=path, argument="units"): unit
        for key, unit in request.units.items()
    }


def _labels(named: list[tuple[str, Identity]], places: list, request: Request) -> list[str]:
    """Return channel names: the file's, else the lead or the modality.

    Nameless columns, and equal names chosen by position, get their position added.
    """
    labels = [name or identity.lead or identity.modality.value.upper() for name, identity in named]
    by_position = request.columns is not None or any(not name for name, _ in named)
    if not by_position:
        return labels
    return [
        f"{label} [{place}]" if labels.count(label) > 1 else label
        for label, (place, _, _) in zip(labels, places, strict=True)
    ]


def _refuse_twins(labels: Sequence[str], path: Path) -> None:
    twice = sorted({n for n in labels if labels.count(n) > 1})
    if twice:
        raise ChannelError(
            f"channel names appear more than once: {', '.join(twice)}",
            source=path,
            field="channels",
            fix="pick them by position, e.g. columns={0: 'ecg:I', 1: 'ecg:II'}",
        )
