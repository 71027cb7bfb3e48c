"""How far apart the years of a run's two surveys are, and what was done about prices between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fusion_core.harmony.apply import CPI_U, deflation_factor, survey_year
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

DEFLATOR = "CPI-U, annual averages, Bureau of Labor Statistics"


@dataclass(frozen=True)
class YearsApart:
    """The years of a donor and a recipient.

    Attributes
    ----------
    donor, recipient
        Names of the surveys.
    donor_years, recipient_years
        First and last year of each, none where the vintage names none.
    donor_prices, recipient_prices
        Year whose prices dollar amounts are in; ``None`` where that is unknown.
    amounts
        Fused variables in dollars.
    deflated
        Predictors in dollars that were converted, with the year whose prices they are in.
    """

    donor: str
    recipient: str
    donor_years: tuple[int, ...]
    recipient_years: tuple[int, ...]
    donor_prices: int | None = None
    recipient_prices: int | None = None
    amounts: tuple[str, ...] = ()
    deflated: Mapping[str, int] = field(default_factory=dict)

    @property
    def gap(self) -> int:
        """Years between the two surveys; 0 where they overlap or a year is unknown."""
        if not self.donor_years or not self.recipient_years:
            return 0
        first, second = sorted((self.donor_years, self.recipient_years))
        return max(second[0] - first[-1], 0)

    @property
    def price_ratio(self) -> float | None:
        """What a dollar of the donor's prices is worth in the recipient's; ``None`` if unknown."""
        years = self.donor_prices, self.recipient_prices
        if years[0] is None or years[1] is None or not set(years) <= set(CPI_U):
            return None
        return deflation_factor(years[0], years[1])

    @property
    def sentence(self) -> str:
        """The gap in a sentence, empty without one."""
        if not self.gap:
            return ""
        between = "1 year lies" if self.gap == 1 else f"{self.gap} years lie"
        return (
            f"{self.donor} answers stand for {_span(self.donor_years)}, households and weights of "
            f"{self.recipient} for {_span(self.recipient_years)}: {between} between them, and what "
            "changed in the meantime beyond the predictors is not in these figures."
        )

    @property
    def short(self) -> str:
        """The gap in a few words, for maps; empty without one."""
        if not self.gap:
            return ""
        years = "1 year" if self.gap == 1 else f"{self.gap} years"
        text = (
            f"Answers of {_span(self.donor_years)}, households of {_span(self.recipient_years)}: "
            f"{years} apart"
        )
        if self.amounts and self.donor_prices is not None:
            text += f"; dollars of {self.donor_prices}"
        return f"{text}."

    @property
    def price_sentences(self) -> list[str]:
        """What was done about prices, one sentence each."""
        found = []
        if self.amounts and self.donor_prices is not None:
            text = f"Amounts of {', '.join(self.amounts)} are in dollars of {self.donor_prices}"
            ratio = self.price_ratio
            if ratio is not None and self.donor_prices != self.recipient_prices:
                text += f"; a dollar then is {ratio:.2f} dollars of {self.recipient_prices}"
            found.append(f"{text} ({DEFLATOR}).")
        if self.deflated:
            converted = ", ".join(f"{name} to {year}" for name, year in self.deflated.items())
            found.append(f"Predictors in dollars were converted: {converted} ({DEFLATOR}).")
        return found

    @property
    def sentences(self) -> list[str]:
        """All there is to say."""
        return [text for text in (self.sentence, *self.price_sentences) if text]


def years_apart(workspace: Workspace, run: Run) -> YearsApart:
    """Compare the years of a run's donor and recipient.

    Parameters
    ----------
    workspace, run
        The run; one opened from a published data set tells its harmonies itself.
    """
    spec = run.spec()
    pair = spec.pair
    described = [workspace.describe(survey) for survey in (pair.donor, pair.recipient)]
    dictionary = workspace.dictionary(pair.donor)
    names = [
        name
        for item in spec.fusion_variables
        for name in ((item,) if isinstance(item, str) else item)
    ]
    amounts = tuple(
        name for name in names if name in dictionary and "dollar" in dictionary[name].unit.lower()
    )
    prices = [
        item.price_year or survey_year(survey)
        for item, survey in zip(described, (pair.donor, pair.recipient), strict=True)
    ]
    return YearsApart(
        pair.donor.title,
        pair.recipient.title,
        _first_and_last(pair.donor),
        _first_and_last(pair.recipient),
        prices[0],
        prices[1],
        amounts,
        _deflated(workspace, run),
    )


def _deflated(workspace: Workspace, run: Run) -> dict[str, int]:
    """Return the predictors of a run that were converted to the prices of another year."""
    methods = run.published_folder / "methods.json"
    prepared = run.input_folder / "prepare.json"
    published = read_json(methods) if methods.exists() else {}
    record = published.get("prepared") or (read_json(prepared) if prepared.exists() else {})
    used = {row["predictor"] for row in record.get("predictors", ()) if row["kept"]}
    years: dict[str, int] = {}
    if published:
        for key, item in published.get("harmonies", {}).get("harmonies", {}).items():
            for side in ("donor", "recipient"):
                year = item.get(side, {}).get("deflate_to_year")
                if key in used and year:
                    years[key] = int(year)
        return years
    for harmony in HarmonyStore(workspace.path, run.spec().pair).load().harmonies:
        for half in (harmony.donor, harmony.recipient):
            if harmony.key in used and half.deflate_to_year is not None:
                years[harmony.key] = half.deflate_to_year
    return years


def _first_and_last(survey: SurveyId) -> tuple[int, ...]:
    years = survey.years
    return (min(years), max(years)) if years else ()


def _span(years: tuple[int, ...]) -> str:
    return str(years[0]) if years[0] == years[-1] else f"{years[0]}–{years[-1]}"
