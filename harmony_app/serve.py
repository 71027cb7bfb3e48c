"""Start the web server with one page per place."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import panel as pn
from threadpoolctl import threadpool_limits

from fusion_core.errors import InputError
from harmony_app import explore, fuse, harmonize, surveys, validate
from harmony_app.fuse.downloads import download_patterns
from harmony_app.shell.page import Place, page_factory

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

# Imported before the first session: Panel tells a page about a component's class only if the class
# is older than the page.
PLACES = (
    Place("surveys", "Surveys", surveys.build),
    Place("harmonize", "Harmonize", harmonize.build),
    Place("fuse", "Fuse", fuse.build),
    Place("validate", "Validate", validate.build),
    Place("explore", "Explore", explore.build),
)


def require_free_port(address: str, port: int) -> None:
    """Make sure the server will be able to listen.

    Raises
    ------
    InputError
        If another program listens there already, or the address is not this computer's.
    """
    try:
        with socket.create_server((address, port)):
            pass
    except OSError as error:
        raise InputError(
            f"Port {port} of {address} cannot be used: {error.strerror or error}",
            fix="Stop the program that uses it, or choose another one with --port",
        ) from error


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


def serve(
    workspace: Workspace, *, port: int = 5006, address: str = "localhost", show: bool = False
) -> None:
    """Serve the app on `workspace` until interrupted.

    Parameters
    ----------
    workspace
        The project folder every session works in.
    port, address
        Where to listen; the default address answers this computer only.
    show
        Open the first page in the default browser.
    """
    pn.extension("tabulator", notifications=False)
    pages = {place.path: page_factory(place, PLACES, workspace) for place in PLACES}
    pages["/"] = pages["harmonize"]
    # Sessions are what runs side by side; each with threads of BLAS besides, they only wait.
    with threadpool_limits(limits=1, user_api="blas"), _imports_out_of_collections():
        pn.serve(
            pages,
            port=port,
            address=address,
            websocket_origin=[f"{address}:{port}", f"localhost:{port}", f"127.0.0.1:{port}"],
            show=show,
            title="Harmony",
            autoreload=False,
            extra_patterns=download_patterns(workspace),
        )
