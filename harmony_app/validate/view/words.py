"""What the panels of the Validate page mean, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harmony_app.shell.look import NO_BREAK, count, joined, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


INTRODUCTION: Final = (
    "Each variable was fused back onto the donor, whose true answers are known, and compared in many"
    " subsets of households. Each dot is one subset; a line is the typical result at that size."
)
LEAST_CERTAIN: Final = "What this means for areas, for the least certain variable; choose a variable at the left for its own."
MULTIPLES_TITLE: Final = "Variable by variable"
MULTIPLES_HELP: Final = (
    "The same curves, each in a frame of its own and all on the same scales, the worst in small subsets first."
    " Dotted: the median size of the recipient's areas. Click a frame to see more of its variable."
)
FURTHEST: Final = (
    "The subsets whose fused estimates are furthest from what their donor households said. Drag over dots in a"
    " panel to see those subsets instead, here and in the other panels; click beside them to let go."
)
BRUSHED: Final = "The subsets you marked, those furthest off first."
DISTRIBUTION_HELP: Final = (
    "Donor households by their answers: observed (dark), and fused (coloured), with 90 % margins of error."
    " Outlines should lie on each other, dots beside each other."
)
DEPENDENCE_HELP: Final = (
    "How strongly two variables go together (0: not at all, 1 or −1: completely). Fusing should keep"
    " that: coloured squares warn against analysing the two together."
)
PLACES_HELP: Final = (
    "Fused estimates of the recipient less what the donor's own households say, at the finest places the donor"
    " publishes. The margin takes both as independent. A difference may also come from different years or"
    " questions; within places nobody knows."
)
DRAWS_HELP: Final = (
    "Every household gets several draws. They should be nearer its true answer than draws from all"
    " households, and as sure as they are right: on the dashed diagonal."
)
SCORES_HELP: Final = (
    "CRPS, Brier and log score grow with the distance between a household's draws and its true"
    " answer, and are smallest when the draws come from the true distribution. Skill compares them"
    " with draws from all households: 0 % knows nothing of the household, 100 % is perfect."
)
RELIABILITY_KNOWN: Final = (
    " Models lean towards households they were trained on, as those shown here, which makes dots"
    " steeper; for an honest picture check with unseen households (tab Unseen)."
)
RANGES_TOLD: Final = (
    "Of a number: how often the central 50, 80 and 90 % of a household's draws hold its true value. Below the"
    " diagonal the draws are too sure."
)
LEAST_SURE: Final = "Drawn are the variables whose draws are least as sure as they should be; choose one at the left for its own."
RANGES_HELP: Final = (
    "How often the range holds the true value, and how often that lies below or above it. Width: against that"
    " of the same range of all households."
)
RELIABILITY_HELP: Final = (
    "Of a category: households are grouped by how often the models drew an answer for them. Each dot is a group:"
    " to the right, the share of its draws with the answer; upwards, the share of its households that"
    " really gave it. Its line is as long as chance alone may move it (nine times of ten). Dots on the"
    " diagonal: where three of ten draws say so, three of ten households do. Flatter than the diagonal:"
    " the models are too sure; steeper: too cautious. Larger dots stand for more households."
)
PREDICTORS_HELP: Final = (
    "How much each predictor contributed when the models were grown (its share of the reduction of"
    " the training loss). Of predictors that say the same, one may take it all: this shows what the"
    " models used, not what causes what."
)
NO_IMPORTANCE: Final = "This validation does not say what the variable was predicted from."
CONVERGENCE_HELP: Final = (
    "The estimate of all households with its margin of error (band), from the first two implicates"
    " to all. When the line lies still and the band no longer changes, more implicates would change"
    " nothing."
)
CONVERGENCE_NUMBERS: Final = (
    "Margin in subsets: against that of all implicates, in a typical subset. Moved by a redraw: how"
    " far a typical subset estimate would move if all implicates were drawn again, as a share of its"
    " margin of error."
)
NO_CONVERGENCE: Final = "This validation does not say whether there are enough implicates."
UNSEEN_HELP: Final = (
    "The usual validation asks a model about households it was trained on, and so flatters it. Here"
    " the donor is cut into parts, and each part is fused by models trained on the others: what is"
    " found holds for households nobody asked."
)
VALIDATING_AGAIN: Final = (
    "The run is being validated again; a check with unseen households can be started afterwards."
)
UNSEEN_TABLE: Final = "Households the model was trained on → households it has not seen."
ONLY_INSIDE: Final = (
    "Figures are of households the models were trained on, which flatters single draws. For honest"
    " ones, see the tab Unseen."
)
UNWEIGHTED: Final = "The donor has no weights: every household counts the same."
INSIDE: Final = "known"
OUTSIDE: Final = "unseen"
EXTERNAL_HELP: Final = (
    "Compare estimates by area with figures from elsewhere, such as published counts. The file"
    " needs one row per area, with a column of area codes and a column of values."
)


def scale_note(outside: int) -> str:
    """Say how many analyses lie outside a panel."""
    return (
        f"{count(outside, 'analysis', 'analyses')} outside the frame" if outside else f"{NO_BREAK}"
    )


def places_told(sentence: str, beyond: int, places: int) -> str:
    """Say what was compared, and at how many places chance does not explain the difference."""
    told = f"{count(beyond, 'place')} of {places:,} {'differs' if beyond == 1 else 'differ'}"
    expected = "one in ten would by chance"
    return f"{sentence} {told} by more than the margin; {expected}."


def left_out(answers: Mapping[str, int], most: int) -> str:
    """Say of which variables the rarer answers are not drawn."""
    said = [f"{count(number, 'rarer answer')} of {name}" for name, number in answers.items()]
    return f"Not drawn: {joined(said)}. The {most} most frequent answers of a variable are."


def score_phrase(row: pd.Series[Any]) -> str:
    """Return skill and coverage of a variable in words."""
    parts = []
    skill = row.get("skill")
    if isinstance(skill, float) and skill == skill:  # noqa: PLR0124 - not-a-number differs from itself
        nearer = f"{percent(skill, decimals=0)} nearer" if skill > 0 else "no nearer"
        parts.append(f"draws {nearer} the truth than answers of any household")
    coverage = row.get("coverage")
    if isinstance(coverage, float) and coverage == coverage:  # noqa: PLR0124 - as above
        parts.append(f"80{NO_BREAK}% ranges hold {percent(coverage, decimals=0)} of true answers")
    return "; ".join(parts)


KNOWN_HELP: Final = (
    "One at a time, variables that the recipient asked too were hidden – with everything made from the"
    " same columns or saying nearly the same –, fused from the donor, and compared with the recipient's own"
    " answers in every area. Dots on the dashed line are right; a solid line flatter than it means that the"
    " map flattens differences between areas."
)
NO_KNOWN: Final = (
    "This run has no known answers yet. Computing them takes a few minutes and repeats the usual"
    " validation; the run stays usable meanwhile."
)
KNOWN_NUMBERS: Final = (
    "slope: by how much the map rises where the truth rises by 1. error: root mean square difference. truth"
    " varies by: standard deviation between areas, sampling error taken out. beyond sampling: that of the"
    " differences. surveys differ by: mean difference of all areas, which is one of questions or years, and"
    " no part of margins. inside margin: 90 % is right; each variable's margins are learned from the others."
    " interval score: width plus twenty times what lies outside; lower is better."
)
HIDDEN_HELP: Final = "What would have given the answer away was hidden too."
COMPARE_TITLE: Final = "Compared with another run"
COMPARE_HELP: Final = (
    "Which of two runs on the same donor describes households better, by their proper scores for households"
    " neither has seen: CRPS of numbers, Brier score of categories. The margin is of which households the donor"
    " happened to ask; another seed would move scores a little too."
)
COMPARED_INSIDE: Final = (
    "Whether scores differ beyond chance is told of unseen households only: check both runs in the tab Unseen."
    " Results below are of households the models were trained on, where a run that draws from leaves of forests"
    " always looks better than it is."
)
NO_OTHER_RUN: Final = "There is no other finished run on the same donor."
ASKED_ALIKE: Final = "Both runs were asked for the same with the same predictors."
