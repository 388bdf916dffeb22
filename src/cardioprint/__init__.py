"""Biosignal fingerprints from ECG and PPG."""

__version__ = "0.1.0.dev0"
