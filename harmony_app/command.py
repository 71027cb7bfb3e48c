"""The `harmony app` command: start the web app on a workspace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.errors import HarmonyError, InputError

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

_USER_ERROR = 2


def app(
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", metavar="DIR", help="Project folder to open. Default: the demo."
        ),
    ] = None,
    demo: Annotated[
        Path, typer.Option(help="Where the demo workspace is, or is built if it is not there yet.")
    ] = Path("demo-workspace"),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5006,
    address: Annotated[
        str, typer.Option(help="Address to listen on; the default answers this computer only.")
    ] = "localhost",
    show: Annotated[bool, typer.Option(help="Open the page in the default browser.")] = True,
) -> None:
    """Start the web app and keep it running until Ctrl-C.

    Without --workspace it opens the demo: a fictional state with generated data, on which every
    page can be tried. The demo is built once, which takes some seconds.
    """
    from harmony_app.log import log_to_stderr
    from harmony_app.serve import require_free_port, serve

    try:
        require_free_port(address, port)
        opened = _open_workspace(workspace, demo)
    except HarmonyError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(_USER_ERROR) from error
    typer.echo(f"Harmony is at http://{address}:{port}/ – stop it with Ctrl-C.")
    sys.stdout.flush()
    log_to_stderr()
    serve(opened, port=port, address=address, show=show)


def _open_workspace(workspace: Path | None, demo: Path) -> Workspace:
    from fusion_core.workspace.layout import Workspace

    if workspace is not None:
        return Workspace.open(workspace)
    from fusion_core.demo import build_demo, ensure_demo

    if (demo / "workspace.json").exists():
        if not Workspace.open(demo).synthetic:
            raise InputError(
                "The folder holds a workspace that is not the demo",
                where=str(demo),
                fix="Open it with --workspace, or name another folder with --demo",
            )
        # One that was interrupted or written by an older version is built again.
        return ensure_demo(demo)
    typer.echo(f"Building the demo workspace in {demo} …")
    return build_demo(demo)
