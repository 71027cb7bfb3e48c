"""What the page says at its top: runs in progress, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from harmony_app.explore.data import Catalogue


def notices_html(catalogue: Catalogue, elsewhere: str = "") -> str:
    """Say which runs are still in progress and what could not be read; empty when all is well.

    Parameters
    ----------
    catalogue
        What can be shown.
    elsewhere
        Why something else is shown than the address names.
    """
    notes = [
        f"Run “{run.spec().name}” is {run.state().progress:.0%} done. Reload this page when it has"
        " finished."
        for run in catalogue.waiting
        if run.state().status == "running"
    ]
    told = filter(None, (elsewhere, *notes, *catalogue.problems))
    return page_part("lines", "div", "notice", told, "status")


__all__ = ["notices_html"]
