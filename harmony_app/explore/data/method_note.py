"""Where the numbers come from and how not to use them, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fusion_core.estimates.margins import freedom_words, margin_words
from fusion_core.html_templates import Macros
from harmony_app.explore.view import words

if TYPE_CHECKING:
    from harmony_app.explore.data.answer import Answer
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.view import ExploreState
    from harmony_app.shell.look import Quantity

NOT_TO_DO: Final = (
    (
        "Do not rank areas whose intervals overlap: their order may be chance. Choose two areas to test"
        " whether they differ."
    ),
    (
        "Do not drop the margin of error when you pass a number on. An estimate without it looks more"
        " certain than it is."
    ),
    "Do not use hatched areas for decisions. Combine neighbouring areas, or ask a broader question.",
    (
        "Do not read an estimate as the answer of any one household: fused answers are draws that are"
        " right on average for groups, not for a household."
    ),
    (
        "Do not study relations between a fused variable and something the fusion never saw (a new local"
        " programme, a variable that was no predictor): the model cannot know about it."
    ),
    (
        "Do not expect small or unusual groups to be right because the margin is small. Look at the"
        " Validate page: it shows down to which group size a variable can be trusted."
    ),
    "Do not compare runs with different settings as if they were different years.",
)


@dataclass(frozen=True)
class MethodNote:
    """What was done, as pairs of a term and its value, and what follows from it.

    Attributes
    ----------
    facts
        Term and value, in the order to read.
    modelled
        Whether the estimates come from a fusion.
    synthetic
        Whether the data describe no real household.
    """

    facts: tuple[tuple[str, str], ...]
    modelled: bool
    synthetic: bool

    def text(self) -> str:
        """Return the note as plain text, for downloads."""
        lines = [f"{term}: {value}" for term, value in self.facts]
        if self.synthetic:
            lines.append("SYNTHETIC DATA: no row describes a real household.")
        lines += ["", "How not to use these estimates:"]
        lines += [f"- {sentence}" for sentence in self.warnings]
        return "\n".join(lines)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What not to do with the estimates."""
        return NOT_TO_DO if self.modelled else NOT_TO_DO[:3]

    @property
    def summary(self) -> str:
        """Return one line for the foot of the controls."""
        known = dict(self.facts)
        if not self.modelled:
            return (
                f"Survey estimates: {known['Replicate weights']} replicate weights, 90 % margins of"
                " error."
            )
        return (
            f"Modelled estimates: {known['Implicates']} implicates, {known['Replicate weights']}"
            " replicate weights, 90 % margins of error."
        )

    def figure_note(self) -> str:
        """Return the line under a figure: source, method and – where it applies – a warning."""
        known = dict(self.facts)
        parts = [self.summary, f"Source: {known['Estimates from']}.", f"{known['Computed with']}."]
        if self.synthetic:
            parts.insert(0, "SYNTHETIC DATA: no row describes a real household.")
        return " ".join(parts)

    def html(self) -> str:
        """Return the note for the page."""
        what = _MODELLED if self.modelled else _ANSWERED
        return _MACROS("about", what, _UNCERTAINTY, self.warnings, self.facts)


_MACROS: Final = Macros(Path(__file__).parent / "templates" / "method_note.html")
_MODELLED: Final = (
    "The donor survey asked these questions, the recipient survey did not. For every household of the"
    " recipient the program drew several plausible answers – implicates – from donor households that"
    " resemble it in the variables both surveys share. An area's estimate is the mean over its"
    " households and over the implicates, with the survey's weights."
)
_ANSWERED: Final = "These are answers the survey itself collected, weighted to all households. Nothing is modelled."
_UNCERTAINTY: Final = (
    "The margin of error is meant to hold the true value in about nine of ten cases. It accounts for the"
    " recipient survey's sampling (measured by its replicate weights, or by a formula where it has"
    " none) and, for fused variables, for the donor survey's sampling and for the models' tendency to"
    " flatten differences between groups. How areas differ beyond the predictors is included as far as"
    " the run computed known answers: variables that both surveys asked are hidden and fused, which shows"
    " how far areas are off. It does not account for mistakes in the surveys, or for a harmony that pairs"
    " the wrong answers. The CV is the standard error divided by the"
    " estimate: under 12 % an estimate is called reliable, over 40 % too uncertain to rely on. For"
    " shares near zero the CV is large even when the margin in points is small; choose to hatch by"
    " points then. Medians and quantiles that stay at one round number under every replicate weight have"
    " an unknown margin, shown as –, not one of zero, and are hatched. Where the donor's part cannot be"
    " computed, as for a Gini coefficient, the margin is called incomplete and the estimate never reliable."
)


INDEPENDENT: Final = (
    "Given the predictors of a household, the donors' answers are assumed independent; the bounds"
    " beside joint shares hold without this assumption"
)


def method_note(
    state: ExploreState, source: Source, answer: Answer, quantity: Quantity, *, synthetic: bool
) -> MethodNote:
    """Describe how the numbers of a view were made.

    Parameters
    ----------
    state
        The view.
    source
        The run or survey.
    answer
        The numbers.
    quantity
        What kind of number was estimated.
    synthetic
        Whether the workspace's data are generated.
    """
    statistic = answer.request.statistic
    facts = [
        ("Estimates from", source.title),
        ("Variable", words.variable_title(source.variables[statistic.variable])),
        ("Statistic", words.statistic_phrase(statistic, quantity)),
        ("Households", words.subgroup_phrase(state)),
        ("Areas", f"{len(answer.table):,} of kind {state.area_kind}"),
    ]
    if answer.smoothed:
        facts.append(("Smoothing", answer.smoothed))
    if answer.against is not None:
        findings = " ".join(finding.text for finding in answer.against.findings)
        facts.append(("Compared with", f"{answer.table_title}. {findings}"))
    if answer.calibrated:
        facts.append(("Calibrated", answer.calibrated))
    facts += [("Note on areas", note) for note in _notes_on_areas(source, answer) if note]
    facts += [("Years and prices", text) for item in source.years for text in item.sentences]
    if statistic.level:
        facts.insert(3, ("Level", statistic.level))
    implicates = source.implicates
    if source.specs:
        several = len(source.specs) > 1
        facts += [
            ("Donors" if several else "Donor", " and ".join(source.donors)),
            ("Recipient", source.survey.title),
            ("Implicates", str(implicates)),
            ("Seed", ", ".join(str(spec.seed) for spec in source.specs)),
            ("Preset", ", ".join(dict.fromkeys(spec.preset for spec in source.specs))),
            ("Combination" if several else "Run", source.id.removeprefix("combination:")),
        ]
        if several:
            facts.append(("Assumption", INDEPENDENT))
    definition = source.variables[statistic.variable].definition
    if definition:
        facts.append(("Derived as", definition))
    facts += [
        ("Replicate weights", str(source.replicates or "no")),
        ("Margin of error", margin_words(source.design, implicates=implicates)),
        ("Degrees of freedom", freedom_words(source.design, fused=implicates > 0)),
        ("Location", "" if source.local is None else source.local.sentence),
        ("Computed with", f"Survey Harmonization Tool {_version()}"),
    ]
    return MethodNote(tuple(fact for fact in facts if fact[1]), source.is_fused, synthetic)


def _notes_on_areas(source: Source, answer: Answer) -> tuple[str, ...]:
    told = (answer.undrawn, words.shares_note(answer.rows), answer.method)
    return (*source.notes, *answer.notes, *told)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("survey-harmonization-tool")
    except PackageNotFoundError:
        return "(not installed)"
