"""What devices there are, and how often what goes wrong: ranges and probabilities, no arrays.

"Measured" below refers to the public recordings that the project develops on, windows of 10 s
that the quality index believes: BIDMC and UCI (MIMIC-II monitors), CinC 2015 (monitors at an
alarm), TROIKA (treadmill), ECG-ID and PTB-XL (recorders). "Our choice" has no source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from cardioprint.errors import RecordError
from cardioprint.types import HIGHEST_RATE, LOWEST_RATE

Range = tuple[float, float]
"""From and to."""


@dataclass(frozen=True, kw_only=True)
class DeviceKind:
    """One family of devices: what its members have in common."""

    name: str
    """For tables and messages."""
    share: float
    """Records made with such a device, relative to the other kinds."""
    ecg_highpass: Range
    """Hertz of the corner, log-uniform; one pole, causal, as in an amplifier."""
    ecg_lowpass: Range
    """Hertz, log-uniform; no phase: what it delays is part of the device's delay."""
    ppg_highpass: Range
    """Hertz, log-uniform."""
    ppg_lowpass: Range
    """Hertz, log-uniform."""
    ecg_rates: tuple[float, ...]
    """Hertz, one of them."""
    ppg_rates: tuple[float, ...]
    """Hertz, one of them."""
    ecg_bits: tuple[int, int]
    """Of the converter, from and to."""
    ppg_bits: tuple[int, int]
    """Of the converter, from and to."""
    auto_gain: float
    """Probability that the PPG is scaled to a standard height."""
    late: float
    """Probability that the PPG comes `DeviceConfig.monitor_delay` after the ECG."""
    two_clocks: float
    """Probability that ECG and PPG have clocks of their own, which start and run differently."""
    walking: float
    """Probability that the wearer walks about during the record."""


KINDS = (
    DeviceKind(
        name="monitor",
        share=0.55,
        ecg_highpass=(0.4, 0.67),
        ecg_lowpass=(35.0, 45.0),
        ppg_highpass=(0.05, 0.5),
        ppg_lowpass=(8.0, 14.0),
        ecg_rates=(125.0, 240.0, 250.0, 500.0),
        ppg_rates=(60.0, 62.5, 100.0, 125.0),
        ecg_bits=(10, 13),
        ppg_bits=(8, 12),
        auto_gain=0.9,
        late=0.7,
        two_clocks=0.0,
        walking=0.0,
    ),
    DeviceKind(
        name="recorder",
        share=0.2,
        ecg_highpass=(0.05, 0.15),
        ecg_lowpass=(100.0, 150.0),
        ppg_highpass=(0.01, 0.1),
        ppg_lowpass=(15.0, 40.0),
        ecg_rates=(250.0, 500.0, 1000.0),
        ppg_rates=(125.0, 250.0, 500.0),
        ecg_bits=(12, 16),
        ppg_bits=(12, 16),
        auto_gain=0.1,
        late=0.0,
        two_clocks=0.05,
        walking=0.0,
    ),
    DeviceKind(
        name="wearable",
        share=0.25,
        ecg_highpass=(0.1, 0.67),
        ecg_lowpass=(30.0, 60.0),
        ppg_highpass=(0.05, 0.5),
        ppg_lowpass=(5.0, 12.0),
        ecg_rates=(125.0, 128.0, 130.0, 250.0, 256.0),
        ppg_rates=(25.0, 32.0, 50.0, 64.0, 100.0),
        ecg_bits=(10, 16),
        ppg_bits=(12, 16),
        auto_gain=0.3,
        late=0.0,
        two_clocks=0.5,
        walking=0.25,
    ),
)
"""Bedside monitors, resting and Holter recorders, wearables. Bands: monitor 0.5-40 Hz, diagnostic
0.05-150 Hz (AHA: Kligfield 2007), PPG of monitors 0.5-8 or 12 Hz; rates 25-500 Hz and 8-16 bits
(our choice within what is sold). 70 % of the CinC 2015 monitors and nearly all of UCI's send the
PPG late, no treadmill or laboratory device does (measured). Shares and the rest are our choice."""


