"""Requests for runs that show a newcomer what the demo is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fusion_core.demo.harmonies import PAIR
from fusion_core.demo.samples import FUSION_VARIABLES
from fusion_core.fusion.base import TrainSettings
from fusion_core.workspace.runs import RunSpec

_IMPLICATES: Final = 10
_FIRST: Final = ("insecure", "main_ac", "elec_kwh")


def quick_look(
    name: str = "demo quick look", variables: Sequence[str | tuple[str, ...]] = FUSION_VARIABLES
) -> RunSpec:
    """Return the request for a run with quick settings.

    Its seed is fixed, so that everybody sees the same.

    Parameters
    ----------
    name
        What the run is called.
    variables
        Fusion variables, blocks as tuples; by default all the demo knows the truth of.
    """
    return RunSpec(
        name=name,
        pair=PAIR,
        fusion_variables=tuple(variables),
        implicates=_IMPLICATES,
        seed=1,
        train=TrainSettings.preset("quick"),
        preset="quick",
    )


def first_look() -> RunSpec:
    """Return the request for the quickest run that has something of every kind to show.

    A yes-or-no question, a question with several answers, and an amount.
    """
    return quick_look("First look", _FIRST)
