"""The `harmony app` command: start the web app on a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def app(
    workspace: Annotated[
        Path, typer.Option(help="Project folder to open; see `harmony demo` to make one.")
    ],
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5006,
    address: Annotated[
        str, typer.Option(help="Address to listen on; the default answers this computer only.")
    ] = "localhost",
    show: Annotated[bool, typer.Option(help="Open the page in the default browser.")] = True,
) -> None:
    """Start the web app and keep it running until Ctrl-C."""
    from fusion_core.workspace.layout import Workspace
    from harmony_app.serve import serve

    serve(Workspace.open(workspace), port=port, address=address, show=show)
