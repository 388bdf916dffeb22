"""Heads that read labels out of frozen vectors."""