@dataclass(frozen=True, kw_only=True)
class DeviceConfig:
    """Everything that decides what lies between a body and a file.

    Sizes with "median, log SD" are log-normal over records. Rates of events are means an hour for
    a restful record; `restless` makes some records far worse than others.

    Raises:
        RecordError: A probability, range or rate that cannot be.
    """

    kinds: tuple[DeviceKind, ...] = KINDS
    """Families of devices."""

    ecg_gain: float = 0.1
    """SD of the logarithm of the gain error: +-20 % at two SDs (our choice)."""
    ecg_inverted: float = 0.02
    """Probability that the limb leads are upside down: 2 % of 11,000 recordings had limb leads
    interchanged (Heden 1996)."""
    ppg_inverted: float = 0.03
    """Probability that light, not blood, points upward (our choice of how
    often)."""
    ecg_range: Range = (2.5, 10.0)
    """mV to either side at which the converter clips, log-uniform (our choice; IEC 60601-2-27
    asks monitors for 5 mV with 0.3 V of offset)."""
    ppg_range: float = 2.0
    """NU to either side of the middle at which the converter clips: MIMIC's PLETH runs from 0 to
    4 NU (measured)."""

    ecg_noise: Range = (0.0045, 0.75)
    """mV, median and log SD: white noise between 0 and 40 Hz. Between beats 20-40 Hz hold 2.3
    microvolts in MIMIC, 4.7 in CinC 2015, 7 in ECG-ID (medians) and 6-21 in the worst tenth
    (measured)."""
    ecg_flicker_corner: float = 3.0
    """Hertz below which 1/f noise is the larger part (amplifiers and electrodes; our choice)."""
    ppg_noise: Range = (0.007, 0.45)
    """% of the steady light, median and log SD: white noise between 0 and 40 Hz under the
    lightest skin. After the low-pass 15-40 Hz hold 0.07-0.12 % of a pulse (medians; measured)."""
    ppg_flicker_corner: float = 3.0
    """Hertz below which the PPG's noise grows as f^-1.5 (exponent 1 to 2 is usual)."""
    skin: float = 1.0
    """Noise that the darkest skin adds under green light, over that of the lightest: less light
    comes back. Infrared gets a quarter of it (green is worse; our choice)."""
    ecg_wander: Range = (0.07, 0.9)
    """mV, median and log SD: slow wander before the high-pass. Below 0.5 Hz there are 0.01 mV in
    MIMIC, 0.03 in CinC 2015, 0.06 in ECG-ID (medians), 0.2-0.3 in their worst tenth (measured)."""
    ecg_breathing: Range = (0.05, 0.7)
    """mV, median and log SD: wander with the breath (0.05-0.2 mV is usual)."""
    ppg_wander: Range = (0.06, 0.7)
    """Of a pulse of 2 % of the light, median and log SD: drift of contact pressure and light.
    With breathing, 4-8 % of a pulse lie below 0.5 Hz (medians; measured)."""
    hum: Range = (0.007, 1.4)
    """mV, median and log SD, of the mains before any filter. 50 Hz has 3 microvolts in ECG-ID,
    40 in its worst tenth; 1 and 6 are left by MIMIC's monitors (measured)."""
    hum_harmonics: tuple[float, ...] = (0.2, 0.3)
    """Height of twice and three times the mains over it (our choice)."""
    flicker: Range = (0.004, 1.0)
    """% of the light, median and log SD: lamps at twice the mains, seen by a PPG that does not
    subtract the dark and folded by its sampling (our choice)."""
    flickering: float = 0.1
    """Probability of such a PPG (our choice)."""

    restless: float = 1.5
    """Log SD over records of how often something happens: in CinC 2015 three records in four
    abstain in less than 10 % of their windows, one in ten in more than a third (measured)."""
    most_restless: float = 12.0
    """Largest factor on the rates of events."""
    muscle: float = 20.0
    """Bursts of muscle noise an hour."""
    muscle_seconds: Range = (1.0, 20.0)
    """Their length, log-uniform; likewise below."""
    muscle_size: Range = (0.02, 0.2)
    """mV (SD), log-uniform; likewise below: `ma` of NSTDB (Moody 1984) is scaled to 0 dB."""
    electrode_noise: float = 6.0
    """Times an hour that an electrode is pulled about."""
    electrode_seconds: Range = (1.0, 25.0)
    """Their length."""
    electrode_size: Range = (0.1, 1.0)
    """mV (SD) of swings in the band of the QRS; pops are three times as high (`em` of NSTDB)."""
    lead_off: float = 0.6
    """Times an hour that a lead falls off: the ECG is flat, at zero or at the rail."""
    lead_off_seconds: Range = (3.0, 120.0)
    """Their length."""
    motion: float = 8.0
    """Times an hour that the PPG sensor is moved."""
    motion_seconds: Range = (1.0, 20.0)
    """Their length."""
    motion_size: Range = (0.3, 4.0)
    """Of a pulse (SD): offset, slow noise, and a change of gain (tissue-contact-sensor model,
    Sensors 2025 25:5710)."""
    walking: float = 20.0
    """Walks an hour of those who walk about."""
    walking_seconds: Range = (10.0, 180.0)
    """Their length."""
    walking_size: Range = (0.2, 1.5)
    """Of a pulse (SD): harmonics of 1-3.5 Hz overlap the pulse (Paliakaite 2021)."""
    gain_step: float = 4.0
    """Times an hour that automatic gain changes and later returns."""
    gain_step_seconds: Range = (5.0, 120.0)
    """Time until it returns."""
    gain_step_size: Range = (1.25, 2.0)
    """Factor, up or down."""
    sensor_off: float = 1.0
    """Times an hour that the PPG sensor comes off: a constant."""
    sensor_off_seconds: Range = (3.0, 120.0)
    """Their length."""
    gap: float = 0.6
    """Times an hour that samples are lost: in both signals in half the cases, else in one."""
    gap_seconds: Range = (0.05, 90.0)
    """Their length. 16 % of the CinC 2015 records miss some ECG, 2 % some PPG (measured)."""

    monitor_delay: Range = (0.312, 0.012)
    """Seconds, mean and SD over records: constant in each (lag of 560 ms in MIMIC against 250
    without; measured)."""
    other_delay: Range = (0.0, 0.25)
    """Seconds by which the PPG of two clocks starts late, uniform (our choice)."""
    drift: float = 50e-6
    """Seconds a second by which the second clock runs off at most, uniform: quartz has 20 ppm,
    cheap devices more than 100 (Vilhar 2017)."""

    def __post_init__(self) -> None:
        for kind in self.kinds:
            _check_kind(kind)
        if not self.kinds or sum(kind.share for kind in self.kinds) <= 0:
            _refuse("kinds", self.kinds, "give at least one kind with a share above 0")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in PROBABILITIES and not 0 <= value <= 1:
                _refuse(field.name, value, "give a probability, 0 to 1")
            if field.name in SPREADS and not (0 <= value[0] < math.inf and 0 <= value[1] < 5):
                _refuse(field.name, value, "give a median and a log SD, both 0 or more")
            if field.name in RANGES and not 0 < value[0] <= value[1] < math.inf:
                _refuse(field.name, value, "give (from, to), above 0")
            if isinstance(value, float) and not 0 <= value < math.inf:
                _refuse(field.name, value, "give a number of 0 or more")
            if field.name in EVENTS and value > 3600:
                _refuse(field.name, value, "give at most 3600 an hour")
        if not 1 <= self.most_restless <= 100:
            _refuse("most_restless", self.most_restless, "give 1 to 100")
        if self.ppg_range == 0:
            _refuse("ppg_range", 0, "give a range above 0")
        if not 0 <= self.other_delay[0] <= self.other_delay[1] <= LONGEST_DELAY:
            _refuse("other_delay", self.other_delay, f"give (from, to), 0 to {LONGEST_DELAY:g} s")
        if not 0 <= self.monitor_delay[0] + 3 * self.monitor_delay[1] <= LONGEST_DELAY:
            _refuse("monitor_delay", self.monitor_delay, f"stay below {LONGEST_DELAY:g} s")
        if self.drift > 1e-3:
            _refuse("drift", self.drift, "give at most 0.001 (1000 ppm)")


