"""Pictures of a recording and its fingerprints. matplotlib loads when a picture is drawn."""

from cardioprint.plotting.overview import overview

__all__ = ["overview"]
