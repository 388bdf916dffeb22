"""What is known of a public database, and how its files become records.

Every database is one module with one constant `DATABASE`; `catalogue.DATABASES` lists them.
An adapter knows the publisher's layout: which files are recordings, who was recorded, what is
known of them. It never filters, resamples or leaves out a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

LABELS: dict[str, str] = {
    "age": "years",
    "age_over": "years, where the publisher says no more than that somebody is older",
    "sex": "F or M",
    "height": "cm",
    "weight": "kg",
    "bmi": "kg/m^2",
    "sbp": "systolic blood pressure, mmHg",
    "dbp": "diastolic blood pressure, mmHg",
    "heart_rate": "beats/min",
    "respiratory_rate": "breaths/min",
    "spo2": "oxygen saturation, %",
    "hypertension": "1 yes, 0 no",
    "diabetes": "1 yes, 0 no",
    "rhythm": "sinus, af, flutter, pac, pvc, svt, vt, ...",
    "diagnosis": "the publisher's codes, separated by ;",
    "activity": "what the person did",
    "quality": "the publisher's judgement of the signal",
    "alarm": "kind of a monitor's alarm",
    "alarm_true": "1 true, 0 false",
    "device": "recording device, as published",
    "day": "ISO date or number of the day of recording",
    "death": "1 died, 0 alive at the end of the follow-up",
    "followup": "years from the recording to death or the end of the follow-up",
}
"""Labels with one name in all databases, and their units; others keep the publisher's name."""

ACCESS: dict[str, str] = {
    "open": "anybody may download it",
    "registered": "free of charge after registration or a signed agreement",
    "credentialed": "PhysioNet credentialed access: training in human-subject research and a "
    "signed data use agreement",
}
"""How one gets a database."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One recording of a database, found but not yet read; small, and safe to send to a worker.

    Attributes:
        database: Key of `catalogue.DATABASES`.
        record: Name, unique in its database and the same wherever the files lie.
        path: The file, as text.
        part: Place inside a file that holds several recordings, as the adapter understands it.
        subject: The publisher's id of the person; "" where unknown: the block stands for them.
        split: The publisher's own "train", "valid" or "test"; "" where there is none.
        block: Neighbouring recordings that may be one person's and are never separated; "":
            the subject's.
        border: Whether it may belong to a person of the next block too: it enters no split.
        labels: What is known, by the names of `LABELS` where they fit.
        size: Bytes, to share work out evenly.
    """

    database: str
    record: str
    path: str
    part: str = ""
    subject: str = ""
    split: str = ""
    block: str = ""
    border: bool = False
    labels: Mapping[str, float | str] = field(default_factory=dict)
    size: int = 0

    @property
    def key(self) -> str:
        """Name that is unique among all databases."""
        return f"{self.database}/{self.record}"


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where a database's files are, for `cardioprint data fetch`.

    Attributes:
        kind: "physionet" (folder with SHA256SUMS.txt), "zenodo" or "figshare" (record whose
            files carry MD5), "urls" (files with checksums given here), "manual" (nobody may
            fetch it for you), "" (made by the user).
        where: Base address, or the record's number.
        checksums: Path below the folder -> "sha256:..." or "md5:...", for kind "urls".
        include: Glob patterns of the files that the adapter needs; empty: all.
        size_gb: Approximate size of all files.
        steps: For kind "manual", and for access other than open: what to do, in order.
    """

    kind: str
    where: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    include: tuple[str, ...] = ()
    size_gb: float = 0.0
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Database:
    """The facts of one public database, and its adapter.

    Attributes:
        name: Key of the catalogue.
        title: The publisher's title.
        publisher: Who publishes it, and where.
        version: The version that the facts and the adapter are about.
        licence: The publisher's licence.
        access: Key of `ACCESS`.
        citation: How to cite it.
        doi: Digital object identifier, "" where there is none.
        document: Where the layout is described (page, README, paper).
        subjects: Number of people; 0 where unknown.
        records: Number of recordings; 0 where unknown.
        hours: Hours of signal, about; 0 where unknown.
        modalities: "ecg", "ppg" or both.
        rates: Sampling rates, hertz.
        channels: Channels worth knowing of.
        labels: Names of labels its entries carry.
        defects: What a user has to know that the publisher may not say.
        family: Databases of one family may hold the same people.
        space: Databases of one space use the same subject ids; default: the database's own.
        subjects_known: False where ids of people were not published.
        pretraining: Whether it is a source of pretraining. A public test set is not: all of its
            people are on the test side.
        released: Whether the licence lets weights trained on it be published.
        virtual: Whether a program made its people: nobody was measured.
        files: Where its files are.
        find: Lists the recordings below a folder, in a stable order, without reading signals.
        read: Opens one: a source with channels, readable in parts; several where a file holds
            pieces that do not belong to one clock.
    """

    name: str
    title: str
    publisher: str
    version: str
    licence: str
    access: str
    citation: str
    document: str
    files: Files
    find: Callable[[Path], Iterator[Entry]] = field(repr=False)
    read: Callable[[Entry], Iterator[Source]] = field(repr=False)
    doi: str = ""
    subjects: int = 0
    records: int = 0
    hours: float = 0.0
    modalities: tuple[str, ...] = ("ecg", "ppg")
    rates: tuple[float, ...] = ()
    channels: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    family: str = ""
    space: str = ""
    subjects_known: bool = True
    pretraining: bool = False
    released: bool = False
    virtual: bool = False
