"""Fit all fusion variables side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from fusion_core.fusion.base import Progress, Shares, workers_of
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._variable_fits import FittedVariable, given_variable
from fusion_core.fusion.training.checkpoints import fit_or_read

Scored = Callable[[str, float], None]
"""Takes the name of a variable and the skill of its model in households held out."""
FITTING_SHARE = 0.9
"""Of the time of a training; placing the donors takes the rest."""


def fit_variables(
    donors: Donors,
    folder: Path | None,
    executor: Executor | None,
    report: Progress,
    scored: Scored,
) -> tuple[FittedVariable, ...]:
    """Fit the variables side by side; tell how far they are, and which one was finished last.

    Because models are trained with the *observed* values of the variables earlier in the chain, all
    variables are independent of each other here (Ummel et al. 2024).

    Parameters
    ----------
    donors
        The encoded donors.
    folder
        Where checkpoints are kept; ``None`` to keep none.
    executor
        Computes folds and models; threads of this process when ``None``.
    report
        Takes the share done and a sentence.
    scored
        Takes each variable's name and skill once it is fitted.
    """
    names = [variable.name for variable in donors.fused_types]
    done: list[FittedVariable] = []
    told = _Telling(report, scored, len(names) - len(donors.given))
    shares = Shares(told.take, len(names))
    settings = donors.settings

    with workers_of(executor, settings.workers, jobs=max(1, settings.folds)) as workers:

        def fit(place: int) -> FittedVariable:
            if names[place] in donors.given:
                shares.parts[place](1.0)
                return given_variable(donors.fused_types[place], donors.given[names[place]])
            # The predictors are copied only now, when the variable's turn has come.
            fitted = fit_or_read(donors.task(place), folder, workers, shares.parts[place])
            shares.parts[place](1.0)
            done.append(fitted)
            return fitted

        jobs = [partial(fit, place) for place in range(len(names))]
        fits = tuple(workers.coordinate(jobs, heartbeat=lambda: told.tell(done)))
    told.tell(done)
    return fits


class _Telling:
    """Tells the caller, in the caller's thread, how far the fitting is."""

    def __init__(self, report: Progress, scored: Scored, variables: int) -> None:
        self._report = report
        self._scored = scored
        self._told = 0
        self._variables = variables
        self._share = 0.0

    def take(self, share: float) -> None:
        """Take the share that is done; what is reported never goes back."""
        self._share = max(self._share, share)

    def tell(self, done: list[FittedVariable]) -> None:
        """Report the share, the variable finished last, and the skill of each that is new."""
        for fitted in done[self._told :]:
            skill = fitted.model.boosted_skill()
            if skill is not None:
                self._scored(fitted.model.type.name, skill)
            self._told += 1
        count = f"({len(done)} of {self._variables} variables)"
        message = (
            f"Modelled {done[-1].model.type.name} {count}" if done else f"Fitting models {count}"
        )
        self._report(FITTING_SHARE * self._share, message)
