"""DICOM waveforms (12-lead ECG, general ECG, haemodynamic): one multiplex group a rate.

Standard: PS3.3 C.10.9 Waveform Module.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ChannelError, RecordError, TruncatedFileError, UnitError
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile, Span
from cardioprint.readers.naming import identify
from cardioprint.readers.safety import check_file, translated
from cardioprint.readers.series import Series, check_given_rate, make_file
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPES = {"SS": "<i2", "US": "<u2", "SB": "i1", "UB": "u1", "SL": "<i4", "UL": "<u4"}
"""Sample types by Waveform Sample Interpretation; those of audio (MB, AB) are refused."""


def open_dicom(path: Path, request: Request) -> RecordFile:
    """Open a DICOM waveform. Derived groups (median beats) are left out where others exist.

    Nothing that identifies the patient is taken over: `subject` is the caller's.

    Raises:
        RecordError: Damaged, or not a waveform.
        TruncatedFileError: A group holds fewer bytes than it promises.
        UnitError: An ECG channel without sensitivity.
    """
    import pydicom

    check_file(path)
    with translated(path, what="DICOM file"):
        dataset = pydicom.dcmread(path)
        groups = list(dataset.get("WaveformSequence") or [])
        derived = [str(g.get("WaveformOriginality", "")) == "DERIVED" for g in groups]
    if not groups:
        raise ChannelError(
            "the object holds no waveform",
            source=path,
            field="WaveformSequence",
            fix="give a waveform object: an ECG, not an image or a report",
        )
    original = [g for g, from_others in zip(groups, derived, strict=True) if not from_others]
    notes = {}
    if original and len(original) < len(groups):
        left = len(groups) - len(original)
        notes["left_out"] = f"{left} derived multiplex groups, such as median beats"
    series: list[Series] = []
    samples: list[NDArray[np.float64]] = []
    for number, group in enumerate(original or groups):
        with translated(path, what=f"multiplex group {number}"):
            found = _group(group, number, path, {s.name for s in series}, dataset)
        for one, values in found:
            series.append(one)
            samples.append(values)
    check_given_rate([float(s.sampling_rate) for s in series], request, path)  # type: ignore[arg-type]

    def load(spans: Sequence[Span]) -> list[NDArray[np.float64]]:
        return [samples[i][first:last] for i, first, last in spans]

    return make_file(path, series=series, request=request, load=load, notes=notes)


def looks_like_dicom(path: Path) -> bool:
    """Return True where the object holds a waveform."""
    import pydicom

    try:
        with translated(path, what="DICOM file"):
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            return bool(dataset.get("WaveformSequence"))
    except RecordError:
        return False


def _group(
    group: Any, number: int, path: Path, taken: set[str], dataset: Any
) -> list[tuple[Series, NDArray[np.float64]]]:
    """Return the channels of one multiplex group, in their own units."""
    field = f"multiplex group {number}"
    n_channels = int(group.NumberOfWaveformChannels)
    n_samples = int(group.NumberOfWaveformSamples)
    kind = str(group.WaveformSampleInterpretation)
    described = group.ChannelDefinitionSequence
    if kind not in _DTYPES or n_channels != len(described):
        raise RecordError(
            f"{n_channels} channels of type {kind!r}, {len(described)} described",
            source=path,
            field=field,
            fix=f"export the object again; known types: {', '.join(_DTYPES)}",
        )
    big = getattr(dataset, "original_encoding", (True, True))[1] is False
    dtype = np.dtype(_DTYPES[kind]).newbyteorder(">" if big else "<")
    data = bytes(group.WaveformData)
    needed = n_channels * n_samples * dtype.itemsize
    if len(data) < needed:
        raise TruncatedFileError(
            f"{needed} bytes of samples are promised, {len(data)} are there",
            source=path,
            field=field,
            fix="copy the file again",
        )
    if len(data) > needed + 1:  # one byte pads to even length
        raise RecordError(
            f"{needed} bytes of samples are promised, {len(data)} are there",
            source=path,
            field=field,
            fix="the numbers of channels and samples do not fit the data; export it again",
        )
    counts = np.frombuffer(data[:needed], dtype).reshape(n_samples, n_channels)
    padding = group.get("WaveformPaddingValue")
    if isinstance(padding, bytes):
        padding = np.frombuffer(padding[: dtype.itemsize], dtype)[0]
    rate = float(group.SamplingFrequency)
    offset = float(group.get("MultiplexGroupTimeOffset") or 0.0) * 1e-3  # stated in ms
    found = []
    for i, channel in enumerate(described):
        name = _name(channel) or f"channel {i}"
        name = f"{name} (group {number})" if name in taken else name
        values = counts[:, i].astype(np.float64)
        if padding is not None:
            values[counts[:, i] == padding] = np.nan
        sensitivity = channel.get("ChannelSensitivity")
        if sensitivity is None:
            if identify(name).modality == Modality.ECG:
                raise UnitError(
                    f"ECG channel {name!r} states no sensitivity: its samples are mere counts",
                    source=path,
                    field="ChannelSensitivity",
                    fix="export the object with calibration",
                )
            unit = ""
        else:
            factor = float(channel.get("ChannelSensitivityCorrectionFactor") or 1.0)
            values *= float(sensitivity) * factor
            values += float(channel.get("ChannelBaseline") or 0.0)
            units = channel.get("ChannelSensitivityUnitsSequence")
            unit = str(units[0].CodeValue) if units else ""
        skew = float(channel.get("ChannelTimeSkew") or 0.0)
        skew += float(channel.get("ChannelSampleSkew") or 0.0) / rate if rate > 0 else 0.0
        found.append(
            (
                Series(
                    name=name,
                    n_samples=n_samples,
                    sampling_rate=rate,
                    unit=unit,
                    start=offset + skew,
                ),
                values,
            )
        )
    return found


def _name(channel: Any) -> str:
    """Return the channel's label, else the meaning of its source code (`Lead I (Einthoven)`)."""
    label = str(channel.get("ChannelLabel") or "").strip()
    source = channel.get("ChannelSourceSequence")
    return label or (str(source[0].get("CodeMeaning") or "").strip() if source else "")
