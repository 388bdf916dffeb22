"""The data card and an excerpt of the model card."""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables, wording
from cardioprint.benchmark.report_page.markup import join, tag
from cardioprint.benchmark.report_page.report import Report, Section

MEANT = (
    "Research on fingerprints of ECG and PPG; comparing encoders; finding similar recordings; a "
    "starting point for heads that are validated on the people they are meant for."
)
NOT_MEANT = (
    "Diagnosis, triage, alarms or any decision about a person; blood pressure without a cuff; "
    "reading an ECG off a generated waveform; recognising people."
)


def data(report: Report) -> Section:
    """Return the data card."""
    rows = [
        [
            d.name,
            wording.count(d.people),
            wording.count(d.rows),
            wording.count(d.abstained),
            d.licence or wording.NONE,
            tag("code", d.sha256) if d.sha256 else "many files",
            d.about or wording.NONE,
        ]
        for d in report.loaded.run.data
    ]
    head = (
        "Data",
        "People",
        "Rows",
        "Abstained",
        "Licence",
        "SHA-256",
        "Known to be wrong with it",
    )
    parts = [
        tag(
            "p",
            "Public data only. Rows are windows or excerpts; abstained rows lie below the quality "
            "threshold and are left out for every encoder alike. The digest is of the file that "
            "was read, cut to 16 digits.",
        ),
        tables.table(head, rows, "Data card", words={0, 4, 5, 6}, name="card")
        if rows
        else tag("p", "The run does not say which data it read.", class_="note warn"),
    ]
    return Section(anchor="data", title="Data card", body=join(parts))


def model(report: Report) -> Section:
    """Return what is known of the model and of everything beside it."""
    run = report.loaded.run
    rows = [
        [
            c.name,
            wording.KINDS.get(c.kind, c.kind),
            wording.count(c.dimension) if c.dimension else wording.NONE,
            wording.inputs("+".join(c.modalities)) or "no signal",
            wording.duration(c.seconds),
            c.about or wording.NONE,
        ]
        for c in run.columns
    ]
    head = ("Encoder", "Kind", "Numbers", "Takes", "Embedding took", "Who made it, which weights")
    parts = [
        tables.facts(
            (
                ("Model", run.model),
                (
                    "Weights",
                    tag("code", run.model_hash) if run.model_hash else "no digest was kept",
                ),
                ("Meant for", MEANT),
                ("Not meant for", NOT_MEANT),
                (
                    "Frozen",
                    "The encoder is never trained on a task; heads on its vectors are, on people "
                    "who are not tested.",
                ),
                ("Privacy", "Fingerprints identify people. Treat them like recordings."),
            )
        ),
        tag("h3", "All encoders"),
        tables.table(head, rows, "Encoders", words={0, 1, 3, 5}, name="card") if rows else None,
        tag("p", "The whole model card lies beside the weights of the package.", class_="small"),
    ]
    return Section(anchor="model", title="Model card, in short", body=join(parts))
