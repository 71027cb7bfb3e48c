"""Local context: what a donor publishes of a household's neighbourhood, as classes of one measure.

Donors that hide where a household lives may still tell the population density or the share of
renters of its block group, in classes. Such a class says more than the PUMA's mean could: within one
PUMA lie block groups of very different kinds. The donor's models learn from the class the donor
publishes. A recipient household, of which only the PUMA is known, is given one per implicate, drawn
from the mix of its PUMA's block groups (`expected_shares`), so that what is not known of its
neighbourhood shows between the implicates.

A context is two files, ``geography/context/<name>.json``, which says what was measured and how the
classes are cut, and ``<name>.parquet`` with the mix: one row per PUMA – or per PUMA and level of a
harmonized predictor, where a table tells apart who lives where – and one column per class with the
people or homes in block groups of that class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.frames import level_text
from fusion_core.geography.location import SHARE
from fusion_core.geography.spatial import PUMA, SpatialTable
from fusion_core.surveys.model import WEIGHT, SurveyId
from fusion_core.workspace.files import LONGEST_NAME, read_json, shown_name, write_json
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from fusion_core.workspace.layout import Workspace

FORMAT_VERSION: Final = 1
LEVEL: Final = "level"
"""Column of a mix with the level of the predictor it is conditional on."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FEWEST_CLASSES: Final = 2
_NAMED: Final = 3
UNKNOWN: Final = ""
"""What stands for the class of households that publish none."""


@dataclass(frozen=True)
class ContextClass:
    """One class of a local context.

    Attributes
    ----------
    level
        How the donor writes it.
    lower, upper
        Values it holds: at least `lower` and less than `upper`; ``None`` where it is open, or where
        the table itself names the classes.
    """

    level: str
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class LocalContext:
    """A donor's published classes of a local measure, and the mix of these classes in each PUMA.

    Attributes
    ----------
    name
        File name without ending.
    title
        What is measured, for people, such as ``"population density of the block group"``.
    donor
        The survey that publishes the classes.
    variable
        Its column.
    classes
        The classes in rising order.
    mix
        `puma`, `level` where the mix is conditional, and one column per class, named like its level:
        how many people or homes live in block groups of that class.
    weight
        What the mix counts: ``"population"``, ``"housing"`` or a column of the table.
    by
        Harmonized predictor whose groups have mixes of their own; empty for none.
    areas
        What was measured, in words, such as ``"block groups"``.
    unit
        Unit of the measure.
    source
        Source of the numbers.
    vintage
        Year or years they describe.
    census
        Census that defined the PUMAs; empty where unknown.
    notes
        What a user should know, one sentence each.
    ordered
        Whether the classes rise; names of places do not.
    """

    name: str
    title: str
    donor: SurveyId
    variable: str
    classes: tuple[ContextClass, ...]
    mix: pd.DataFrame
    weight: str = "population"
    by: str = ""
    areas: str = "block groups"
    unit: str = ""
    source: str = ""
    vintage: str = ""
    census: str = ""
    notes: tuple[str, ...] = field(default=())
    ordered: bool = True

    @property
    def levels(self) -> list[str]:
        """How the donor writes the classes, in rising order."""
        return [item.level for item in self.classes]

    @property
    def share_columns(self) -> tuple[str, ...]:
        """Columns with the probability of each class, as `expected_shares` names them."""
        return share_columns(self.variable, self.levels)


def share_columns(variable: str, levels: list[str]) -> tuple[str, ...]:
    """Return the names of columns with the probability of each class of a variable."""
    return tuple(f"{variable} = {level}" for level in levels)


def check_context(context: LocalContext) -> None:
    """Refuse a context that could not be used.

    Raises
    ------
    InputError
        If its name, classes or mix are unusable; the message names the first thing wrong.
    """
    where = f"local context '{context.name}'"
    if len(context.name) > LONGEST_NAME or not _NAME.fullmatch(context.name):
        raise InputError(
            f"'{shown_name(context.name)}' cannot name a local context",
            fix=f"Use up to {LONGEST_NAME} letters, digits, hyphens and underscores",
        )
    levels = context.levels
    if len(levels) < _FEWEST_CLASSES or len(set(levels)) < len(levels):
        raise InputError(
            "A local context needs at least two different classes",
            where=where,
            fix="Give the classes as the donor publishes them",
        )
    wanted = [PUMA, *([LEVEL] if context.by else []), *levels]
    for name in wanted:
        if name not in context.mix.columns:
            raise InputError.unknown("column", name, map(str, context.mix.columns), where=where)
    counts = context.mix[levels].to_numpy(float)
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise InputError("A count of the mix is missing or negative", where=where)
    empty = context.mix[PUMA][counts.sum(axis=1) <= 0]
    if len(empty) and not context.by:
        raise InputError(f"Nobody lives in the areas of PUMA {empty.iloc[0]}", where=where)
    keys = wanted[: -len(levels)]
    twice = context.mix[context.mix.duplicated(keys)]
    if len(twice):
        raise InputError(f"PUMA {twice[PUMA].iloc[0]} has more than one mix", where=where)


