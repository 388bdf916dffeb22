"""What holds for every head inside the package."""

import json
import subprocess
import sys

import numpy as np
import pytest

from cardioprint.benchmark.heads.research_heads import HEADS, NEVER
from cardioprint.datasets.tables import TABLES
from cardioprint.errors import ModelError
from cardioprint.fingerprints.heads import shelf
from cardioprint.fingerprints.heads.files import ask
from cardioprint.fingerprints.heads.head import CARD, GRAPH, Head
from cardioprint.fingerprints.heads.markdown import card_page
from cardioprint.fingerprints.pipeline import session
from cardioprint.runtime.folder import PACKAGED
from cardioprint.types import Record
from small_heads import prints

SHIPPED = shelf.shipped()
every = pytest.mark.parametrize("name", sorted(SHIPPED))
WITHOUT = ("torch", "sklearn", "onnx")
"""Libraries that nobody needs who uses a head."""


def test_there_are_some():
    assert SHIPPED


@every
def test_it_belongs_to_the_weights_beside_it(name):
    card, model = Head(SHIPPED[name]).card, SHIPPED[name].parent.parent
    engine = session(model)
    assert card.name == SHIPPED[name].name
    assert card.model == engine.model_id, "the weights changed: run benchmark.heads.research"
    assert card.weights == engine.about["files"]["weights.safetensors"]
    assert card.features == engine.features


@every
def test_its_card_is_complete(name):
    card = Head(SHIPPED[name]).card
    assert card.statement and card.not_for and card.task
    assert card.population.people >= 20 and card.population.sources
    assert all(s.licence and s.name for s in card.population.sources)
    assert card.population.rates and card.population.seconds
    methods = {s.method for s in card.scores}
    assert {"this head", "hand features"} <= methods
    assert all(s.low <= s.value <= s.high for s in card.scores)
    silent = [a.on for a in card.applicability.measured]
    assert len(silent) >= 3 and any("noise" in on for on in silent)


@every
def test_it_learnt_from_nothing_that_forbids_it(name):
    learnt = {s.name for s in Head(SHIPPED[name]).card.population.sources}
    assert not learnt & {TABLES[t].publisher for t in NEVER}


@every
def test_it_is_among_the_research_heads_and_its_page_is_current(name, pytestconfig):
    card = Head(SHIPPED[name]).card
    assert name in {h.spec.name for h in HEADS}
    page = pytestconfig.rootpath / "docs" / "heads" / f"{name}.md"
    if not page.parent.is_dir():
        pytest.skip("no documentation beside the tests")
    assert page.read_text(encoding="utf-8") == card_page(card)


@every
def test_it_is_small(name):
    folder = SHIPPED[name]
    assert sorted(p.name for p in folder.iterdir()) == [CARD, GRAPH]
    assert sum(p.stat().st_size for p in folder.iterdir()) < 150_000


@every
def test_it_refuses_other_models(name):
    head = Head(SHIPPED[name])
    with pytest.raises(ModelError, match="belongs to"):
        head.answer(prints(np.zeros((1, head.card.features)), model="other-00000000"))


@every
def test_it_keeps_silent_on_vectors_of_noise(name):
    head = Head(SHIPPED[name])
    far = 20 * np.random.default_rng(0).normal(size=(20, head.card.features))
    used = ("ecg" in head.card.modality, "ppg" in head.card.modality)
    answer = head.answer(prints(far, used=used, model=head.card.model))
    assert answer.why and answer.value == ()


@pytest.mark.parametrize("kind", ["white", "walk", "flat", "hum"])
def test_all_keep_silent_on_recordings_of_noise(kind):
    rng, n, rate = np.random.default_rng(4), 125 * 60, 125.0
    samples = {
        "white": rng.normal(size=n),
        "walk": np.cumsum(rng.normal(size=n)),
        "flat": np.zeros(n),
        "hum": np.sin(2 * np.pi * 50 * np.arange(n) / rate),
    }[kind]
    record = Record.from_arrays(ecg=samples, ppg=samples[::-1], sampling_rate=rate, lead="II")
    heads = [Head(f) for f in shelf.shipped_for(PACKAGED / "tiny")]
    for answer in ask(heads, record, threads=1):
        assert answer.why, answer.head


def test_the_same_answers_without_the_libraries_that_fitted_them():
    code = f"""
import json, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {WITHOUT}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from cardioprint.fingerprints.heads import shelf
from cardioprint.fingerprints.heads.files import ask
from cardioprint.fingerprints.heads.head import Head
from cardioprint.simulate import patient
record, _ = patient(minutes=0.5, seed=3, events=False)
heads = [Head(f) for _, f in sorted(shelf.shipped().items())]
print(json.dumps([[a.head, a.value, a.low, a.why] for a in ask(heads, record, threads=1)]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    from cardioprint.simulate import patient

    record, _ = patient(minutes=0.5, seed=3, events=False)
    heads = [Head(f) for _, f in sorted(SHIPPED.items())]
    here = [[a.head, list(a.value), list(a.low), a.why] for a in ask(heads, record, threads=1)]
    assert json.loads(done.stdout) == here
    assert any(value for _, value, _, _ in here)
