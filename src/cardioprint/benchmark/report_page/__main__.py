"""Draw the report of a run folder again: python -m cardioprint.benchmark.report_page FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from cardioprint.benchmark.report_page import write
from cardioprint.errors import CardioprintError


def main(arguments: list[str]) -> int:
    """Draw the report of the folder that is named, and say what was written."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        written = write(Path(arguments[0]))
    except CardioprintError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
