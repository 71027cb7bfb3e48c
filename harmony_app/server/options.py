"""Options of the server: how it is reached, and who may come in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harmony_app.access import Role
from harmony_app.server.settings import LogLevel, SignIn

_SIGNING_IN: Final = "Access"
_REACHED: Final = "Addresses"
_READ: Final = "Files and limits"
_OIDC: Final = "Signing in with OpenID Connect"

Folder = Annotated[
    list[Path] | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        help="Folder whose files people may import by their path on the server. May be repeated.",
        show_default="any where only you can reach the server, none otherwise",
        rich_help_panel=_READ,
    ),
]
UploadLimit = Annotated[
    int,
    typer.Option(
        metavar="MB",
        min=1,
        help="Largest file people may send, where others can reach the server.",
        rich_help_panel=_READ,
    ),
]
ImportMemory = Annotated[
    int,
    typer.Option(
        "--import-memory",
        metavar="MB",
        min=0,
        help="Memory one person's import may take; it has a process of its own.",
        show_default="half of this computer's",
        rich_help_panel=_READ,
    ),
]
ImportMinutes = Annotated[
    int,
    typer.Option(
        "--import-minutes",
        metavar="MINUTES",
        min=1,
        help="Time one person's import may take.",
        rich_help_panel=_READ,
    ),
]
NumberOfProcesses = Annotated[
    int,
    typer.Option(
        "--num-procs",
        metavar="1",
        help="Processes that serve the workspace: one, as open pages live in it.",
        rich_help_panel=_REACHED,
    ),
]
HowMuchIsLogged = Annotated[
    LogLevel | None,
    typer.Option(
        "--log-level",
        help="From which severity on things are written to standard error.",
        show_default="info where others can reach the server, warning otherwise",
        rich_help_panel=_REACHED,
    ),
]
Port = Annotated[
    int, typer.Option(help="Port to listen on.", min=1, max=65535, rich_help_panel=_REACHED)
]
Address = Annotated[
    str,
    typer.Option(
        help="Address to listen on; the default answers this computer only. Any other one needs "
        "--sign-in or --no-sign-in.",
        rich_help_panel=_REACHED,
    ),
]
Origin = Annotated[
    list[str] | None,
    typer.Option(
        "--origin",
        metavar="HOST[:PORT]",
        help="Another name people reach the app by, such as that of a proxy. May be repeated.",
        rich_help_panel=_REACHED,
    ),
]
Prefix = Annotated[
    str,
    typer.Option(
        metavar="/PATH",
        help="Path in front of every page, where a proxy serves others beside it.",
        rich_help_panel=_REACHED,
    ),
]
UseXheaders = Annotated[
    bool,
    typer.Option(
        "--use-xheaders",
        help="Believe the X-Forwarded-For and X-Forwarded-Proto of the proxy in front; only where "
        "nobody reaches the port but the proxy.",
        rich_help_panel=_REACHED,
    ),
]
HowToSignIn = Annotated[
    SignIn | None,
    typer.Option(
        "--sign-in",
        help="How people sign in: with a password of `harmony users`, at an OpenID Connect "
        "provider, or at a proxy in front that names them in a header.",
        show_default="password where others can reach the server and `harmony users` has some",
        rich_help_panel=_SIGNING_IN,
    ),
]
NoSignIn = Annotated[
    bool,
    typer.Option(
        "--no-sign-in",
        help="Allow an address other computers can reach: everyone who reaches the port can "
        "read and change everything in the workspace.",
        rich_help_panel=_SIGNING_IN,
    ),
]
SignInDays = Annotated[
    float, typer.Option(help="Days a sign-in lasts.", min=0.01, rich_help_panel=_SIGNING_IN)
]
Others = Annotated[
    Role | None,
    typer.Option(
        help="Role of people a provider or a proxy has signed in who are not among `harmony users`.",
        show_default="they may do nothing",
        rich_help_panel=_SIGNING_IN,
    ),
]
HeaderName = Annotated[
    str,
    typer.Option(
        "--proxy-header",
        metavar="NAME",
        help="Header in which the proxy names who signed in, such as X-Remote-User. The proxy has "
        "to remove it from what visitors send.",
        rich_help_panel=_SIGNING_IN,
    ),
]
ProxyAddress = Annotated[
    list[str] | None,
    typer.Option(
        "--proxy-address",
        metavar="ADDRESS",
        help="Address or network the proxy connects from; the header counts from nowhere else. "
        "May be repeated.",
        rich_help_panel=_SIGNING_IN,
    ),
]
OidcClient = Annotated[
    str, typer.Option(help="What the provider knows this server by.", rich_help_panel=_OIDC)
]
OidcSecret = Annotated[
    str,
    typer.Option(
        envvar="HARMONY_OIDC_SECRET",
        help="The client's secret. On a command line others can read it: set the variable instead.",
        rich_help_panel=_OIDC,
    ),
]
OidcAuthorizeUrl = Annotated[
    str,
    typer.Option(
        metavar="URL", help="The provider's authorization endpoint.", rich_help_panel=_OIDC
    ),
]
OidcTokenUrl = Annotated[
    str, typer.Option(metavar="URL", help="Its token endpoint.", rich_help_panel=_OIDC)
]
OidcUserUrl = Annotated[
    str, typer.Option(metavar="URL", help="Its userinfo endpoint.", rich_help_panel=_OIDC)
]
OidcLogoutUrl = Annotated[
    str, typer.Option(metavar="URL", help="Where it signs people out.", rich_help_panel=_OIDC)
]
OidcUserKey = Annotated[
    str,
    typer.Option(
        metavar="CLAIM",
        help="Which claim names a person; one that people cannot set themselves.",
        rich_help_panel=_OIDC,
    ),
]
OidcRedirectUrl = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="This server's sign-in page as people reach it, registered with the provider.",
        show_default="/login below the address the page was asked under",
        rich_help_panel=_OIDC,
    ),
]
