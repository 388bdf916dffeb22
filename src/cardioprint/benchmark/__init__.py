"""How good fingerprints are: tasks, probes, baselines, statistics, report."""
