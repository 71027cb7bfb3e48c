"""Start the web server with one page per place."""

from __future__ import annotations

import gc
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
from threadpoolctl import threadpool_limits
from tornado.ioloop import IOLoop

from fusion_core.errors import InputError
from harmony_app import begin, explore, fuse, harmonize, places, surveys, validate
from harmony_app.fuse.downloads import download_patterns
from harmony_app.listening import (
    allowed_origins,
    is_loopback,
    page_addresses,
    require_permission,
)
from harmony_app.shell.page import Place, page_factory
from harmony_app.shell.session import Serving

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

# Imported before the first session: Panel tells a page about a component's class only if the class
# is older than the page.
PLACES = (
    Place("begin", "Begin", begin.build),
    Place("surveys", "Surveys", surveys.build),
    Place("places", "Places", places.build),
    Place("harmonize", "Harmonize", harmonize.build),
    Place("fuse", "Fuse", fuse.build),
    Place("validate", "Validate", validate.build),
    Place("explore", "Explore", explore.build),
)


@contextmanager
def _imports_out_of_collections() -> Iterator[None]:
    """Keep the garbage collector from going through everything imported, which it never frees.

    A full collection stops every session for a third of the time it took. At the end all is as
    before, so that libraries can let go of what they hold.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def may_choose(address: str, origins: Sequence[str]) -> bool:
    """Whether visitors may open any folder: the server is reached from this computer alone."""
    return is_loopback(address) and not origins


def serve(
    workspace: Workspace | None,
    *,
    demo: Path = Path("demo-workspace"),
    port: int = 5006,
    address: str = "localhost",
    no_sign_in: bool = False,
    origins: Sequence[str] = (),
    show: bool = False,
) -> None:
    """Serve the app until interrupted.

    A server that answers this computer only, and is known by no other name, lets its visitor open
    and create workspaces on the start page.

    Parameters
    ----------
    workspace
        The project folder to begin with; ``None`` lets the visitor choose one.
    demo
        Where the start page finds the demo, or builds it.
    port, address
        Where to listen; the default address answers this computer only.
    no_sign_in
        Whether everyone who reaches an address beyond this computer may read and change everything.
    origins
        Further names people reach the server by, such as that of a proxy: ``host`` or
        ``host:port``.
    show
        Open the first page in the default browser.

    Raises
    ------
    InputError
        If other computers can reach the address and `no_sign_in` is false, a name is no host, or
        there is no workspace and visitors may not choose one.
    """
    require_permission(address, port, no_sign_in=no_sign_in)
    allowed = allowed_origins(address, port, origins)
    pn.extension("tabulator", "filedropper", notifications=False)
    serving = Serving(workspace, may_choose=may_choose(address, origins), demo=demo)
    if workspace is None and not serving.may_choose:
        raise InputError(
            "A workspace can be chosen in the browser only where nobody else can reach the app",
            fix="Name the workspace to serve with --workspace",
        )
    start = begin.start_page(serving)
    pages = {place.path: page_factory(place, PLACES, serving, start) for place in PLACES}
    pages |= {"/": pages["begin"], "start": start}
    # Sessions are what runs side by side; each with threads of BLAS besides, they only wait.
    with threadpool_limits(limits=1, user_api="blas"), _imports_out_of_collections():
        if show:
            IOLoop.current().add_callback(webbrowser.open, page_addresses(address, port)[0])
        pn.serve(
            pages,
            port=port,
            address=address,
            websocket_origin=list(allowed),
            show=False,
            title="Harmony",
            autoreload=False,
            verbose=False,  # it would name an address nobody can open, such as 0.0.0.0
            extra_patterns=download_patterns(serving),
        )
