"""Prepared signals in bulk, ready for training."""
