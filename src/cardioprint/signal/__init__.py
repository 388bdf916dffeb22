"""Filters, resampling, beats, quality, and the one preparation. NumPy and SciPy only."""
