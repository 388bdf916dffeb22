"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real recordings: $CARDIOPRINT_DATA, else ../shared/data beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CARDIOPRINT_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set CARDIOPRINT_DATA")
    return folder
