"""How estimates settle as implicates are added: the estimate with its margin of error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harmony_app.figures.look import Look

if TYPE_CHECKING:
    import pandas as pd


def settling_panels(convergence: pd.DataFrame, variable: str, look: Look) -> list[Any]:
    """Return a panel per level of a variable; none where its margins are not known.

    Parameters
    ----------
    convergence
        `fusion_core.validation.Validation.convergence`.
    variable
        The variable.
    look
        Where it is drawn.
    """
    own = convergence[convergence["variable"] == variable]
    found = []
    for level, settling in own.groupby(own["level"].astype(str), sort=False):
        known = settling[np.isfinite(settling["moe"].to_numpy(dtype=float))]
        if len(known):
            title = f"{variable}: {level!s}" if level else variable
            found.append(_panel(known, title, look, share=bool(level)))
    return found


def _panel(settling: pd.DataFrame, title: str, look: Look, *, share: bool) -> Any:
    hv, accent = look.hv, look.colours["accent"]
    counts, estimate, moe = (
        settling[name].to_numpy(dtype=float) for name in ("implicates", "estimate", "moe")
    )
    # The margin of two implicates can be many times that of all: it may leave the frame.
    reach = 2.0 * float(moe[-1]) or max(abs(float(estimate[-1])) * 0.1, 1e-9)
    middle = float(estimate[-1])
    band = hv.Area((counts, estimate - moe, estimate + moe), "x", ["low", "high"])
    parts = [
        look.opts(band, look.band(accent, alpha=0.18)),
        look.opts(hv.Curve((counts, estimate)), look.line(accent)),
        look.opts(hv.Scatter((counts, estimate)), look.dots(accent, size=5, alpha=1.0)),
    ]
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            title=title,
            xlabel="implicates",
            ylabel="share of all households" if share else "mean of all households",
            xticks=_distinct(counts),
            xlim=(float(counts[0]) - 0.3, float(counts[-1]) + 0.3),
            **look.scale("y", middle - reach, middle + reach, share=share),
        ),
    )


def _distinct(counts: Any) -> list[tuple[float, str]]:
    """Return ticks at numbers of implicates that do not touch, the last one always."""
    room = 0.06 * (counts[-1] - counts[0])
    kept = [float(counts[-1])]
    for value in counts[-2::-1]:
        if kept[-1] - value >= room:
            kept.append(float(value))
    return [(value, f"{value:.0f}") for value in kept[::-1]]
