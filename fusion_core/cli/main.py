"""The `harmony` command: every stage without a browser.

Each command is a module of this package; further commands (`harmony app`) are found through the
entry point group ``harmony.commands``, so the engine need not know the app.
"""

from __future__ import annotations

from importlib.metadata import entry_points, version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from fusion_core.cli import (
    config,
    demo,
    places,
    publishing,
    recipes,
    small_areas,
    surveys,
    tables,
    workspaces,
)
from fusion_core.cli.estimates import (
    answer,
    calibrate,
    difference,
    estimate,
    export,
    prices,
    rank,
    series,
    smooth,
)
from fusion_core.cli.harmonies import commands as harmonies
from fusion_core.cli.output import write_error
from fusion_core.cli.runs import apply, combine, compare, fuse, outcome, validate
from fusion_core.cli.runs import commands as runs
from fusion_core.errors import Cancelled, HarmonyError, InputError

USER_ERROR: Final = 2
CANCELLED: Final = 130
_WANTS_JSON: Final = "harmony.json"


class HarmonyGroup(TyperGroup):
    """The top-level command: turns every error a user can act on into one clear sentence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether the user wants JSON before anything can go wrong."""
        if ctx.parent is None:
            ctx.meta[_WANTS_JSON] = "--json" in args
        return list(super().parse_args(ctx, args))

    def invoke(self, ctx: Any) -> Any:
        """Run a command; report what the user can mend with exit code 2 and no traceback."""
        as_json = bool(ctx.meta.get(_WANTS_JSON))
        try:
            return super().invoke(ctx)
        except Cancelled as error:
            write_error(error, as_json=as_json)
            raise typer.Exit(CANCELLED) from error
        except HarmonyError as error:
            write_error(error, as_json=as_json)
            raise typer.Exit(USER_ERROR) from error
        except BrokenPipeError:  # whoever read the output has seen enough; the parser ends quietly
            raise
        except OSError as error:
            # What the system refuses – a disk, a permission, a name too long – is the user's to mend.
            refused = InputError(
                f"The system refuses: {error.strerror or error}",
                where=str(error.filename or "")[:200],
                fix="Check the path and its permissions",
            )
            write_error(refused, as_json=as_json)
            raise typer.Exit(USER_ERROR) from error
        except typer.TyperException as error:
            # A misspelt option: people see the usage line too, scripts the same object as ever.
            if not as_json:
                raise
            write_error(InputError(_usage_message(error)), as_json=True)
            raise typer.Exit(USER_ERROR) from error


app = typer.Typer(
    cls=HarmonyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every command has --help. Start with: harmony demo --workspace my-demo --quick, "
    "or with surveys of your own: harmony init my-project",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"harmony {version('survey-harmonization-tool')}")
        raise typer.Exit


@app.callback()
def harmony(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Harmonize surveys, fuse them, and estimate for small areas with honest margins of error.

    A workspace is a folder that holds surveys, harmonies and runs. Most commands work in the
    current folder unless --workspace (or the variable HARMONY_WORKSPACE) names another.
    """
    found = ctx.default_map = config.read_config()
    asked = ctx.invoked_subcommand or ""
    command: Any = ctx.command
    if asked in _CONFIGURED:
        names = [option.name for option in command.commands[asked].params]
        config.check_config(found, {asked: names})


app.command("init")(workspaces.init)
app.add_typer(config.app, name="config")
app.command("status")(workspaces.status)
app.command("demo")(demo.demo)
app.add_typer(surveys.app, name="survey")
app.add_typer(harmonies.app, name="harmonies")
app.add_typer(places.app, name="places")
app.add_typer(recipes.app, name="recipe")
app.add_typer(small_areas.app, name="small-areas")
app.command("fuse")(fuse.fuse)
app.command("apply")(apply.apply)
app.add_typer(runs.app, name="runs")
app.command("combine")(combine.combine)
app.command("outcome")(outcome.outcome)
app.command("validate")(validate.validate)
app.command("estimate")(estimate.estimate)
app.command("compare")(compare.compare)
app.add_typer(tables.app, name="tables")
app.command("rank")(rank.rank)
app.command("answer")(answer.answer)
app.command("difference")(difference.difference)
app.command("series")(series.series)
app.command("smooth")(smooth.smooth)
app.command("calibrate")(calibrate.calibrate)
app.command("prices")(prices.prices)
app.command("export")(export.export)
app.command("publish")(publishing.publish)
app.command("open")(publishing.open_data)
app.command("repeat")(publishing.repeat)
_CONFIGURED: Final[set[str]] = set()
for _extra in sorted(entry_points(group="harmony.commands"), key=lambda item: item.name):
    _loaded = _extra.load()
    if isinstance(_loaded, typer.Typer):
        app.add_typer(_loaded, name=_extra.name)
    else:
        # Every option of a server can be set where nobody types it: see `fusion_core.cli.config`.
        settings = {"auto_envvar_prefix": config.variable_start(_extra.name).rstrip("_")}
        _CONFIGURED.add(_extra.name)
        app.command(_extra.name, context_settings=settings)(_loaded)


def main() -> None:
    """Run the command line; entry point of the `harmony` script."""
    app(prog_name="harmony")


def _usage_message(error: Exception) -> str:
    describe = getattr(error, "format_message", None)
    return str(describe() if callable(describe) else error).rstrip(".")


if __name__ == "__main__":
    main()
