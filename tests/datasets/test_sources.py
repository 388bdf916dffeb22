"""Several files as one source."""

import numpy as np
import pytest

from cardioprint.datasets.sources import Piece, after, beside
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from database_files import wave, write_wfdb


def piece(root, name, start=0.0, n=250, seed=0, rate=125.0, lead="II"):
    header = write_wfdb(root, name, {lead: (wave(n, seed), "mV")}, rate)
    return Piece(start=start, file=open_record(header, subject="p1"))


def test_pieces_are_laid_on_one_clock_with_gaps(tmp_path):
    late = [piece(tmp_path, "a", 3.0, seed=1), piece(tmp_path, "b", 10.0, seed=2)]
    file = after("r", "p1", [("II", late), ("V", [piece(tmp_path, "c", 5.0, seed=3)])])
    lead, other = file.read().channels
    assert (lead.start, other.start, len(lead.samples)) == (3.0, 5.0, 9 * 125)
    np.testing.assert_allclose(lead.samples[:250], wave(250, 1))
    assert np.isnan(lead.samples[250:875]).all()
    np.testing.assert_allclose(lead.samples[875:], wave(250, 2))
    (part,) = file.read(4.0, 11.0, ["II"]).channels
    np.testing.assert_array_equal(part.samples, lead.samples[125:1000])


def test_a_channel_that_changes_its_rate_is_refused(tmp_path):
    pieces = [piece(tmp_path, "a"), piece(tmp_path, "b", 10.0, rate=250.0)]
    with pytest.raises(RecordError, match="changes from 125 Hz"):
        after("r", "p1", [("II", pieces)])


def test_files_side_by_side_keep_their_rates(tmp_path):
    slow = piece(tmp_path, "a", seed=1).file
    fast = piece(tmp_path, "b", n=2000, seed=2, rate=1000.0, lead="V").file
    both = beside("r", "p1", [slow, fast])
    first, second = both.read(0.4, 1.2).channels
    np.testing.assert_allclose(first.samples, wave(250, 1)[50:150])
    np.testing.assert_allclose(second.samples, wave(2000, 2)[400:1200])
    (alone,) = both.read(0.4, 1.2, ["V"]).channels
    np.testing.assert_array_equal(alone.samples, second.samples)
