"""How one gets a database: the command, or the steps that only a person can take."""

from __future__ import annotations

from cardioprint.datasets.base import Database
from cardioprint.datasets.folders import folder_of


def fetch_command(database: Database) -> str:
    """Return the command that fetches a database, "" where none can."""
    if database.files.kind in ("manual", ""):
        return ""
    login = " --user NAME" if needs_login(database) else ""
    return f"cardioprint data fetch {database.name}{login}"


def needs_login(database: Database) -> bool:
    """Return whether the publisher's server asks who fetches."""
    return database.files.kind == "physionet" and database.access != "open"


def steps(database: Database) -> str:
    """Return what a person has to do, one step a line, each line with a line break before it."""
    told = database.files.steps or (f"see {database.document}",)
    return "".join(f"\n  {i}. {step}" for i, step in enumerate(told, start=1))


def by_hand(database: Database) -> str:
    """Return what to do where no program may fetch the files."""
    made = "is made by you" if not database.files.kind else "cannot be fetched by a program"
    return f"{database.name} {made}:{steps(database)}\n{_then_check(database)}"


def refused(database: Database, reason: object, *, login_sent: bool) -> str:
    """Return what to do where the publisher refuses access.

    PhysioNet's server takes a login from programs on its list only (`http_auth_allowed` in
    MIT-LCP/physionet-build: Wget and libwfdb), so the way it documents is named too.
    """
    text = f"{database.name}: {reason}\nIt is {database.access}. To get access:{steps(database)}"
    if database.files.kind != "physionet":
        return text
    if not login_sent:
        return f"{text}\nThen run the command again with --user NAME."
    return (
        f"{text}\nThe login that was sent may be wrong, or has not signed the agreement of this "
        "version. PhysioNet also takes logins only from programs it knows; wget is one:\n"
        "  wget -r -N -c -np -nH --cut-dirs=3 -R 'index.html*' --user NAME --ask-password "
        f"-P FOLDER {database.files.where}\n{_then_check(database)}"
    )


def _then_check(database: Database) -> str:
    return (
        f"Then check the folder: cardioprint data verify FOLDER --name {database.name}\n"
        f"Where no folder is given, cardioprint looks in {folder_of(database.name)}"
    )
