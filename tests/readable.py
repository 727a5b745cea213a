"""What makes a figure hard to read in print: a width that is no column or page, small words, parts that are cut off."""

from __future__ import annotations

from typing import Any, cast

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from numerics.figures import COLUMN, PAGE, SMALLEST, STYLE

SLACK = 0.01  # inches


def faults(figure: Figure) -> list[str]:
    """One sentence for everything that is hard to read where the figure is printed as wide as it is drawn."""
    found = []
    with mpl.rc_context(STYLE):
        canvas: Any = FigureCanvasAgg(figure)
        for _ in range(2):  # the layout settles, as when a figure is saved
            canvas.draw()
        width, height = (float(side) for side in figure.get_size_inches())
        box = figure.get_tightbbox(canvas.get_renderer())
    if width not in (COLUMN, PAGE):
        found.append(f"{width:g} inches wide")
    words = cast(list[Text], figure.findobj(Text))
    small = sorted({text.get_text() for text in words if text.get_text() and float(text.get_fontsize()) < SMALLEST})
    found += [f"small words: {small}"] * bool(small)
    if min(box.x0, box.y0) < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK:
        found.append(f"cut off: {box.x0:.2f} to {box.x1:.2f} of {width:g}, {box.y0:.2f} to {box.y1:.2f} of {height:g}")
    for axes in figure.axes:
        inside = axes.get_window_extent()
        if min(inside.width, inside.height) < 0.8 * figure.dpi:
            found.append(f"a panel of {inside.width / figure.dpi:.2f} by {inside.height / figure.dpi:.2f} inches")
    return found