def classify(values: NDArray[np.float64], classes: tuple[ContextClass, ...]) -> NDArray[np.intp]:
    """Return the class each value falls into, −1 for those in none.

    Parameters
    ----------
    values
        Measured values, NaN where unknown.
    classes
        Classes with bounds.
    """
    result = np.full(len(values), -1, dtype=np.intp)
    for code, item in enumerate(classes):
        lower = -np.inf if item.lower is None else item.lower
        upper = np.inf if item.upper is None else item.upper
        result[(values >= lower) & (values < upper)] = code
    return result


def published_classes(column: pd.Series[Any], context: LocalContext) -> pd.Series[Any]:
    """Return the donor's own classes in their order; answers that are no class are missing."""
    levels = pd.CategoricalDtype(context.levels, ordered=context.ordered)
    plain = {value: level_text(value) for value in column.dropna().unique()}
    known = {value: text for value, text in plain.items() if text in context.levels}
    return column.astype(object).map(known).astype(levels)


def own_shares(classes: pd.Series[Any], context: LocalContext) -> pd.DataFrame:
    """Return probabilities of one for a household's own class; all missing where it is unknown."""
    codes = classes.cat.codes.to_numpy()
    values = (codes[:, None] == np.arange(len(context.classes))).astype(np.float64)
    values[codes < 0] = np.nan
    return pd.DataFrame(values, columns=list(context.share_columns), index=classes.index)


def expected_shares(context: LocalContext, households: pd.DataFrame) -> pd.DataFrame:
    """Return the probability of each class for households of which the PUMA is known.

    Parameters
    ----------
    context
        The context.
    households
        `puma` and, where the mix is conditional, the predictor it depends on. A household without
        a PUMA gets the mix of all PUMAs, one of a level nobody of which lives in the PUMA the
        PUMA's own.

    Returns
    -------
    pandas.DataFrame
        `LocalContext.share_columns`, adding up to one in each row.

    Raises
    ------
    InputError
        If a PUMA of the households, or the predictor, is missing.
    """
    levels = context.levels
    by_puma = context.mix.groupby(PUMA)[levels].sum()
    codes = households[PUMA].astype(object)
    present = set(codes.dropna())
    unknown = sorted(present.difference(by_puma.index))
    if unknown:
        shown = ", ".join(unknown[:_NAMED]) + (", …" if len(unknown) > _NAMED else "")
        raise InputError(
            f"The local context '{context.name}' has no {context.areas} of {len(unknown):,} of "
            f"{len(present):,} PUMAs ({shown})",
            fix="Add it again with the areas of these PUMAs, and of the same census",
        )
    everywhere = by_puma.sum().to_numpy(float)
    rows = by_puma.index.get_indexer(pd.Index(codes))
    counts = np.vstack([by_puma.to_numpy(float), everywhere])[rows]
    if context.by:
        if context.by not in households.columns:
            raise InputError.unknown("predictor", context.by, map(str, households.columns))
        cells = context.mix.set_index([PUMA, LEVEL])[levels]
        asked = pd.MultiIndex.from_arrays([codes, households[context.by].astype(object)])
        places = cells.index.get_indexer(asked)
        own = np.vstack([cells.to_numpy(float), np.zeros(len(levels))])[places]
        counts = np.where(own.sum(axis=1, keepdims=True) > 0, own, counts)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return pd.DataFrame(shares, columns=list(context.share_columns), index=households.index)


def as_intersections(context: LocalContext) -> pd.DataFrame:
    """Return how the published classes overlap PUMAs, for placing donors within their class.

    Returns
    -------
    pandas.DataFrame
        Columns named like the donor's column, `puma` and `share`: the share of the PUMA's people or
        homes in areas of that class (see `location.write_intersections`). Households without a class
        may live in any PUMA.
    """
    by_puma = context.mix.groupby(PUMA)[context.levels].sum()
    shares = by_puma.div(by_puma.sum(axis=1), axis=0).assign(**{UNKNOWN: 1.0})
    long = shares.reset_index().melt(PUMA, var_name=context.variable, value_name=SHARE)
    return long[long[SHARE] > 0].reset_index(drop=True)


