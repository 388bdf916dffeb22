"""Which ECG lead and which PPG channel of a record are used, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from cardioprint.errors import ChannelError
from cardioprint.signal.preparation import MODALITIES, Preparation, cut, prepare
from cardioprint.signal.quality import assess
from cardioprint.types import Modality

if TYPE_CHECKING:
    from cardioprint.types import Record

PREFERRED_LEADS = ("II", "MLII", "I")
"""In this order where no lead is asked for: what monitors and watches record."""

EXAMINED = 300.0
"""Seconds of a record on which the quality of competing channels is compared."""


class Named(Protocol):
    """What selection needs to know of a channel."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def modality(self) -> Modality: ...  # noqa: D102
    @property
    def lead(self) -> str: ...  # noqa: D102
    @property
    def site(self) -> str: ...  # noqa: D102


C = TypeVar("C", bound=Named)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The channels to use.

    Attributes:
        ecg: Name of the ECG channel; "" where there is none.
        ppg: Name of the PPG channel; "" where there is none.
        why: One sentence for the summary.
    """

    ecg: str
    ppg: str
    why: str


def select(
    channels: Sequence[C],
    *,
    lead: str = "",
    site: str = "",
    source: str = "",
    sample: Record | None = None,
    preparation: Preparation | None = None,
) -> Selection:
    """Choose one ECG and one PPG channel.

    A lead or site that is asked for must be there. Otherwise the ECG is II, MLII or I, in this
    order, and whatever remains undecided goes to the best quality in `sample`, or to the
    first in the file where no sample is given.

    Args:
        channels: Channels of the record.
        lead: Lead or channel name to use for ECG.
        site: Site or channel name to use for PPG.
        source: File, for messages.
        sample: Beginning of the record, to compare quality on.
        preparation: How to prepare the sample.

    Raises:
        ChannelError: The lead or site is not in the record, or it has neither ECG nor PPG.
    """
    names, why = [], []
    for modality, wanted in zip(MODALITIES, (lead, site), strict=True):
        mine = [c for c in channels if c.modality == modality]
        if wanted:
            hits = [
                c
                for c in mine
                if wanted.lower() in (c.lead.lower(), c.site.lower(), c.name.lower())
            ]
            if not hits:
                known = ", ".join(c.name for c in mine) or "none"
                raise ChannelError(
                    f"no {modality.upper()} channel {wanted!r}; there are: {known}",
                    source=source,
                    field="lead" if modality == Modality.ECG else "site",
                    fix="ask for one of these, or leave the choice to quality",
                )
            mine, reason = hits, "as asked for"
        else:
            reason = "the only one" if len(mine) == 1 else "the first"
            for preferred in PREFERRED_LEADS if modality == Modality.ECG else ():
                hits = [c for c in mine if c.lead == preferred]
                if hits and len(mine) > 1:
                    mine, reason = hits, f"lead {preferred} before others"
                    break
        if len(mine) > 1 and sample is not None and preparation is not None:
            scores = [_quality(sample, c.name, modality, preparation) for c in mine]
            mine = [mine[int(np.argmax(scores))]]
            reason = f"best quality of {len(scores)} ({max(scores):.2f})"
        names.append(mine[0].name if mine else "")
        if mine:
            why.append(f"{modality.upper()} {mine[0].name!r}: {reason}")
    if not any(names):
        raise ChannelError(
            "there is neither ECG nor PPG in it",
            source=source,
            field="channels",
            fix='name the channels, e.g. --columns \'{"ch1": "ecg:II:mV"}\'',
        )
    return Selection(ecg=names[0], ppg=names[1], why="; ".join(why))


def _quality(sample: Record, name: str, modality: Modality, preparation: Preparation) -> float:
    """Return the mean quality of a channel over a sample of the record, 0 where it is empty."""
    channel = next((c for c in sample.channels if c.name == name), None)
    if channel is None or channel.is_missing:
        return 0.0
    ecg = modality == Modality.ECG
    prepared = prepare(channel if ecg else None, None if ecg else channel, preparation)
    index = assess(prepared, cut(prepared, preparation)).index[:, 0 if ecg else 1]
    return float(np.nan_to_num(index, nan=0.0).mean()) if len(index) else 0.0
