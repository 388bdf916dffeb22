"""One believable simulated patient with known truth: physiology -> `Record`.

For the demo, and for tests that need a right answer and no real data.
"""

from cardioprint.simulate.recording import patient
from cardioprint.simulate.truth import Artefact, Truth
from cardioprint.simulate.wfdb_file import write_wfdb

__all__ = ["Artefact", "Truth", "patient", "write_wfdb"]
