"""The `harmony app` command: start the web app on a workspace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.errors import HarmonyError

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

_USER_ERROR = 2
_DEMO = Path("demo-workspace")
_VARIABLE = "HARMONY_WORKSPACE"


def app(
    *,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            metavar="DIR",
            help="Project folder to open.",
            show_default="$HARMONY_WORKSPACE, or the current folder if it is one",
        ),
    ] = None,
    create: Annotated[
        bool,
        typer.Option("--create", help="Create the workspace first if the folder is new or empty."),
    ] = False,
    demo: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Open the demo here; it is built if it is not there yet."),
    ] = None,
    first_run: Annotated[
        bool,
        typer.Option(
            "--first-run/--no-first-run",
            help="Start a quick run in the background when the demo has none.",
        ),
    ] = True,
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

    Without --workspace or --demo it opens the current folder if that is a workspace; otherwise its
    first page asks: open the demo, start your own, or open a folder. The demo is a fictional state
    with generated data, on which every page can be tried; building it takes some seconds.
    """
    from harmony_app.begin.demo import start_first_look
    from harmony_app.listening import allowed_origins, require_free_port, require_permission
    from harmony_app.log import log_to_stderr
    from harmony_app.serve import may_choose, serve

    try:
        require_free_port(address, port)
        require_permission(address, port, no_sign_in=no_sign_in)
        allowed_origins(address, port, origin or ())
        opened = _open_workspace(
            workspace, demo, create=create, may_choose=may_choose(address, origin or ())
        )
        if opened is not None and demo is not None and workspace is None and first_run:
            start_first_look(opened)
    except HarmonyError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(_USER_ERROR) from error
    _announce(address, port)
    log_to_stderr()
    serve(
        opened,
        demo=demo or _DEMO,
        port=port,
        address=address,
        no_sign_in=no_sign_in,
        origins=origin or (),
        show=show,
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


def _open_workspace(
    workspace: Path | None, demo: Path | None, *, create: bool, may_choose: bool
) -> Workspace | None:
    """Open what was asked for; ``None`` leaves the choice to the start page."""
    from fusion_core.workspace.layout import Workspace
    from harmony_app.begin.demo import open_demo

    if workspace is None and demo is None and os.environ.get(_VARIABLE):
        workspace = Path(os.environ[_VARIABLE])
    if workspace is not None:
        is_new = not (workspace / "workspace.json").exists() and Workspace.has_room(workspace)
        if is_new and (create or _confirms(workspace)):
            return Workspace.create(workspace)
        return Workspace.open(workspace)
    if demo is None:
        if Path("workspace.json").exists():
            return Workspace.open(Path())
        if may_choose:
            return None
    folder = demo or _DEMO
    if not (folder / "workspace.json").exists():
        typer.echo(f"Building the demo workspace in {folder} …")
    return open_demo(folder)


def _confirms(folder: Path) -> bool:
    """Ask whoever is at the terminal whether to create a workspace; nobody there means no."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return typer.confirm(f"{folder} is no workspace yet. Create one there?", default=True)
