"""Which predictors a fusion variable may have, where that is said per variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fusion_core.arguments import column_names
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from fusion_core.fusion.base.settings import TrainSettings


def normalise_predictors(
    predictors: Sequence[str] | str | Mapping[str, Sequence[str] | str] | None,
    steps: tuple[tuple[str, ...], ...],
    settings: TrainSettings,
) -> tuple[tuple[str, ...], TrainSettings]:
    """Return all predictors, and the settings with the lists given per variable.

    A single name stands for a list of it.

    Raises
    ------
    InputError
        If lists are given twice, or one is missing or for an unknown variable.
    """
    if not isinstance(predictors, Mapping):
        names = column_names(predictors, "predictors", kind="predictor")
        if not names:
            raise InputError(
                "No predictors are chosen", fix="Give a list of column names as 'predictors'"
            )
        return tuple(names), settings
    if settings.predictors:
        raise InputError(
            "Predictors per variable are given both as an argument and in the setting 'predictors'",
            fix="Give them in one place",
        )
    fused = [name for step in steps for name in step]
    require_names(list(predictors), fused, "fusion variable", "predictors")
    lists = []
    for name in fused:
        listed = column_names(predictors.get(name), f"predictors, for '{name}'", kind="predictor")
        if not listed:
            raise InputError(
                f"No predictors are listed for the fusion variable '{name}'",
                where="predictors",
                fix="Give a list of column names for every fusion variable",
            )
        lists.append((name, tuple(listed)))
    every = tuple(dict.fromkeys(name for _, listed in lists for name in listed))
    return every, settings.replace(predictors=tuple(lists))


def check_lists(fused: Sequence[str], predictors: Sequence[str], settings: TrainSettings) -> None:
    """Check the names that settings give per fusion variable.

    Raises
    ------
    InputError
        If a name is unknown, or both forced and excluded.
    """
    for setting, known in (
        ("predictors", predictors),
        ("force_for", [*predictors, *fused]),
        ("exclude", [*predictors, *fused]),
    ):
        for variable, names in getattr(settings, setting):
            where = f"the setting '{setting}'"
            require_names([variable], fused, "fusion variable", where)
            require_names(names, known, "predictor", f"{where}, for '{variable}'")
    for variable, names in settings.exclude:
        for name in names:
            if name in settings.forced(variable):
                raise InputError(
                    f"'{name}' is both forced into and excluded from the models of '{variable}'",
                    fix="Choose one",
                )


def candidates_of(
    variable: str, names: Sequence[str], predictors: int, settings: TrainSettings
) -> list[int]:
    """Return the positions of what a fusion variable may be modelled with.

    Parameters
    ----------
    variable
        The fusion variable.
    names
        The predictors, then the fusion variables drawn earlier.
    predictors
        How many of the names are predictors.
    settings
        Lists given per variable.

    Raises
    ------
    InputError
        If nothing is left.
    """
    listed = dict(settings.predictors).get(variable, names[:predictors])
    excluded = dict(settings.exclude).get(variable, ())
    kept = [
        place
        for place, name in enumerate(names)
        if name not in excluded and (place >= predictors or name in listed)
    ]
    if not kept:
        raise InputError(
            f"No predictor is left for the fusion variable '{variable}'",
            fix="List one that varies among donors, or exclude fewer",
        )
    return kept


def require_names(names: Sequence[str], known: Sequence[str], kind: str, where: str) -> None:
    """Check that all names are known.

    Parameters
    ----------
    names, known
        Names used, and those that exist.
    kind, where
        What a name stands for and where it was used, for the message.

    Raises
    ------
    InputError
        Naming the unknown one and the nearest that is known.
    """
    for name in names:
        if name not in known:
            raise InputError.unknown(kind, str(name), known, where=where)
