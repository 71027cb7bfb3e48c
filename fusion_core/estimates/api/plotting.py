"""`plot`: estimates with their margins of error as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_core.plotting import draw

if TYPE_CHECKING:
    from fusion_core.frames import Table


def plot(estimates: Table, **options: Any) -> Any:
    """Draw estimates and their margins of error with HoloViews.

    Parameters
    ----------
    estimates
        A table of `analyze` or `survey_estimates`: one panel per statistic, one dot with
        its interval per group, in the order of the estimates.
    options
        ``theme`` (``"light"`` or ``"dark"``) and ``backend`` (``"bokeh"`` or ``"matplotlib"``).

    Returns
    -------
    holoviews.Layout
        Panels that a notebook shows, and that can be combined with others.

    Raises
    ------
    InputError
        If the table holds no estimates, or nothing that draws is installed.
    """
    return draw("estimates", estimates, **options)
