"""What the builders ask the server for: levels of a variable, bins from data, a survey's price year."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.harmony.apply import count_numbers, deflation_factor, side_values
from fusion_core.harmony.editing import (
    equal_breakpoints,
    quantile_breakpoints,
    ranges_named,
    set_breakpoints,
)
from fusion_core.surveys.storage import write_description
from harmony_app.harmonize.work import (
    Actions,
    Host,
    Message,
    messages,
    require_harmony,
    require_work,
)

LEVELS_SENT: Final = 5_000


class Building:
    """The part of the page behind the builders of adjustments, conditions and bins."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "levels_of": self._levels_of,
            "split_bins": self._split_bins,
            "price_year": self._price_year,
        }

    def _levels_of(self, message: Message) -> None:
        """Send a variable's levels, each with the number its label begins with, if any."""
        work, side = require_work(self._host), messages.side(message)
        survey = work.surveys.survey(side)
        variable = survey.dictionary.require(
            messages.text(message, "variable"), where=survey.id.title
        )
        levels = variable.levels[:LEVELS_SENT]
        numbers = [
            None if item is None else next((end for end in item if np.isfinite(end)), None)
            for item in ranges_named(levels)
        ]
        self._host.browser.tell(
            "levels_of", side=side, variable=variable.name, levels=list(levels), numbers=numbers
        )

    def _split_bins(self, message: Message) -> None:
        """Cut a number into bins of equal width, or of equal shares of the weighted rows."""
        host, work, side = self._host, require_work(self._host), messages.side(message)
        current = require_harmony(host)
        bins = messages.whole(message.get("bins"), "The number of bins")
        number = replace(current.side(side), breakpoints=(), levels=())
        rows = work.rows(side)
        counts = count_numbers(side_values(number, rows), rows, number.respondent)
        if counts is None or counts.is_empty:
            raise InputError("There are no numbers to cut", where=number.variable)
        if message.get("by") == "quantile":
            points = quantile_breakpoints(counts.values, counts.weight, bins)
        else:
            points = equal_breakpoints(float(counts.values[0]), float(counts.values[-1]), bins)
        variable = work.surveys.variable(side, current)
        host.edit(set_breakpoints(current, side, points, variable=variable))

    def _price_year(self, message: Message) -> None:
        """Note which year's dollars a survey reports, for everybody in the workspace."""
        host, work, side = self._host, require_work(self._host), messages.side(message)
        year = messages.whole(message.get("year"), "The year of prices")
        deflation_factor(year, year)
        survey = work.surveys.survey(side)
        folder = host.session.workspace.survey_folder(survey.id)
        write_description(replace(survey.description, price_year=year), folder)
        work.reload_surveys()
        host.show("place")
        host.toast(f"{survey.id.title} now reports dollars of {year}, in every harmony.")


__all__ = ["Building"]
