"""Virtual people whose ECG and PPG come from one physiology, with everything about them known.

`pairs` makes windows by the thousand, `record` a long record of one person, `patient` the tame
patient of the demo. `measured` and `measured_record` put devices and artefacts between body and
file, `stream` feeds training. `cohort`, `live`, `render_ecg` and `render_ppg` are the steps in
between.
"""

from cardioprint.simulate.adult import healthy_adult, patient
from cardioprint.simulate.backend import Backend
from cardioprint.simulate.batch import Batch, pairs
from cardioprint.simulate.classes import Beat, Morphology, Rhythm
from cardioprint.simulate.devices import (
    KINDS,
    Device,
    DeviceConfig,
    DeviceKind,
    Measured,
    Position,
    measured,
    measured_record,
    stream,
    undisturbed,
)
from cardioprint.simulate.draws import Draws
from cardioprint.simulate.ecg import render_ecg
from cardioprint.simulate.person import Cohort, cohort, visit
from cardioprint.simulate.physiology import Physiology, live
from cardioprint.simulate.ppg import render_ppg, render_pulses
from cardioprint.simulate.recording import record
from cardioprint.simulate.survival import Survival, follow
from cardioprint.simulate.truth import Artefact, BatchTruth, Truth
from cardioprint.simulate.wfdb_file import write_wfdb

__all__ = [
    "KINDS",
    "Artefact",
    "Backend",
    "Batch",
    "BatchTruth",
    "Beat",
    "Cohort",
    "Device",
    "DeviceConfig",
    "DeviceKind",
    "Draws",
    "Measured",
    "Morphology",
    "Physiology",
    "Position",
    "Rhythm",
    "Survival",
    "Truth",
    "cohort",
    "follow",
    "healthy_adult",
    "live",
    "measured",
    "measured_record",
    "pairs",
    "patient",
    "record",
    "render_ecg",
    "render_ppg",
    "render_pulses",
    "stream",
    "undisturbed",
    "visit",
    "write_wfdb",
]
