"""`harmony.toml`: options of a server kept in a file, and `harmony config show`, which tells them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Final

import typer

from fusion_core.cli.options import JsonOption
from fusion_core.cli.output import Output, table
from fusion_core.errors import InputError

app = typer.Typer(no_args_is_help=True, help="What the server's options are, and where from.")
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
            fix=f"Mend it, or unset {VARIABLE}",
        ) from error
    other = [name for name in found if name != _SERVER or not isinstance(found[name], dict)]
    if other:
        raise InputError.unknown("table of the configuration", other[0], [_SERVER], where=str(path))
    options = found.get(_SERVER, {})
    return {_SERVER: {name.replace("-", "_"): value for name, value in options.items()}}


@app.command("show")
def show(ctx: typer.Context, json: JsonOption = False) -> None:
    """Show every option of `harmony app`: its value, and whether file or environment set it.

    Secrets are not shown.
    """
    root: Any = ctx.find_root()
    command = root.command.commands.get(_SERVER)
    if command is None:
        raise InputError("The app is not installed")
    known = {option.name for option in command.params}
    for name in (ctx.find_root().default_map or {}).get(_SERVER, {}):
        if name not in known:
            raise InputError.unknown("option of the server", name, known, where=str(FILE))
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


__all__ = ["app", "read_config"]
