"""What else could be read out of a frozen model: see `benchmarks/readouts.py`."""
