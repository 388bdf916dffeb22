"""Verbs for public databases: which there are, how to get one, whether it is whole."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from cardioprint.errors import RecordError, UnknownNameError

if TYPE_CHECKING:
    from cardioprint.datasets.base import Database
    from cardioprint.datasets.web import Login

Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
Folder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")]
Globs = Annotated[tuple[str, ...], tyro.conf.arg(metavar="GLOB...")]
AsJson = Annotated[bool, tyro.conf.arg(name="json")]

USER, PASSWORD = "PHYSIONET_USER", "PHYSIONET_PASSWORD"
"""Environment variables of the PhysioNet account."""


def list_(access: str = "", modality: str = "", as_json: AsJson = False) -> int:
    """List the public databases that cardioprint knows.

    $ cardioprint data list

    $ cardioprint data list --access open --modality ppg

    $ cardioprint data list --json

    Args:
        access: Only those that are open, registered or credentialed.
        modality: Only those with ecg or ppg.
        as_json: All facts as JSON.
    """
    from cardioprint.cli import data_text
    from cardioprint.datasets.base import ACCESS
    from cardioprint.datasets.catalogue import DATABASES

    for kind, value, known in (("access", access, ACCESS), ("modality", modality, ("ecg", "ppg"))):
        if value and value not in known:
            raise UnknownNameError(kind, value, known)
    listed = [
        d
        for d in DATABASES.values()
        if access in ("", d.access) and (not modality or modality in d.modalities)
    ]
    if as_json:
        print(json.dumps([data_text.facts(d) for d in listed], indent=2, ensure_ascii=False))
    else:
        data_text.table(listed)
    return 0


def show(name: Name, /) -> int:
    """Say everything that is known of a database, and how to get it.

    $ cardioprint data show bidmc

    Args:
        name: The database.
    """
    from cardioprint.cli import data_text

    data_text.page(_database(name))
    return 0


def fetch(
    name: Name,
    /,
    to: Path | None = None,
    include: Globs = (),
    user: str = "",
    dry_run: bool = False,
    workers: int = 4,
    yes: bool = False,
) -> int:
    """Fetch a database from its publisher and check every file.

    A run that was stopped goes on where it ended. Exit code 3: some files could not be had.
    A PhysioNet password comes from $PHYSIONET_PASSWORD or is asked for; it is never kept.

    $ cardioprint data fetch bidmc

    $ cardioprint data fetch bidmc --include '*.hea' --to data/bidmc --dry-run

    Args:
        name: The database.
        to: Folder; default $CARDIOPRINT_HOME/data/NAME, else ~/.cache/cardioprint/data/NAME.
        include: Patterns of the files to fetch instead of those that cardioprint reads.
        user: Name of the PhysioNet account; default $PHYSIONET_USER.
        dry_run: Say what would be fetched.
        workers: Connections at a time.
        yes: Do not ask.
    """
    from cardioprint.cli import data_text
    from cardioprint.datasets import fetch as fetching
    from cardioprint.datasets.web import Web

    database = _database(name)
    web = Web(login=_login(database, user))
    plan = fetching.plan(database, to, web, include=include)
    data_text.plan(plan)
    if dry_run:
        data_text.some(file.path for file in plan.files)
        return 0
    if not yes:
        _confirm()
    with data_text.Bar(len(plan.files), plan.size) as update:
        outcome = fetching.fetch(plan, web, workers=workers, progress=update)
    data_text.outcome(outcome, plan)
    return 3 if outcome.failed else 0


def verify(folder: Folder, /, name: str = "") -> int:
    """Check a fetched folder against its publisher's checksums; needs no network.

    Then the recordings are listed as building a corpus would find them. Exit code 3: files
    are missing or changed, or no recording was found.

    $ cardioprint data verify data/bidmc

    $ cardioprint data verify downloads/2015 --name cinc2015

    Args:
        folder: The folder.
        name: The database; default: what fetched.json or the folder's name says.
    """
    from cardioprint.cli import data_text
    from cardioprint.datasets import verify as verifying

    database = _whose(folder, name)
    with data_text.Bar() as update:
        found = verifying.verify(folder, database, progress=update)
    if not (found.lists or database):
        raise RecordError(
            "no checksums in this folder, and no database of its name",
            source=folder,
            field="name",
            fix="say which database it is with --name",
        )
    data_text.report(found)
    if database is None:
        return 0 if found.passed else 3
    try:
        layout = verifying.layout(folder, database)
    except RecordError as error:
        print(f"recordings    not the layout of {database.name} {database.version}: {error}")
        return 3
    data_text.recordings(database, layout)
    return 0 if found.passed and layout.records else 3


def _database(name: str) -> Database:
    from cardioprint.datasets.catalogue import DATABASES

    if name not in DATABASES:
        raise UnknownNameError("database", name, DATABASES)
    return DATABASES[name]


def _whose(folder: Path, name: str) -> Database | None:
    """Return the database that a folder holds, None where nothing says."""
    from cardioprint.datasets.catalogue import DATABASES
    from cardioprint.datasets.manifest import read_manifest

    if name:
        return _database(name)
    told = read_manifest(folder)
    return DATABASES.get(told.name if told else folder.resolve().name)


def _login(d: Database, user: str) -> Login | None:
    """Return who asks PhysioNet, where it wants to know.

    Raises:
        RecordError: Nobody is there to be asked for the name or the password.
    """
    from getpass import getpass

    from cardioprint.datasets.access import needs_login, steps
    from cardioprint.datasets.web import Login, check_address, origin_of

    if not needs_login(d):
        return None
    ask = _somebody_is_here()
    user = user or os.environ.get(USER, "") or (_answer("PhysioNet user: ") if ask else "")
    password = os.environ.get(PASSWORD, "")
    if user and not password and ask:
        password = getpass(f"PhysioNet password of {user}: ")
    if not user or not password or ":" in user:
        raise RecordError(
            f"{d.name} is {d.access}: it needs a PhysioNet account",
            field="user" if not user or ":" in user else PASSWORD,
            fix=f"give --user NAME or ${USER}, and ${PASSWORD} or a terminal to ask at. "
            f"To get access:{steps(d)}",
        )
    origin = origin_of(check_address(d.files.where, source=d.name))
    return Login(origin=origin, user=user, password=password)


def _confirm() -> None:
    """Go on only if the user says so.

    Raises:
        RecordError: No, or nobody is there to ask.
    """
    if not _somebody_is_here():
        raise RecordError("no terminal to ask at", field="yes", fix="say --yes to fetch")
    if _answer("Fetch? [y/N] ").lower() not in ("y", "yes"):
        raise RecordError("not fetched", field="yes", fix="answer y, or say --yes")


def _somebody_is_here() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        return ""
