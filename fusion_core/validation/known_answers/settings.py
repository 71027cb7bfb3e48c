"""What is asked of known answers, and how thoroughly."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_core.arguments import column_names
from fusion_core.errors import InputError
from fusion_core.fusion import TrainSettings
from fusion_core.records import Checked

MOST_VARIABLES = 20
_FEWEST_IMPLICATES = 2


@dataclass(frozen=True)
class KnownAnswerSettings(Checked):
    """How known answers are asked for.

    The defaults are meant to be cheap beside a run and change little: with 20,000 donors and 150
    households an area, the sampling error of an area is a good tenth of the differences looked for.

    Attributes
    ----------
    variables
        Predictors to hide one after the other; none lets the program choose.
    most
        How many the program chooses.
    own
        How many questions that only the recipient asked are fused too, from a part of the recipient to
        the rest of it, for what they teach of how areas differ; 0 for none.
    donors
        Donors the models are trained on, at most; a random part of more.
    households
        Households of each area that are fused, at most; a random part of more. Estimate and answer are
        of the same households, so a part of them tells the difference without bias.
    implicates
        Number of implicates.

    Raises
    ------
    InputError
        If a number is too small.
    """

    variables: tuple[str, ...] = ()
    most: int = 4
    own: int = 6
    donors: int = 20_000
    households: int = 150
    implicates: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", tuple(column_names(self.variables, "variables")))
        super().__post_init__()
        for name, least in (
            ("most", 1),
            ("own", 0),
            ("donors", 100),
            ("households", 10),
            ("implicates", _FEWEST_IMPLICATES),
        ):
            value = getattr(self, name)
            if value < least:
                raise InputError(
                    f"The setting '{name}' of known answers is {value!r}",
                    fix=f"Use a whole number of at least {least}",
                )

    @property
    def training(self) -> TrainSettings:
        """How models are trained: quickly, as only the areas' means are looked at."""
        quick = TrainSettings.preset("quick")
        return quick.replace(folds=0, maximum_trees=200)
