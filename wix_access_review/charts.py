"""The pictures, as SVG that stands in the page and takes its colours from it."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from wix_access_review.findings import printable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from wix_access_review.changes import Bucket

_INK, _LINE, _GAINED, _LOST, _BAR, _POWER, _PAPER = (f"#0101{number:02x}" for number in range(7))
_VARIABLES = {
    _INK: "--ink", _LINE: "--line", _GAINED: "--gained", _LOST: "--lost", _BAR: "--bar", _POWER: "--power",
    _PAPER: "--card",
}  # fmt: skip
"""Colours that no picture has, each put in place of one of the page's, so that pictures follow light and dark."""
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none", "font.size": 11, "text.color": _INK, "text.parse_math": False,
    "axes.edgecolor": _LINE, "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK, "grid.color": _LINE,
    "hatch.color": _PAPER, "hatch.linewidth": 1.6, "axes.spines.top": False, "axes.spines.right": False,
    "axes.unicode_minus": False, "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "legend.facecolor": "none", "font.family": ["DejaVu Sans"],
}  # fmt: skip
_DAYS = {"day": 1, "week": 7, "month": 30}
_WIDTH, _HEIGHT = 5.6, 2.9


def timeline(buckets: Sequence[Bucket], unit: str) -> str:
    """Bars up for access gained, down for access lost; empty when nothing changed.

    Args:
        buckets: The changes by span of days.
        unit: What a span is: `day`, `week` or `month`.
    """
    if not buckets:
        return ""
    with mpl.rc_context(_settings("timeline")):
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        starts: list[dt.date] = [bucket.start for bucket in buckets]
        width = _DAYS[unit] * 0.8
        axes.bar(starts, [one.gained for one in buckets], width, color=_GAINED, label="gained")  # type: ignore[arg-type]
        axes.bar(starts, [-one.lost for one in buckets], width, color=_LOST, hatch="////", label="lost")  # type: ignore[arg-type]
        axes.axhline(0, color=_INK, linewidth=0.8)
        _dates(axes, starts)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):g}"))
        axes.set_ylabel(f"grants, by {unit}")
        axes.grid(axis="y", linewidth=0.6)
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return _svg(figure, f"Access gained and lost by {unit}; the same figures are in the table below.")


def _dates(axes: Axes, starts: Sequence[dt.date]) -> None:
    locator = AutoDateLocator(minticks=2, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    if (max(starts) - min(starts)).days < 6:
        axes.set_xticks(sorted(set(starts)), [f"{day:%d %b %Y}" for day in sorted(set(starts))])
        axes.margins(x=0.35)


def roles(counts: Sequence[tuple[str, int, bool | None]]) -> str:
    """Bars of how many people have which role as their strongest, strongest first; empty when nobody has any.

    Args:
        counts: Role, people, and whether it is privileged; None where that is not known.
    """
    if not counts:
        return ""
    with mpl.rc_context(_settings("roles")):
        figure = Figure(figsize=(_WIDTH, max(1.4, 0.34 * len(counts) + 0.5)), layout="constrained")
        axes = figure.add_subplot()
        places = range(len(counts))
        colours = [_POWER if privileged else _BAR for *_, privileged in counts]
        bars = axes.barh(places, [count for _, count, _ in counts], color=colours, height=0.66)
        for bar, (*_, privileged) in zip(bars, counts, strict=True):
            bar.set_hatch("////" if privileged else ".." if privileged is None else "")
        axes.bar_label(bars, padding=4, fmt="{:,.0f}")
        axes.set_yticks(places, [_label(role) for role, *_ in counts])
        axes.invert_yaxis()
        axes.xaxis.set_visible(False)
        axes.spines[["bottom", "left"]].set_visible(False)
        axes.tick_params(left=False)
        axes.margins(x=0.12)
        return _svg(figure, "People by their strongest role; the same figures are in the table below.")


def _settings(salt: str) -> Any:
    # The salt makes ids that are alike in every run, and differ between the pictures.
    return {**_SETTINGS, "svg.hashsalt": salt}


def _label(text: str) -> str:
    short = printable(text) or "(no name)"
    return short if len(short) <= 30 else f"{short[:29]}…"


def _svg(figure: Figure, label: str) -> str:
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # The page's fonts draw the letters, not these.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        FigureCanvasSVG(figure).print_svg(
            buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # It holds for the whole page, not only for the picture; the page has the same rule for its pictures.
    text = re.sub(r"<style type=\"text/css\">.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(
        r"<svg [^>]*?(viewBox=\"[^\"]+\")[^>]*>",
        rf'<svg \1 class="chart" role="img" aria-label="{label}">',
        text,
        count=1,
    )
    # Two pictures in one page must not have the same ids; nothing points at those of groups.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    # An attribute takes no variable, a style does.
    text = re.sub(r'fill="(#0101..)"', r'style="fill: \1"', text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(f": {colour}", f": var({variable})")
    return text.replace("'DejaVu Sans'", "inherit")
