"""Heads: what a fingerprint says of a label, with an interval, or why nothing is said. No torch."""
