"""`harmony.toml`: options of a server kept in a file, and `harmony config show`, which tells them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from fusion_core.cli.options import JsonOption
from fusion_core.cli.output import Output, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

app = typer.Typer(no_args_is_help=True, help="Show the server's options, and where each was set.")
VARIABLE: Final = "HARMONY_CONFIG"
FILE: Final = Path("harmony.toml")
_SERVER: Final = "app"
_SECRET: Final = "secret"  # noqa: S105 - part of the names of options that are not shown
_SOURCES: Final = {"DEFAULT": "default", "DEFAULT_MAP": "file", "ENVIRONMENT": "environment"}


def read_config() -> dict[str, dict[str, Any]]:
    """Return what ``harmony.toml`` says, by command and option; empty where there is no such file.

    The file is the one the variable ``HARMONY_CONFIG`` names, or that of the current folder. Options
    on the command line and in the environment go before it.

    Raises
    ------
    InputError
        If the file is named and not there, is no TOML, or holds anything but ``[app]``.
    """
    named = os.environ.get(VARIABLE, "")
    path = Path(named) if named else FILE
    if not named and not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The configuration cannot be read: {error}",
            where=str(path),
            fix=f"Correct it, or unset {VARIABLE}",
        ) from error
    other = [name for name in found if name != _SERVER or not isinstance(found[name], dict)]
    if other:
        raise InputError.unknown("table of the configuration", other[0], [_SERVER], where=str(path))
    options = found.get(_SERVER, {})
    return {_SERVER: {name.replace("-", "_"): value for name, value in options.items()}}


def check_config(
    found: Mapping[str, Mapping[str, Any]], known: Mapping[str, Iterable[str]]
) -> None:
    """Refuse options of the configuration, and variables of the environment, that no command has.

    Parameters
    ----------
    found
        What `read_config` returned.
    known
        Names of the options of each command.

    Raises
    ------
    InputError
        Naming each of them, with the option it resembles most.
    """
    path = os.environ.get(VARIABLE, "") or str(FILE)
    errors = []
    for command, options in known.items():
        names = {name.replace("_", "-") for name in options}
        start = variable_start(command)
        named = dict.fromkeys(found.get(command, {}), path)
        named |= {
            variable.removeprefix(start).lower(): f"{variable} of the environment"
            for variable in sorted(os.environ)
            if variable.startswith(start)
        }
        for name, where in named.items():
            plain = name.replace("_", "-")
            if plain not in names:
                errors.append(InputError.unknown("option", plain, names, where=where))
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputError(
            f"{len(errors)} options are unknown: "
            + "; ".join(f"{error.what} ({error.where})" for error in errors),
            fix=" ".join(dict.fromkeys(f"{error.fix}." for error in errors)).rstrip("."),
        )


def variable_start(command: str) -> str:
    """Return what the variables begin with that set options of a command."""
    return f"HARMONY_{command.upper().replace('-', '_')}_"


@app.command("show")
def show(ctx: typer.Context, json: JsonOption = False) -> None:
    """Show every option of `harmony app`: its value, and whether file or environment set it.

    Secrets are not shown.
    """
    root: Any = ctx.find_root()
    command = root.command.commands.get(_SERVER)
    if command is None:
        raise InputError("The app is not installed")
    check_config(root.default_map or {}, {_SERVER: [item.name for item in command.params]})
    server = command.make_context(_SERVER, [], parent=root, **command.context_settings)
    records = []
    for option in command.params:
        if option.name == "help":
            continue
        value = server.params.get(option.name)
        source = _SOURCES[server.get_parameter_source(option.name).name]
        variable = option.envvar or f"{server.auto_envvar_prefix}_{option.name.upper()}"
        records.append(
            {
                "option": option.name.replace("_", "-"),
                "value": "(set)" if _SECRET in option.name and value else _plain(value),
                "from": source,
                "variable": variable,
            }
        )
    rows = [[*map(str, record.values())] for record in records]
    Output(json).result(
        {"options": records},
        lambda console: console.print(table(["option", "value", "from", "variable"], rows)),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value) if isinstance(value, Path) else value


__all__ = ["app", "check_config", "read_config", "variable_start"]
