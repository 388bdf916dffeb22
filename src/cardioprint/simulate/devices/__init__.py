"""What lies between a body and a file: devices, their noise, and everyday artefacts.

`measured` records a batch, `measured_record` makes a long record at the device's own rates, and
`stream` is an endless source of measured batches on any device.
"""

from cardioprint.simulate.devices.config import KINDS, DeviceConfig, DeviceKind, undisturbed
from cardioprint.simulate.devices.device import Device, draw_device
from cardioprint.simulate.devices.events import ECG_KINDS, PPG_KINDS
from cardioprint.simulate.devices.measuring import Measured, measured
from cardioprint.simulate.devices.recording import measured_record
from cardioprint.simulate.devices.source import Position, stream

__all__ = [
    "ECG_KINDS",
    "KINDS",
    "PPG_KINDS",
    "Device",
    "DeviceConfig",
    "DeviceKind",
    "Measured",
    "Position",
    "draw_device",
    "measured",
    "measured_record",
    "stream",
    "undisturbed",
]
