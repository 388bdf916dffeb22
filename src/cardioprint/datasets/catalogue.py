"""All databases that cardioprint knows: one plain dictionary."""

from __future__ import annotations

from cardioprint.datasets.base import Database

DATABASES: dict[str, Database] = {}
"""Databases by name."""