def as_spatial_table(context: LocalContext) -> SpatialTable:
    """Return the share of each class in every PUMA, to be listed and mapped like a spatial table."""
    by_puma = context.mix.groupby(PUMA)[context.levels].sum()
    every = by_puma.sum()
    shares = (100.0 * by_puma.div(by_puma.sum(axis=1), axis=0)).reset_index()
    whole = 100.0 * every / every.sum()
    bounds = {item.level: _bounds(item, context.unit) for item in context.classes}
    return SpatialTable(
        name=context.name,
        title=f"{context.title[:1].upper()}{context.title[1:]}, as {context.donor.title} publishes it",
        data=shares,
        columns={
            level: f"Percent in {level}{bounds[level]} ({whole[level]:.1f} % of all)"
            for level in context.levels
        },
        source=context.source,
        vintage=context.vintage,
        census=context.census,
        notes=context.notes,
    )


def _bounds(item: ContextClass, unit: str) -> str:
    if item.lower is None and item.upper is None:
        return ""
    words = f" {unit}" if unit else ""
    if item.lower is None:
        return f": below {item.upper:,g}{words}"
    if item.upper is None:
        return f": {item.lower:,g}{words} and more"
    return f": {item.lower:,g} to {item.upper:,g}{words}"


def national_mix(context: LocalContext, households: pd.DataFrame) -> NDArray[np.float64]:
    """Return the weighted mean of the probabilities of some households, one per class.

    Parameters
    ----------
    context
        The context.
    households
        `weight` and `LocalContext.share_columns`; households without probabilities are left out.
    """
    shares = households[list(context.share_columns)].to_numpy(float)
    weight = households[WEIGHT].to_numpy(float) * ~np.isnan(shares[:, 0])
    return np.asarray(weight @ np.nan_to_num(shares) / weight.sum())


def context_path(workspace: Workspace, name: str) -> Path:
    """Return where the mix of a context is stored, existing or not."""
    return workspace.geography_folder / "context" / f"{name}.parquet"


def write_context(workspace: Workspace, context: LocalContext) -> None:
    """Store a local context, replacing one of the same name.

    Raises
    ------
    InputError
        As `check_context`.
    """
    check_context(context)
    path = context_path(workspace, context.name)
    record = {
        "format": FORMAT_VERSION,
        "title": context.title,
        "donor": str(context.donor),
        "variable": context.variable,
        "classes": [
            {"level": item.level, "lower": item.lower, "upper": item.upper}
            for item in context.classes
        ],
        "weight": context.weight,
        "by": context.by,
        "areas": context.areas,
        "unit": context.unit,
        "source": context.source,
        "vintage": context.vintage,
        "census": context.census,
        "notes": list(context.notes),
        "ordered": context.ordered,
    }
    # The description first: without a mix it is seen by nobody.
    write_json(record, path.with_suffix(".json"))
    write_table(context.mix.sort_values([PUMA, *([LEVEL] if context.by else [])]), path)


def remove_context(workspace: Workspace, name: str) -> None:
    """Remove a stored context.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    if name not in context_names(workspace):
        raise InputError.unknown("local context", name, context_names(workspace))
    path = context_path(workspace, name)
    path.unlink()
    path.with_suffix(".json").unlink(missing_ok=True)


def context_names(workspace: Workspace) -> list[str]:
    """Return the names of the stored contexts, readable or not, in their order."""
    return [path.stem for path in sorted(context_path(workspace, "*").parent.glob("*.parquet"))]


def read_contexts(workspace: Workspace, donor: SurveyId | None = None) -> list[LocalContext]:
    """Read the local contexts of a workspace, or of one donor, in the order of their names.

    Raises
    ------
    CorruptFileError
        If a file is damaged.
    """
    found = [read_context(workspace, name) for name in context_names(workspace)]
    return [item for item in found if donor is None or item.donor == donor]


def read_context(workspace: Workspace, name: str) -> LocalContext:
    """Read one local context.

    Raises
    ------
    CorruptFileError
        If a file is damaged or of an unknown format.
    InputError
        If what it says cannot be used.
    """
    path = context_path(workspace, name)
    description = path.with_suffix(".json")
    record = read_json(description)
    if record.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The local context has format {record.get('format')!r}, this version reads "
            f"{FORMAT_VERSION}",
            where=str(description),
            fix="Add it again",
        )
    texts = ("title", "variable", "weight", "by", "areas", "unit", "source", "vintage", "census")
    try:
        context = LocalContext(
            name=name,
            donor=SurveyId.parse(str(record["donor"])),
            classes=tuple(ContextClass(**item) for item in record["classes"]),
            mix=read_table(path, what="The local context", fix="Add it again"),
            notes=tuple(record.get("notes", ())),
            ordered=bool(record.get("ordered", True)),
            **{entry: str(record[entry]) for entry in texts},
        )
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The local context lacks or misspells {error}",
            where=str(description),
            fix="Add it again",
        ) from error
    check_context(context)
    return context
