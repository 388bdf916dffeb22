"""True against false alarms of intensive care, from the ten seconds before them."""

from __future__ import annotations

from dataclasses import replace

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, Excerpts, rows_of

VT = "Ventricular_Tachycardia"

KINDS = ("Asystole", "Bradycardia", "Tachycardia", VT, "Ventricular_Flutter_Fib")


def _rows(found: Excerpts, notes: tuple[str, ...] = ()) -> Rows:
    said = found.column("alarm_type")
    known = {k: (said == k).astype(float) for k in KINDS}
    signals = replace(found.signals, known=known)
    return rows_of(
        replace(found, signals=signals),
        found.column("alarm_true"),
        metadata={"lead": found.column("ecg_lead")},
        groups={"pretraining": found.column("side")},
        notes=notes,
    )


def load_all(quick: bool) -> Rows:
    """Return the last ten seconds before every alarm."""
    return _rows(sources.cinc2015(quick), (_ABSTAINED,))


def load_vt(quick: bool) -> Rows:
    """Return those before alarms of ventricular tachycardia."""
    found = sources.cinc2015(quick)
    return _rows(found[found.column("alarm_type") == VT], (_ABSTAINED,))


_ABSTAINED = (
    "Windows that abstain are mostly noise, and noise is what many false alarms come from: what is "
    "left is another task, and figures of all 538 alarms cannot be compared with these."
)

ALARMS = Probe(
    name="alarms",
    title="True against false alarms from ECG and PPG, CinC 2015",
    paper="",
    facts=Facts(
        data="cinc2015 (Clifford 2015; ODC-By 1.0).",
        people="Proxies: overlapping recordings of one patient carry neighbouring numbers.",
        inputs="ECG and PPG, the 10 s before the alarm, 250 Hz.",
        split=SPLIT,
        metric="AUROC (true); AUPRC, Brier, sensitivity at 90 % specificity.",
        caveats="The kind of alarm alone tells much: it is the baseline to beat. cinc2015 is a "
        "source of pretraining: 'reserved' people in the subgroups never are.",
    ),
    load=load_all,
    kind="labels",
    measure="AUROC",
    inputs=(("ecg", "ppg"), ("ecg",), ("ppg",)),
    classes=("true alarm",),
    known=KINDS,
    known_as="alarm type",
    robust=True,
    tables=("cinc2015",),
    supervised=True,
)

ALARMS_VT = replace(
    ALARMS,
    name="alarms_vt",
    title="True against false alarms of ventricular tachycardia, CinC 2015",
    facts=replace(
        ALARMS.facts,
        caveats="cinc2015 is a source of pretraining: 'reserved' people in the subgroups never "
        "are.",
    ),
    load=load_vt,
    known=(),
    known_as="",
    robust=False,
)
