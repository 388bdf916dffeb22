"""The report of a run folder: one page of HTML, one of Markdown, and the pictures of the latter.

    python -m cardioprint.benchmark.report_page FOLDER

Everything is drawn from the JSON and NumPy files of the folder alone.
"""

from __future__ import annotations

from pathlib import Path


def write(folder: Path) -> list[Path]:
    """Draw the report of a run into its own folder; what it lacks is named in the report.

    Args:
        folder: Written by the runner: `run.json`, `tasks/*.json`, `examples/*.npz`.

    Returns:
        What was written: `report.html`, `report.md`, `table.md` and the PNGs that had something
        to show (`forest`, `efficiency`, `robustness`, `calibration`, `reconstruction`).

    Raises:
        RecordError: The folder holds nothing of a run.
    """
    from cardioprint.benchmark.report_page import loading, markdown, page, pictures
    from cardioprint.benchmark.report_page.report import Report

    report = Report(loading.read(folder))
    pictured = pictures.write(report, folder)
    texts = {
        "report.html": page.page(report),
        "report.md": markdown.report(report, {p.name for p in pictured}),
        "table.md": markdown.table(report),
    }
    for name, words in texts.items():
        part = folder / f"{name}.part"
        part.write_text(words, encoding="utf-8", newline="\n")
        part.replace(folder / name)
    return [*(folder / name for name in texts), *pictured]


def table(folder: Path) -> str:
    """Return `table.md` for a terminal, and below it what was left out.

    Args:
        folder: Written by the runner.

    Raises:
        RecordError: The folder holds nothing of a run.
    """
    from cardioprint.benchmark.report_page import loading, markdown
    from cardioprint.benchmark.report_page.report import Report

    report = Report(loading.read(folder))
    left_out = [f"{m.what}: {m.why}" for m in report.loaded.missing]
    return "\n".join(
        [markdown.plain(markdown.table(report)), *left_out, *report.loaded.run.skipped]
    )
