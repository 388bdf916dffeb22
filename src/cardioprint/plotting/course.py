"""Panels of the whole record: heart rate, quality, and the course of the fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.plotting import style
from cardioprint.plotting.numbers import components, grouped, reasons_of, similarity
from cardioprint.signal.preparation import MODALITIES, stretches
from cardioprint.signal.quality import REASONS, THRESHOLD

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cardioprint.fingerprints.result import Fingerprints

    Floats = NDArray[np.floating]

LINE_POINTS, MATRIX_POINTS = 1200, 240
"""More windows than this are averaged in groups: a pixel cannot show more, and the matrix of a
day would take a third of a gigabyte."""

INITIALS = {reason: reason[0] for reason in REASONS} | {"no beats": "b", "absent": "a"}
"""Where a word does not fit into its stretch."""


def line(axes: Axes, x: Floats, y: Floats, **look: Any) -> None:
    """Draw a line with gaps; a point between two gaps becomes a dot."""
    axes.plot(x, y, solid_joinstyle="round", **look)
    known = np.concatenate(([False], np.isfinite(y), [False]))
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    axes.plot(
        x[alone], y[alone], ".", markersize=3.5, color=look["color"], zorder=look.get("zorder", 2)
    )


class Course:
    """The panels of a whole record on one time axis.

    Args:
        fingerprints: Of the record.
        end: Seconds at which the record ends.
        excerpt: Seconds at which the excerpt begins and ends.
    """

    def __init__(self, fingerprints: Fingerprints, end: float, excerpt: tuple[float, float]):
        self.prints = fingerprints
        start = fingerprints.start
        self.unit, self.unit_words = style.time_unit(end)
        self.steps = [1, 3, 6, 10] if self.unit_words == "hours" else [1, 2, 5, 10]
        self.step = float(start[1] - start[0]) if len(start) > 1 else fingerprints.window
        self.left = float(start[0]) / self.unit if len(start) else 0.0
        self.end = end / self.unit
        self.middle = (start + np.minimum(start + fingerprints.window, end)) / 2 / self.unit
        self.marks = [t / self.unit for t in excerpt if self.left < t / self.unit < self.end]

    def span(self, first: int, stop: int) -> tuple[float, float]:
        """Return begin and width of windows `first` to `stop`, on the axis."""
        # Windows that overlap share their time: each is drawn around its middle.
        shift = max(0.0, (self.prints.window - self.step) / 2)
        begin = float(self.prints.start[first] + shift) / self.unit
        return begin, min(begin + (stop - first) * self.step / self.unit, self.end) - begin

    def prepare(self, axes: Axes, *, last: bool) -> None:
        """Set the time axis, shade where the model abstained, and mark the excerpt."""
        axes.set_xlim(self.left, self.end)
        gone = [self.span(a, b) for a, b in stretches(self.prints.abstained)]
        if gone:
            axes.broken_barh(
                gone,
                (0, 1),
                transform=axes.get_xaxis_transform(),
                facecolor=style.FAINT,
                linewidth=0,
                zorder=0,
            )
        for moment in self.marks:
            axes.axvline(
                moment, color=style.MUTED, linewidth=0.5, linestyle=(0, (1.5, 2)), zorder=1
            )
        axes.locator_params(axis="x", nbins=9, steps=self.steps)
        axes.tick_params(axis="x", length=2.5 if last else 0, labelbottom=last)
        if last:
            axes.set_xlabel(self.unit_words, fontsize=style.SMALL, color=style.MUTED, labelpad=1)

    def draw_heart_rate(self, axes: Axes) -> None:
        """Draw heart rates from both signals; the ECG's lies below, broad and pale."""
        self.prepare(axes, last=False)
        rates = grouped(self.prints.heart_rate, LINE_POINTS)
        x = grouped(self.middle, LINE_POINTS)
        parts = [("Heart rate", style.INK), ("beats/min", style.MUTED)]
        alone = np.isfinite(rates).any(axis=0).sum() < 2
        for row, look in enumerate(((2.6, 0.4), (1.1, 1.0))):
            if np.isfinite(rates[:, row]).any():
                wide, alpha = (1.2, 1.0) if alone else look
                line(axes, x, rates[:, row], color=style.SIGNALS[row], linewidth=wide, alpha=alpha)
                parts.append((f"from {MODALITIES[row].upper()}", style.SIGNALS[row]))
        known = rates[np.isfinite(rates)]
        if len(known):
            low, high = np.percentile(known, (1, 99))  # one odd window shall not set the scale
            room = max(0.12 * (high - low), 4.0)
            axes.set_ylim(low - room, high + room)
            axes.locator_params(axis="y", nbins=3, integer=True)
        else:
            axes.set_yticks([])
            parts.append(("no beats that can be believed", style.MUTED))
        axes.grid(axis="y", color=style.FAINT, linewidth=0.6)
        style.heading(axes, parts, right="dotted: the stretch above" if self.marks else "")

    def draw_quality(self, axes: Axes, *, last: bool) -> None:
        """Draw the quality ribbon: one row a signal, darker is better, hatched was not used."""
        from matplotlib.colors import LinearSegmentedColormap

        self.prepare(axes, last=last)
        used_initials: set[str] = set()
        labels = []
        for row, modality in enumerate(MODALITIES):
            base = 1.06 - 1.06 * row
            labels.append((base + 0.5, modality.upper()))
            if not self.prints.channels[row]:
                text = f"no {modality.upper()} in this recording"
                axes.text(self.left, base + 0.5, f" {text}", **_small(style.MUTED), va="center")
                continue
            quality = self.prints.quality[:, row].astype(np.float64)
            shades = LinearSegmentedColormap.from_list("", ("#FFFFFF", style.SIGNALS[row]))
            # A fifth of the colour at the threshold, so that accepted never looks like paper.
            scaled = 0.2 + 0.65 * (np.nan_to_num(quality) - THRESHOLD) / (1 - THRESHOLD)
            begin, wide = self.span(0, len(quality)) if len(quality) else (0.0, 0.0)
            if wide > 0:
                axes.imshow(
                    shades(np.clip(scaled, 0, 1))[None],
                    extent=(begin, begin + wide, base, base + 1),
                    aspect="auto",
                    origin="lower",
                    interpolation="antialiased" if len(quality) > LINE_POINTS else "nearest",
                    zorder=1,
                )
            used_initials |= self._draw_unused(axes, row, base)
        axes.set_xlim(self.left, self.end)
        axes.set_ylim(-0.02, 2.08)
        axes.set_yticks([y for y, _ in labels], [t for _, t in labels])
        axes.tick_params(axis="y", length=0)
        for tick, colour in zip(axes.get_yticklabels(), style.SIGNALS, strict=True):
            tick.set_color(colour)
            tick.set_fontweight("bold")
        parts = [("Signal quality", style.INK), ("darker is better", style.MUTED)]
        if not self.prints.used[:, [bool(c) for c in self.prints.channels]].all():
            parts[1] = ("darker is better, hatched was not used", style.MUTED)
        key = "   ".join(f"{i} {r}" for r, i in INITIALS.items() if i in used_initials)
        style.heading(axes, parts, right=key)

    def _draw_unused(self, axes: Axes, row: int, base: float) -> set[str]:
        """Hatch what was not used of a channel, with reasons; return the initials written."""
        unused = ~self.prints.used[:, row]
        bars = [self.span(a, b) for a, b in stretches(unused)]
        if not bars:
            return set()
        axes.broken_barh(
            bars,
            (base, 1),
            facecolor=style.UNUSED,
            edgecolor=style.HATCH,
            hatch="//////" if len(bars) < 60 else None,
            linewidth=0,
            zorder=2,
        )
        reasons, written = reasons_of(self.prints, row), set()
        points = axes.get_window_extent().width / axes.get_figure().dpi * 72  # type: ignore[union-attr]
        for first, stop in stretches(unused):
            # A stretch may change its reason; each gets its own word.
            edges = [first]
            edges += [i for i in range(first + 1, stop) if reasons[i] != reasons[i - 1]]
            for a, b in zip(edges, [*edges[1:], stop], strict=True):
                begin, wide = self.span(a, b)
                room = wide / max(self.end - self.left, 1e-9) * points
                reason = reasons[a]
                text = reason if room > 4.6 * len(reason) + 4 else INITIALS.get(reason, "")
                if room < 8 or not text:
                    continue
                if text != reason:
                    written.add(text)
                axes.text(
                    begin + wide / 2,
                    base + 0.48,
                    text,
                    ha="center",
                    va="center",
                    zorder=3,
                    clip_on=True,
                    bbox={"boxstyle": "square,pad=0.12", "fc": style.UNUSED, "ec": "none"},
                    **_small(style.PAPER),
                )
        return written

    def draw_components(self, axes: Axes) -> None:
        """Draw the first principal components one above the other, all to one scale."""
        self.prepare(axes, last=True)
        scores, shares = components(self.prints.vectors)
        scores, x = grouped(scores, LINE_POINTS), grouped(self.middle, LINE_POINTS)
        top, ticks, names = 0.0, [], []
        for i, share in enumerate(shares):
            low, high = np.nanmin(scores[:, i]), np.nanmax(scores[:, i])
            shift = top - high
            line(axes, x, scores[:, i] + shift, color=style.COMPONENTS[i], linewidth=1.1)
            ticks.append(shift)
            names.append(f"PC{i + 1}\n{100 * share:.0f} %")
            top = shift + low - 0.06 * (np.nanmax(scores[:, 0]) - np.nanmin(scores[:, 0]) + 1e-9)
        if len(shares):
            axes.set_ylim(float(1.06 * top), float(-0.04 * top))
        axes.set_yticks(ticks, names)
        axes.tick_params(axis="y", length=0)
        for tick, colour in zip(axes.get_yticklabels(), style.COMPONENTS, strict=False):
            tick.set_color(colour)
        parts = [
            ("Course of the fingerprint", style.INK),
            ("principal components and their share of the variance", style.MUTED),
        ]
        style.heading(axes, parts)

    def draw_similarity(self, axes: Axes, bar: Axes) -> None:
        """Draw the cosine similarity of all windows with all windows, and its scale."""
        from matplotlib.colors import LinearSegmentedColormap

        matrix = similarity(grouped(self.prints.vectors, MATRIX_POINTS))
        shades = LinearSegmentedColormap.from_list("", style.SIMILARITY)
        shades = shades.with_extremes(bad=style.FAINT)
        apart = matrix[~np.eye(len(matrix), dtype=bool)]
        low, high = np.nanpercentile(apart, (1, 99)) if np.isfinite(apart).any() else (0, 1)
        high = max(high, low + 1e-3)
        begin, wide = self.span(0, len(self.prints))
        axes.imshow(
            matrix,
            cmap=shades,
            vmin=low,
            vmax=high,
            extent=(begin, begin + wide, begin + wide, begin),
            interpolation="nearest",
        )
        axes.locator_params(nbins=5, steps=self.steps)
        axes.set_xlabel(self.unit_words, fontsize=style.SMALL, color=style.MUTED, labelpad=1)
        style.heading(axes, [("Self-similarity", style.INK), ("of all windows", style.MUTED)])
        bar.imshow(np.linspace(0, 1, 64)[None], cmap=shades, aspect="auto", extent=(0, 1, 0, 1))
        bar.set_yticks([])
        bar.set_xticks([0, 1], [style.number(low), style.number(high)])
        bar.tick_params(length=0)
        for tick, align in zip(bar.get_xticklabels(), ("left", "right"), strict=True):
            tick.set_horizontalalignment(align)
        bar.set_xlabel("cosine", fontsize=style.SMALL, color=style.MUTED, labelpad=-8)


def draw_barcode(axes: Axes, fingerprints: Fingerprints) -> None:
    """Draw the one fingerprint of a record as a strip, a bar a feature."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("", style.SIMILARITY)
    vector = fingerprints.vector
    axes.imshow(vector[None], cmap=shades, aspect="auto", interpolation="nearest")
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=6, integer=True)
    parts = [("Fingerprint", style.INK), (f"its {len(vector)} features", style.MUTED)]
    style.heading(axes, parts)


def _small(colour: str) -> dict[str, Any]:
    return {"fontsize": style.SMALL, "color": colour}
