"""Scripts are no package: they are found by their folder."""

import sys
from pathlib import Path

import pytest


@pytest.fixture
def scripts(monkeypatch):
    """Return a function that imports a script of `benchmarks/` by its name."""
    folder = Path(__file__).resolve().parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    names = {path.stem for path in folder.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in names & set(sys.modules)}

    def load(name):
        return __import__(name)

    yield load
    for name in names & set(sys.modules):
        del sys.modules[name]
    sys.modules.update(before)
