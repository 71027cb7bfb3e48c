"""Training settings on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.fusion.base import TrainSettings

TypeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="NAME=KIND",
        help="What a fusion variable or predictor is, where the data do not say it: continuous, "
        "zero_inflated, ordered or nominal.",
    ),
]
PredictorsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--predictors",
        metavar="VARIABLE=KEYS",
        help="The only predictors a fusion variable is modelled with, such as kwh=age+rooms; "
        "variables drawn before it stay predictors.",
    ),
]
ForceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--force",
        metavar="[VARIABLE=]KEYS",
        help="Predictors that are never screened out, of any model or of one variable's.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="[VARIABLE=]KEYS",
        help="Predictors to leave out, of all models or, such as kwh=age+gas, of one variable's; "
        "there also fusion variables drawn before it.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SETTING=VALUE",
        help="Any training setting, such as --set leaves=16,32, --set quantiles=3 (how many, or their "
        "probabilities), --set order=suggested or --set largest_block=3.",
    ),
]


def training_settings(
    preset: str,
    *,
    types: Sequence[str] | None = None,
    predictors: Sequence[str] | None = None,
    force: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    settings: Sequence[str] | None = None,
) -> tuple[TrainSettings, tuple[str, ...]]:
    """Return training settings with what was typed and all cores, and the predictors to leave out of all models.

    Raises
    ------
    InputError
        If a preset or setting is unknown or out of range.
    """
    from fusion_core.execution.budget import available_cores
    from fusion_core.fusion.base import Preset, TrainSettings, read_setting

    if preset not in get_args(Preset):
        raise InputError.unknown("preset", preset, get_args(Preset))
    changes = {}
    for text in settings or ():
        name, separator, value = text.partition("=")
        if not separator:
            raise InputError(f"'{text}' is not a setting", fix="Write it like --set leaves=16,32")
        changes[name.strip()] = read_setting(name.strip(), value)
    forced, forced_for = _split(force)
    left_out, left_out_of = _split(exclude)
    for name, typed in (
        ("types", list(types or ())),
        ("predictors", list(predictors or ())),
        ("force", forced),
        ("force_for", forced_for),
        ("exclude", left_out_of),
    ):
        if typed:
            changes[name] = read_setting(name, ",".join(typed))
    chosen = TrainSettings.preset(preset).replace(**{"workers": available_cores()} | changes)  # type: ignore[arg-type] # checked above
    return chosen, tuple(left_out)


def _split(values: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Separate names for all models from those for one variable's: ``a,b`` from ``kwh=a+b``."""
    parts = [part.strip() for value in values or () for part in value.split(",") if part.strip()]
    return [part for part in parts if "=" not in part], [part for part in parts if "=" in part]
