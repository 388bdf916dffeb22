"""What holds for every database of the catalogue."""

import re

import pytest

from cardioprint.datasets.base import ACCESS, LABELS, Entry
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.checksums import check
from cardioprint.datasets.families import FAMILIES, may_share
from cardioprint.datasets.folders import safe_name
from cardioprint.datasets.listings import wanted
from cardioprint.datasets.web import check_address
from cardioprint.errors import RecordError
from cardioprint.types import Modality

KINDS = ("physionet", "zenodo", "figshare", "urls", "manual", "")
"""Kinds of sources, as `base.Files` explains them."""

SYNONYMS = {
    "gender": "sex",
    "hr": "heart_rate",
    "rr": "respiratory_rate",
    "resp_rate": "respiratory_rate",
    "systolic": "sbp",
    "diastolic": "dbp",
    "dead": "death",
    "mortality": "death",
    "date": "day",
    "bmi_kg_m2": "bmi",
}
"""Spellings of labels that have a name of their own in `base.LABELS`."""

every = pytest.mark.parametrize("name", sorted(DATABASES))


@every
def test_facts_are_there(name):
    d = DATABASES[name]
    assert d.name == name and re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert d.access in ACCESS
    for fact in ("title", "publisher", "version", "licence", "citation", "document"):
        text = getattr(d, fact)
        made_by_the_user = d.files.kind == "" and fact in ("version", "citation")
        assert text.strip() == text and (text or made_by_the_user), fact
    assert d.modalities and set(d.modalities) <= {str(m) for m in Modality}
    assert all(0 < rate <= 20_000 for rate in d.rates)
    assert d.subjects >= 0 and d.records >= 0 and d.hours >= 0
    assert d.subjects <= d.records or not d.records
    assert not d.doi or d.doi.startswith("10."), "a DOI is no address"
    assert all(defect.strip() == defect != "" for defect in d.defects)


@every
def test_labels_have_the_names_of_all_databases(name):
    labels = DATABASES[name].labels
    assert len(set(labels)) == len(labels)
    for label in labels:
        assert label.strip() == label != "" and label.isprintable() and ";" not in label
        assert label.lower() not in SYNONYMS, f"{label}: say {SYNONYMS[label.lower()]}"
        assert label in LABELS or label.lower() not in LABELS, f"{label}: wrong capitals"


@every
def test_the_source_of_the_files_is_complete(name):
    d = DATABASES[name]
    files = d.files
    assert files.kind in KINDS and files.size_gb >= 0
    assert all(step.strip() == step != "" for step in files.steps)
    if files.kind == "physionet":
        assert re.fullmatch(r"https://physionet\.org/files/[a-z0-9-]+/[0-9.]+/", files.where)
        assert files.where.endswith(f"/{d.version}/"), "the facts are of another version"
    if files.kind == "zenodo":
        assert files.where.isdecimal()
    if files.kind == "figshare":
        assert re.fullmatch(r"\d+(/versions/\d+)?", files.where)
    if files.kind == "urls":
        check_address(files.where)
        assert files.checksums
    for path, checksum in files.checksums.items():
        assert safe_name(path, source=name) == path
        assert checksum == "" or check(checksum) == checksum
        assert not files.include or wanted(path, files.include)


@every
def test_whoever_needs_access_is_told_how(name):
    d = DATABASES[name]
    if d.access != "open" or d.files.kind == "manual":
        assert d.files.steps


@every
def test_families_are_declared(name):
    d = DATABASES[name]
    alike = [o for o in DATABASES.values() if d.space and o.space == d.space]
    assert len({o.family for o in alike}) <= 1, "databases that share ids are of one family"
    assert not d.family or name in FAMILIES[d.family].databases
    for other in alike:
        assert may_share(name, other.name) in ("ids", "unknown")


@every
def test_adapters_say_so_where_there_is_nothing(name, tmp_path):
    """An empty folder, and one with files of others, hold no recording and cause no crash."""
    (tmp_path / "deeper").mkdir()
    for folder in (tmp_path, tmp_path / "deeper"):
        try:
            entries = list(DATABASES[name].find(folder))
        except RecordError:
            continue
        assert entries == [] or all(isinstance(e, Entry) for e in entries)
        (tmp_path / "deeper" / "notes.txt").write_text("nothing to see\n")
        (tmp_path / "deeper" / "empty.dat").write_bytes(b"")
