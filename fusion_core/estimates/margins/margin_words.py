"""What a margin of error is made of, in words for method notes: its variance and its t quantile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fusion_core.surveys.weight_design import WeightDesign

_LINEARIZED = (
    "sampling variance linearized as if households were drawn independently, because there are no"
    " replicate weights"
)


def margin_words(design: WeightDesign, *, implicates: int = 0) -> str:
    """Say what 90 % margins of error contain.

    Parameters
    ----------
    design
        Of the survey whose households are counted.
    implicates
        Number of implicates of a fused variable; 0 for one the survey itself asked.
    """
    sampling = f"sampling variance from the {design.replicates} replicate weights ({design.method})"
    own = sampling if design.replicates else _LINEARIZED
    if not implicates:
        return f"90 %; {own}"
    fused = (
        f"90 %; {own}, plus sampling error and estimated bias of what the donor contributes, from its"
        " own weights, plus how areas differ beyond the predictors, as known answers tell it; where the donor's part is unknown, "
    )
    if implicates == 1:
        return f"{fused}the recipient's sampling variance alone, as one implicate shows no more"
    return f"{fused}Rubin's rules over the implicates"


def freedom_words(design: WeightDesign, *, fused: bool) -> str:
    """Say which degrees of freedom margins have, see `pooled_target.sampling_degrees_of_freedom`.

    Parameters
    ----------
    design
        Of the survey whose households are counted.
    fused
        Whether the variable is fused.
    """
    if not design.replicates:
        own = "households less one"
    elif fused:
        own = f"{design.rank:g}, or households less one if that is fewer"
    elif design.method == "successive difference":
        return "infinite: 1.645 standard errors, as the Census Bureau publishes"
    else:
        own = f"{design.rank:g}"
    if not fused:
        return f"{own} (Student's t)"
    return (
        f"of the recipient {own}; joined with the donor's after Satterthwaite, or with the"
        " implicates' after Barnard and Rubin (Student's t)"
    )
