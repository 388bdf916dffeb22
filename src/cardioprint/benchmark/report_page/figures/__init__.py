"""Figures of the report: results in, drawings out."""
