"""Which databases may hold the same people."""

import pytest

from cardioprint.datasets.families import may_share
from cardioprint.errors import UnknownNameError


@pytest.mark.parametrize(
    ("a", "b", "sharing"),
    [
        ("mimic3wdb_matched", "pulsedb_mimic", "ids"),
        ("mimic3wdb_matched", "mimic3_ext_ppg", "ids"),
        ("vitaldb", "pulsedb_vital", "ids"),
        ("vitaldb", "vitaldb_short", "ids"),
        # The same hospital, under other ids or none.
        ("mimic3wdb_matched", "mimic4wdb", "unknown"),
        ("bidmc", "uci_bp", "unknown"),
        # A table made of several databases; those have nothing to do with each other.
        ("five_class", "ludb", "unknown"),
        ("five_class", "ptbxl", "unknown"),
        ("ludb", "ptbxl", "no"),
        ("pulsedb_mimic", "pulsedb_vital", "no"),
        ("wesad", "ppg_dalia", "no"),
        # A database and itself, also as a table of its own.
        ("wesad", "wesad", "ids"),
        ("uci_bp", "uci_bp", "unknown"),
        ("rhythm_ppg", "liu2022", "ids"),
    ],
)
def test_sharing_is_said_both_ways(a, b, sharing):
    assert may_share(a, b) == may_share(b, a) == sharing


def test_an_unknown_name_lists_those_known():
    with pytest.raises(UnknownNameError, match="mimic3wdb_matched"):
        may_share("bidmc", "mimic33")
