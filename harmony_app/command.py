"""The `harmony app` command: start the web app on a workspace."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.errors import HarmonyError, InputError
from harmony_app.server import options

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from harmony_app.server.settings import ServerSettings

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
    port: options.Port = 5006,
    address: options.Address = "localhost",
    origin: options.Origin = None,
    prefix: options.Prefix = "",
    use_xheaders: options.UseXheaders = False,
    folder: options.Folder = None,
    upload_limit: options.UploadLimit = 4000,
    import_memory: options.ImportMemory = 0,
    import_minutes: options.ImportMinutes = 60,
    num_procs: options.NumberOfProcesses = 1,
    log_level: options.HowMuchIsLogged = None,
    sign_in: options.HowToSignIn = None,
    no_sign_in: options.NoSignIn = False,
    sign_in_days: options.SignInDays = 1.0,
    others: options.Others = None,
    proxy_header: options.HeaderName = "",
    proxy_address: options.ProxyAddress = None,
    oidc_client: options.OidcClient = "",
    oidc_secret: options.OidcSecret = "",
    oidc_authorize_url: options.OidcAuthorizeUrl = "",
    oidc_token_url: options.OidcTokenUrl = "",
    oidc_user_url: options.OidcUserUrl = "",
    oidc_logout_url: options.OidcLogoutUrl = "",
    oidc_user_key: options.OidcUserKey = "email",
    oidc_redirect_url: options.OidcRedirectUrl = "",
    show: Annotated[bool, typer.Option(help="Open the page in the default browser.")] = True,
) -> None:
    """Start the web app and keep it running until Ctrl-C.

    Without --workspace or --demo it opens the current folder if that is a workspace; otherwise its
    first page asks: open the demo, start your own, or open a folder. The demo is a fictional state
    with generated data, on which every page can be tried; building it takes some seconds.
    """
    from harmony_app.begin.demo import start_first_look
    from harmony_app.listening import is_personal
    from harmony_app.log import log_to_stderr
    from harmony_app.serve import serve
    from harmony_app.server.settings import Oidc, ProxyHeader, ServerSettings

    try:
        settings = ServerSettings(
            port=port,
            address=address,
            origins=tuple(origin or ()),
            prefix=prefix.rstrip("/"),
            use_xheaders=use_xheaders,
            sign_in=sign_in or "none",
            no_sign_in=no_sign_in,
            oidc=Oidc(
                oidc_client,
                oidc_secret,
                oidc_authorize_url,
                oidc_token_url,
                oidc_user_url,
                oidc_logout_url,
                oidc_user_key,
                oidc_redirect_url,
            )
            if sign_in == "oidc"
            else None,
            proxy_header=ProxyHeader(proxy_header, tuple(proxy_address or ()))
            if sign_in == "proxy"
            else None,
            others=others,
            days=sign_in_days,
            folders=tuple(folder or ()),
            upload_limit=upload_limit,
            import_memory=import_memory,
            import_minutes=import_minutes,
            processes=num_procs,
            log_level=log_level,
        )
        opened, settings = _checked(
            settings, workspace, demo, create=create, may_ask=sign_in is None
        )
        if opened is not None and demo is not None and workspace is None and first_run:
            start_first_look(opened)
    except HarmonyError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(_USER_ERROR) from error
    _announce(settings)
    shared = settings.sign_in != "none" or not is_personal(address, settings.origins)
    log_to_stderr(settings.log_level or ("info" if shared else "warning"))
    serve(opened, settings, demo=demo or _DEMO, show=show)


def _checked(
    settings: ServerSettings,
    workspace: Path | None,
    demo: Path | None,
    *,
    create: bool,
    may_ask: bool,
) -> tuple[Workspace | None, ServerSettings]:
    """Open what is served, and make sure it may be served so, before anything listens.

    Where others can reach the server, `may_ask` lets people sign in with the passwords there are.
    """
    from harmony_app.access import UserList
    from harmony_app.listening import (
        allowed_origins,
        is_personal,
        require_free_port,
        require_permission,
    )

    address, port, origins = settings.address, settings.port, settings.origins
    require_free_port(address, port)
    allowed_origins(address, port, origins)
    personal = is_personal(address, origins) and settings.sign_in == "none"
    opened = _open_workspace(workspace, demo, create=create, may_choose=personal)
    people = None if opened is None else UserList(opened.path)
    if people is not None and may_ask and not personal and not settings.no_sign_in:
        settings = replace(settings, sign_in="password" if people.has_passwords() else "none")
    require_permission(
        address,
        port,
        origins,
        signs_in=settings.sign_in != "none",
        no_sign_in=settings.no_sign_in,
    )
    if settings.sign_in == "password" and people is not None and not people.has_passwords():
        raise InputError(
            "Nobody could sign in: nobody in this workspace has a password",
            where=str(people.path),
            fix="Add yourself with `harmony users add NAME --role owner`",
        )
    return opened, settings


def _announce(settings: ServerSettings) -> None:
    """Say where the app is, and what it means where other computers reach it."""
    from harmony_app.listening import is_personal, page_addresses
    from harmony_app.server.settings import SIGN_INS

    address, port = settings.address, settings.port
    path = settings.prefix.lstrip("/")
    here, *elsewhere = [f"{page}{path}" for page in page_addresses(address, port)]
    typer.echo(f"Harmony is at {here} – stop it with Ctrl-C.")
    if elsewhere:
        typer.echo(f"Other computers reach it at {' or '.join(elsewhere)}")
    if settings.sign_in != "none":
        typer.echo(f"Sign-in: {SIGN_INS[settings.sign_in]}.")
    sys.stdout.flush()
    if settings.sign_in == "none" and not is_personal(address, settings.origins):
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
    return typer.confirm(f"{folder} is not a workspace yet. Create one there?", default=True)
