"""How far simulated recordings are from real ones: `benchmarks/realism.py` writes the report."""
