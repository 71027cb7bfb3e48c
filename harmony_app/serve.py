"""Start the web server with one page per place."""

from __future__ import annotations

import gc
import os
import secrets
import signal
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn
from panel.io.resources import DIST_DIR
from threadpoolctl import threadpool_limits
from tornado.web import StaticFileHandler

from fusion_core.errors import InputError
from harmony_app import begin, explore, fuse, harmonize, places, surveys, validate
from harmony_app.access import UserList, audit_to
from harmony_app.fuse.downloads import download_patterns
from harmony_app.help import help_patterns
from harmony_app.listening import (
    allowed_origins,
    is_personal,
    page_addresses,
    require_permission,
)
from harmony_app.log import LOG
from harmony_app.server import overview
from harmony_app.server.compression import CompressedFiles
from harmony_app.server.guard import Gate, guard
from harmony_app.server.overview import keep_sessions_in_mind
from harmony_app.server.receiving import upload_patterns
from harmony_app.server.request_log import request_log
from harmony_app.server.secret import cookie_secret
from harmony_app.server.settings import ServerSettings
from harmony_app.server.signing_in import HIDDEN_COOKIES, auth_provider, configure_oidc, door
from harmony_app.shell.page import Place, page_factory
from harmony_app.shell.session import Serving

_PATIENCE_SECONDS = 20.0
_ICON = (r"/(favicon\.ico)", StaticFileHandler, {"path": DIST_DIR / "images"})
"""Bokeh has one at the root only, whatever the prefix."""

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

# Imported before the first session: Panel tells a page about a component's class only if the class
# is older than the page.
PLACES = (
    Place("begin", "Begin", begin.build),
    Place("surveys", "Surveys", surveys.build),
    Place("places", "Places", places.build, needs="harmonizer"),
    Place("harmonize", "Harmonize", harmonize.build, needs="harmonizer"),
    Place("fuse", "Fuse", fuse.build, needs="runner"),
    Place("validate", "Validate", validate.build),
    Place("explore", "Explore", explore.build),
)
OWNERS_PLACE = Place("server", "Server", overview.build, needs="owner")
"""Where people sign in, for those who look after the server."""


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
    workspace: Workspace | None,
    settings: ServerSettings | None = None,
    *,
    demo: Path = Path("demo-workspace"),
    show: bool = False,
) -> None:
    """Serve the app until interrupted.

    A server that answers this computer only, and is known by no other name, lets its visitor open
    and create workspaces on the start page.

    Parameters
    ----------
    workspace
        The project folder to begin with; ``None`` lets the visitor choose one.
    settings
        Addresses and who may come in; by default from this computer only.
    demo
        Where the start page finds the demo, or builds it.
    show
        Open the first page in the default browser.

    Raises
    ------
    InputError
        If others can reach the server and neither signing in nor doing without was asked for, a name
        is no host, or there is not a workspace and visitors may not choose one.
    """
    settings = settings or ServerSettings()
    address, port = settings.address, settings.port
    require_permission(
        address,
        port,
        settings.origins,
        signs_in=settings.sign_in != "none",
        no_sign_in=settings.no_sign_in,
    )
    # Sessions are what runs side by side; each with threads of BLAS besides, they only wait.
    with threadpool_limits(limits=1, user_api="blas"), _imports_out_of_collections():
        serving = _serving(workspace, settings, demo=demo)
        server = _server(serving, settings)
        if show:
            first = page_addresses(address, port)[0] + settings.prefix.lstrip("/")
            server.io_loop.add_callback(webbrowser.open, first)
        run_until_stopped(server, serving)


def run_until_stopped(server: Any, serving: Serving) -> None:
    """Answer visitors until the process is asked to end.

    What they saved and their drafts are on disk by then, open pages wait for the server to come back,
    and runs in processes of their own go on. Work that nobody can wait for any more is given up, and
    nothing stays of what they sent.
    """
    loop = server.io_loop
    signal.signal(signal.SIGTERM, lambda *_: loop.add_callback_from_signal(loop.stop))
    server.start()
    loop.start()
    LOG.info("The server ends; open pages go on when it is back")
    patience = threading.Timer(_PATIENCE_SECONDS, os._exit, (0,))
    patience.daemon = True
    patience.start()
    serving.uploads.close()
    server.stop()


def _is_personal(settings: ServerSettings) -> bool:
    """Whether nobody but the person at this computer is served."""
    return is_personal(settings.address, settings.origins) and settings.sign_in == "none"


def _serving(workspace: Workspace | None, settings: ServerSettings, *, demo: Path) -> Serving:
    """Return what is served, and to whom."""
    personal = _is_personal(settings)
    serving = Serving(
        workspace,
        may_choose=personal,
        demo=demo,
        folders=None if personal and not settings.folders else settings.folders,
        upload_limit=None if personal else settings.upload_limit * 1_000_000,
        import_limits=settings.import_limits(),
    )
    if personal:
        return serving
    if workspace is None:
        raise InputError(
            "A workspace can be chosen in the browser only where nobody else can reach the app",
            fix="Name the workspace to serve with --workspace",
        )
    serving.door = door(settings, UserList(workspace.path))
    return serving


def _server(serving: Serving, settings: ServerSettings) -> Any:
    """Return the server, which does not listen to anybody yet."""
    port, workspace = settings.port, serving.workspace
    allowed = allowed_origins(settings.address, port, settings.origins)
    options: dict[str, Any] = {}
    places: tuple[Place, ...] = PLACES
    if _is_personal(settings) or workspace is None:
        secret = secrets.token_hex()
    else:
        users, secret = UserList(workspace.path), cookie_secret(workspace.path)
        options["auth_provider"] = auth_provider(settings, users)
        configure_oidc(settings)
        audit_to(workspace.path)
        if serving.door.asks:
            places = (*PLACES, OWNERS_PLACE)
            keep_sessions_in_mind()
    pn.config.oauth_expiry = settings.days
    pn.extension("tabulator", notifications=False)
    start = begin.start_page(serving)
    pages = {place.path: page_factory(place, places, serving, start) for place in places}
    pages |= {"/": pages["begin"], "start": start}
    server = pn.serve(
        pages,
        port=port,
        address=settings.address,
        websocket_origin=list(allowed),
        start=False,
        show=False,
        title="Harmony",
        autoreload=False,
        verbose=False,  # it would name an address nobody can open, such as 0.0.0.0
        extra_patterns=[
            *download_patterns(serving),
            *upload_patterns(serving),
            *help_patterns(settings.prefix),
            _ICON,
        ],
        prefix=settings.prefix,
        root_path=f"{settings.prefix}/",
        cookie_path=settings.prefix or "/",
        cookie_secret=secret,
        secret_key=secret.encode("ascii"),
        sign_sessions=True,
        exclude_cookies=list(HIDDEN_COOKIES),
        exclude_headers=["Authorization", "Cookie"],
        use_xheaders=settings.use_xheaders,
        liveness="healthz",
        log_function=request_log(serving.door),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"samesite": "strict"},
        **options,
    )
    needs = {f"/{place.path}": place.needs for place in places}
    tornado = server._tornado  # noqa: SLF001 - Bokeh hands out its Tornado application by this name only
    tornado.transforms.append(CompressedFiles)
    guard(
        tornado,
        Gate(frozenset(allowed), serving.door, needs, is_personal=_is_personal(settings)),
        prefix=settings.prefix,
    )
    return server
