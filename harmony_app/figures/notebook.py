"""What `validation.plot()` and `estimates.plot()` of the engine give: figures for notebooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from fusion_core.errors import InputError
from fusion_core.frames import read_frame
from harmony_app.figures.look import Backend, Look, holoviews

if TYPE_CHECKING:
    from fusion_core.frames import Table
    from fusion_core.validation import Validation
    from harmony_app.shell.session import Theme


def plot_validation(
    found: Validation,
    *,
    what: str = "curves",
    variable: str = "",
    theme: Theme = "light",
    backend: Backend = "bokeh",
) -> Any:
    """Return a figure of a validation; see `fusion_core.validation.Validation.plot`."""
    from harmony_app.figures.validation import validation_panels, variables_of

    look = _look(theme, backend)
    names = [variable] if variable else variables_of(found) if what == "curves" else []
    panels = validation_panels(found, what, look, names)
    if not panels:
        raise InputError(
            f"The validation has nothing to draw of {variable or 'its variables'}",
            where=what,
            fix="Choose another figure or variable, or validate again",
        )
    return look.layout(panels)


def plot_estimates(estimates: Table, *, theme: Theme = "light", backend: Backend = "bokeh") -> Any:
    """Return a figure of estimates; see `fusion_core.estimates.plot`."""
    from harmony_app.figures.intervals import estimate_panels

    look = _look(theme, backend)
    table = read_frame(estimates, "the estimates")
    return look.layout(estimate_panels(table, look), columns=2)


def _look(theme: Theme, backend: Backend) -> Look:
    for name, value, known in (
        ("theme", theme, ("light", "dark")),
        ("backend", backend, ("bokeh", "matplotlib")),
    ):
        if value not in known:
            raise InputError.unknown(name, str(value), known)
    if "ipykernel" in sys.modules:
        # A notebook shows figures once the library's scripts are in it.
        holoviews(backend).extension(backend, logo=False)
    return Look(backend, theme, titled=True, height=300)
