"""What every adapter promises of the entries it finds."""

import pickle

from cardioprint.datasets.labels import AGE_OVER, RANGES


def entries(database, folder):
    """Return a database's entries after checking what is true of all of them."""
    found = list(database.find(folder))
    assert found == list(database.find(folder)), "the order is not stable"
    assert len({e.record for e in found}) == len(found), "records are not unique"
    assert pickle.loads(pickle.dumps(found)) == found
    for entry in found:
        assert entry.database == database.name
        assert entry.split in ("", "train", "valid", "test")
        assert entry.size > 0
        assert set(entry.labels) <= {*database.labels, AGE_OVER} or database.name == "folder"
        for name, value in entry.labels.items():
            if name in RANGES:
                low, high = RANGES[name]
                assert isinstance(value, float) and low <= value <= high, (entry.record, name)
        assert entry.labels.get("sex", "F") in ("F", "M")
    return found


def whole(database, entry):
    """Return the records of an entry, read whole."""
    records = [source.read() for source in database.read(entry)]
    assert records and all(r.subject == entry.subject for r in records)
    return records
