import pytest

from cardioprint.corpus.sources import parse
from cardioprint.datasets import catalogue
from cardioprint.datasets.folders import HOME_VARIABLE
from cardioprint.datasets.tables import DATA_VARIABLE
from cardioprint.errors import RecordError, UnknownNameError
from cardioprint.simulate import patient, write_wfdb


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine without data, on which one database is known."""
    import tiny_database

    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "tables"))
    monkeypatch.setitem(catalogue.DATABASES, "tiny", tiny_database.TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(words, **options):
    return [(s.database.name, s.folder) for s in parse(words, **options)]


def test_a_database_in_a_folder(machine):
    assert named([f"tiny={machine}"]) == [("tiny", machine)]
    with pytest.raises(RecordError, match="no such folder"):
        parse(["tiny=nowhere"])
    with pytest.raises(UnknownNameError, match="tiny"):
        parse([f"tinny={machine}"])


def test_a_name_is_what_was_fetched_else_the_development_table(machine):
    with pytest.raises(RecordError, match="cardioprint data fetch tiny"):
        parse(["tiny"])
    fetched = machine / "home" / "data" / "tiny"
    fetched.mkdir(parents=True)
    assert named(["tiny"]) == [("tiny", fetched)]
    (machine / "tables").mkdir()
    assert named(["troika"]) == [("troika", machine / "tables")]
    (machine / "home" / "data" / "troika").mkdir()
    if "troika" in catalogue.DATABASES:
        assert named(["troika"]) == [("troika", machine / "home" / "data" / "troika")]


def test_a_folder_of_your_own(machine):
    own = machine / "mine"
    record, _ = patient(minutes=0.5, seed=1, events=False)
    write_wfdb(record, own)
    table = machine / "people.csv"
    header = next(own.glob("*.hea"))
    table.write_text(f"file,subject,age\n{header.name},alice,44\n")
    (source,) = parse(["mine"], table=table)
    (entry,) = source.database.find(source.folder)
    assert (entry.subject, entry.labels["age"]) == ("alice", 44)
    with pytest.raises(RecordError, match="describes one folder"):
        parse([f"tiny={machine}"], table=table)


def test_neither_name_nor_folder(machine):
    with pytest.raises(UnknownNameError, match=r"tiny.*troika"):
        parse(["tinny"])
    with pytest.raises(RecordError, match="no such folder"):
        parse(["./mine"])