LONGEST_DELAY = 1.0
"""Seconds: hearts beat for three seconds before a record begins, and PAT takes its share."""

EVENTS = (
    *("muscle", "electrode_noise", "lead_off", "motion", "walking", "gain_step"),
    *("sensor_off", "gap"),
)
"""Fields that are events an hour; each has its `*_seconds`."""

PROBABILITIES = ("ecg_inverted", "ppg_inverted", "flickering")
SPREADS = (
    *("ecg_noise", "ppg_noise", "ecg_wander", "ecg_breathing", "ppg_wander", "hum", "flicker"),
    "monitor_delay",
)
RANGES = (
    *("ecg_range", "muscle_seconds", "muscle_size", "electrode_seconds", "electrode_size"),
    *("lead_off_seconds", "motion_seconds", "motion_size", "walking_seconds", "walking_size"),
    *("gain_step_seconds", "gain_step_size", "sensor_off_seconds", "gap_seconds"),
)


def undisturbed(config: DeviceConfig) -> DeviceConfig:
    """Return the same devices on people who hold still, with electrodes that stay on."""
    from dataclasses import replace

    return replace(config, **dict.fromkeys(EVENTS, 0.0))


def _check_kind(kind: DeviceKind) -> None:
    for name in ("auto_gain", "late", "two_clocks", "walking"):
        if not 0 <= getattr(kind, name) <= 1:
            _refuse(f"{kind.name}.{name}", getattr(kind, name), "give a probability, 0 to 1")
    if not 0 <= kind.share < math.inf:
        _refuse(f"{kind.name}.share", kind.share, "give a share of 0 or more")
    for name in ("ecg_highpass", "ecg_lowpass", "ppg_highpass", "ppg_lowpass"):
        low, high = getattr(kind, name)
        if not 0 < low <= high < math.inf:
            _refuse(f"{kind.name}.{name}", (low, high), "give (from, to) in hertz, above 0")
    for name in ("ecg_rates", "ppg_rates"):
        rates = getattr(kind, name)
        if not rates or not all(LOWEST_RATE <= rate <= HIGHEST_RATE for rate in rates):
            _refuse(f"{kind.name}.{name}", rates, f"give rates of {LOWEST_RATE:g} Hz or more")
    for name in ("ecg_bits", "ppg_bits"):
        low, high = getattr(kind, name)
        if not 4 <= low <= high <= 24:
            _refuse(f"{kind.name}.{name}", (low, high), "give 4 to 24 bits")


def _refuse(field: str, value: object, fix: str) -> None:
    raise RecordError(
        f"{field} {value!r} is not possible", source="DeviceConfig", field=field, fix=fix
    )
