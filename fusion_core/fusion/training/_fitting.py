"""Fit all fusion variables side by side."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from fusion_core.fusion.base import Progress, Shares, workers_of
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._variable_fits import FittedVariable, given_variable
from fusion_core.fusion.training.checkpoints import fit_or_read

FITTING_SHARE = 0.9
"""Of the time of a training; placing the donors takes the rest."""


def fit_variables(
    donors: Donors, folder: Path | None, executor: Executor | None, report: Progress
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
    """
    names = [variable.name for variable in donors.fused_types]
    done: list[str] = []
    told = _Telling(report, len(names) - len(donors.given))
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
            done.append(names[place])
            return fitted

        jobs = [partial(fit, place) for place in range(len(names))]
        return tuple(workers.coordinate(jobs, heartbeat=lambda: told.tell(done)))


class _Telling:
    """Tells the caller, in the caller's thread, how far the fitting is."""

    def __init__(self, report: Progress, variables: int) -> None:
        self._report = report
        self._variables = variables
        self._share = 0.0

    def take(self, share: float) -> None:
        """Take the share that is done; what is reported never goes back."""
        self._share = max(self._share, share)

    def tell(self, done: list[str]) -> None:
        """Report the share and the variable finished last."""
        count = f"({len(done)} of {self._variables} variables)"
        message = f"Modelled {done[-1]} {count}" if done else f"Fitting models {count}"
        self._report(FITTING_SHARE * self._share, message)
