"""Local contexts of a pair: the donor's published classes, and the recipient's chances of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import HarmonyError, InputError
from fusion_core.geography.definitions import check_table_definition
from fusion_core.geography.local_context import (
    as_intersections,
    expected_shares,
    national_mix,
    own_shares,
    published_classes,
)
from fusion_core.geography.location import PUMA
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fusion_core.geography.local_context import LocalContext
    from fusion_core.surveys.source import SurveySource


@dataclass(frozen=True)
class Neighbourhoods:
    """The local contexts of a donor, and what they say about a pair.

    Attributes
    ----------
    usable
        Contexts with the donor's classes and the recipient's probabilities.
    problems
        Why the others cannot be used, in sentences.
    """

    usable: tuple[tuple[LocalContext, pd.Series[Any], pd.DataFrame], ...]
    problems: tuple[tuple[LocalContext, str], ...]

    @classmethod
    def of(
        cls,
        contexts: Sequence[LocalContext],
        surveys: tuple[SurveySource, SurveySource],
        recipient: pd.DataFrame,
    ) -> Neighbourhoods:
        """Meet contexts with the surveys; one that does not fit is reported, not fatal.

        Parameters
        ----------
        contexts
            The donor's.
        surveys
            Donor and recipient.
        recipient
            `puma` and the predictors that mixes depend on.
        """
        usable, problems = [], []
        for context in contexts:
            try:
                usable.append((context, *_met(context, surveys, recipient)))
            except HarmonyError as error:
                problems.append((context, error.message))
        return cls(tuple(usable), tuple(problems))

    @property
    def intersections(self) -> list[pd.DataFrame]:
        """How the published classes overlap PUMAs."""
        return [as_intersections(context) for context, _, _ in self.usable]

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Columns with the probability of each class, by context."""
        return {context.variable: context.share_columns for context, _, _ in self.usable}

    def with_classes(self, donor: pd.DataFrame) -> pd.DataFrame:
        """Add the published classes to the donor's households."""
        own = {context.variable: classes for context, classes, _ in self.usable}
        return donor.assign(
            **{name: classes.set_axis(donor.index) for name, classes in own.items()}
        )

    def with_shares(
        self, donor: pd.DataFrame, recipient: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Add the probability of each class on both sides.

        A donor household that publishes no class has the chances of the PUMA it was placed in.
        """
        left, right = [donor], [recipient]
        for context, classes, chances in self.usable:
            own = own_shares(classes, context)
            unknown = own.isna().any(axis=1).to_numpy()
            if unknown.any():
                households = donor.loc[unknown]
                if PUMA not in donor.columns:
                    households = households.assign(**{PUMA: None})
                own.loc[unknown] = expected_shares(context, households).to_numpy()
            left.append(own.set_axis(donor.index))
            right.append(chances)
        return pd.concat(left, axis=1), pd.concat(right, axis=1)

    def rows(self, donor: pd.DataFrame, recipient: pd.DataFrame) -> list[dict[str, Any]]:
        """Describe each context as a possible predictor (see `assemble.PREDICTOR_COLUMNS`).

        Similarity is that of the donor's classes and of those the recipient is expected to have.
        """
        found = []
        weight = donor[WEIGHT].to_numpy(float)
        for context, classes, chances in self.usable:
            own = own_shares(classes, context).set_axis(donor.index)
            gap = np.abs(
                national_mix(context, pd.concat([donor[[WEIGHT]], own], axis=1))
                - national_mix(context, pd.concat([recipient[[WEIGHT]], chances], axis=1))
            )
            found.append(
                _named(context)
                | {
                    "type": "ordered" if context.ordered else "nominal",
                    "similarity": 1.0 - float(gap.sum()) / 2,
                    "missing_donor": float(weight[classes.isna().to_numpy()].sum() / weight.sum()),
                    "missing_recipient": 0.0,
                    "problem": "",
                }
            )
        for context, problem in self.problems:
            unknown = dict.fromkeys(("similarity", "missing_donor", "missing_recipient"), np.nan)
            found.append(_named(context) | {"type": "", "problem": problem} | unknown)
        return found


def _named(context: LocalContext) -> dict[str, Any]:
    return {
        "predictor": context.variable,
        "label": context.title,
        "source": "context",
        "donor_variable": context.variable,
    }


def _met(
    context: LocalContext, surveys: tuple[SurveySource, SurveySource], recipient: pd.DataFrame
) -> tuple[pd.Series[Any], pd.DataFrame]:
    """Return the donor's classes and the recipient's chances.

    Raises
    ------
    InputError
        If the donor has no such column or classes, or the recipient's PUMAs are unknown or others.
    """
    donor = surveys[0]
    if context.variable not in donor.column_names("household"):
        raise InputError(f"The donor has no column '{context.variable}' (any longer)")
    if PUMA not in recipient.columns:
        raise InputError("The recipient names no PUMAs")
    check_table_definition(context.census, surveys[1].description, table=context.name)
    classes = published_classes(donor.column("household", context.variable), context)
    if classes.nunique() < 2:  # noqa: PLR2004 - one class predicts nothing
        raise InputError(
            f"The donor's answers to '{context.variable}' are not among the classes, or all the same"
        )
    return classes, expected_shares(context, recipient)
