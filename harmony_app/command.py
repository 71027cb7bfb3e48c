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
    *,
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
        str,
        typer.Option(
            help="Address to listen on; the default answers this computer only. Any other one needs "
            "--no-sign-in."
        ),
    ] = "localhost",
    no_sign_in: Annotated[
        bool,
        typer.Option(
            "--no-sign-in",
            help="Allow an address other computers can reach: everyone who reaches the port can "
            "read and change everything in the workspace.",
        ),
    ] = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="Another name people reach the app by, such as that of a proxy. May be repeated.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option(help="Open the page in the default browser.")] = True,
) -> None:
    """Start the web app and keep it running until Ctrl-C.

    Without --workspace it opens the demo: a fictional state with generated data, on which every
    page can be tried. The demo is built once, which takes some seconds.
    """
    from harmony_app.listening import allowed_origins, require_free_port, require_permission
    from harmony_app.log import log_to_stderr
    from harmony_app.serve import serve

    try:
        require_free_port(address, port)
        require_permission(address, port, no_sign_in=no_sign_in)
        allowed_origins(address, port, origin or ())
        opened = _open_workspace(workspace, demo)
    except HarmonyError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(_USER_ERROR) from error
    _announce(address, port)
    log_to_stderr()
    serve(
        opened, port=port, address=address, no_sign_in=no_sign_in, origins=origin or (), show=show
    )


def _announce(address: str, port: int) -> None:
    """Say where the app is, and what it means where other computers reach it."""
    from harmony_app.listening import is_loopback, page_addresses

    here, *elsewhere = page_addresses(address, port)
    typer.echo(f"Harmony is at {here} – stop it with Ctrl-C.")
    if elsewhere:
        typer.echo(f"Other computers reach it at {' or '.join(elsewhere)}")
    sys.stdout.flush()
    if not is_loopback(address):
        typer.echo(
            f"Warning: there is no sign-in. Everyone who reaches port {port} can read and change "
            "everything in the workspace.",
            err=True,
        )


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
