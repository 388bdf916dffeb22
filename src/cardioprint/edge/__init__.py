"""Models on their way to where fingerprints are made."""
