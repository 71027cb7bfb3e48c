"""`harmony users`: who may use a workspace's server, and what each may do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from fusion_core.cli.options import JsonLinesOption, JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, table
from harmony_app.access import ROLES, Person, Role, UserList

users = typer.Typer(
    no_args_is_help=True, help="Who may use this workspace's server, and what each may do."
)
_EXPLAINED: Final = "; ".join(f"{role}: {what}" for role, what in ROLES.items())
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As typed to sign in.")]


@users.command("add")
def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help=f"What the person may do. {_EXPLAINED}.")] = "viewer",
    password: Annotated[
        bool,
        typer.Option(
            "--password/--no-password",
            help="Without, only an identity provider or a proxy can sign the person in.",
        ),
    ] = True,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Add a person, or give one who is there another role or password.

    The password is asked for, or read from standard input in a script.
    """
    people = UserList(open_workspace(workspace).path)
    person = people.put(name, role, password=_password() if password else None)
    record = {"name": person.name, "role": person.role, "password": bool(person.password)}
    Output(json).result(
        record, lambda console: console.print(_sentence(person), markup=False, highlight=False)
    )


@users.command("list")
def list_people(workspace: WorkspaceOption = Path(), json: JsonLinesOption = False) -> None:
    """List everybody with role, and with password or without."""
    people = list(UserList(open_workspace(workspace).path).people().values())
    records = [
        {"name": person.name, "role": person.role, "password": bool(person.password)}
        for person in people
    ]
    rows = [[each["name"], each["role"], "yes" if each["password"] else "no"] for each in records]

    Output(json).lines(
        records,
        lambda console: console.print(
            table(["name", "role", "password"], rows)
            if rows
            else "Nobody yet. Add someone with `harmony users add NAME --role owner`."
        ),
    )


@users.command("remove")
def remove(
    name: NameArgument, workspace: WorkspaceOption = Path(), json: JsonOption = False
) -> None:
    """Remove a person, who is signed out at once; what he saved stays."""
    UserList(open_workspace(workspace).path).remove(name)
    Output(json).result(
        {"removed": name}, lambda console: console.print(f"{name} is removed.", markup=False)
    )


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _sentence(person: Person) -> str:
    article = "an" if person.role == "owner" else "a"
    way = "" if person.password else ", without a password"
    return f"{person.name} is {article} {person.role}{way}."


__all__ = ["users"]
