"""What the measures mean, in a sentence each."""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables
from cardioprint.benchmark.report_page.report import Report, Section

TERMS: tuple[tuple[str, str], ...] = (
    (
        "AUROC",
        "Chance that a random positive is ranked above a random negative: 0.5 is a coin.",
    ),
    (
        "Macro AUROC",
        "AUROC of each class against the rest, averaged; rare classes count as much.",
    ),
    ("AUPRC", "Area under precision against recall; guessing gives the prevalence, not 0.5."),
    (
        "Sensitivity at 90 % specificity",
        "Share of the sick who are found when 10 % of the healthy are alarmed.",
    ),
    ("Brier score", "Mean squared error of probabilities: 0 is perfect, less is better."),
    (
        "Calibration error",
        "Mean distance of predicted from observed shares, over ten bins of equal size.",
    ),
    ("Calibration slope", "1 is right; below 1, predictions are too bold; above 1, too timid."),
    ("MAE", "Mean absolute error, in the unit of what is predicted."),
    ("R\u00b2", "Share of variance explained; 0 is the mean, below 0 is worse than the mean."),
    (
        "C-index",
        "Chance that of two people the one at higher predicted risk dies first; 0.5 is a coin.",
    ),
    ("Pearson r", "Likeness of two waveforms regardless of size, \u22121 to 1."),
    ("RMSE, SD", "Root mean squared error of z-scored waveforms; a flat line has 1."),
    (
        "Raw, aligned",
        "As it came; or after the one best lag of each record, because monitors delay signals.",
    ),
    (
        "F1 at 50 ms",
        "Beats placed within 50 ms of the true ones: harmonic mean of precision and recall.",
    ),
    ("Recall@1", "Share of queries whose own partner is ranked first among all candidates."),
    (
        "EER",
        "Error where as many strangers pass as owners are refused. Low: easily identified.",
    ),
    (
        "d\u2032",
        "Distance of two distributions in their SD: the person a moment later, against others.",
    ),
    ("95 % interval", "Where the figure would lie for 95 % of other draws of people like these."),
    (
        "Holm p",
        "p after Holm\u2019s step-down over a family of tests, here one baseline on all tasks.",
    ),
    (
        "Abstained",
        "A window whose signal is too poor for a fingerprint; left out for every encoder.",
    ),
    (
        "Untrained network",
        "The same architecture with random weights: what convolution alone gives.",
    ),
    ("Not told apart", "The interval of the difference, corrected, holds 0: no claim either way."),
)


def section(report: Report) -> Section:
    """Return the glossary."""
    return Section(anchor="glossary", title="Glossary", body=tables.facts(TERMS))
