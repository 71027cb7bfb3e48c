"""Many changes of a page as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import panel as pn


@contextmanager
def at_once() -> Iterator[None]:
    """Send what is changed inside as one message, and look through the page's models once.

    Bokeh looks through all models of a page whenever one that refers to others changes, and each
    text shown with a style sheet is such a one: ten texts changed apart cost ten looks.
    """
    document = pn.state.curdoc
    if document is None:
        yield
        return
    with pn.io.hold(document), document.models.freeze():
        yield
