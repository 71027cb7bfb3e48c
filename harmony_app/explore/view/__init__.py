"""What is being looked at: state, address, classes and the words for it."""

from harmony_app.explore.view import words
from harmony_app.explore.view.address import (
    from_query,
    to_query,
)
from harmony_app.explore.view.classes import (
    CLASS_METHOD_TITLES,
    class_edges,
    classify,
    parse_breaks,
)
from harmony_app.explore.view.joined_conditions import HOW_MANY, Pick, joined
from harmony_app.explore.view.state import (
    ALL_AREAS,
    CATEGORY_KINDS,
    FEWEST_CLASSES,
    MOST_CLASSES,
    NUMBER_KINDS,
    SECOND_KINDS,
    TWO_WAY_CLASSES,
    CentreView,
    EstimateRequest,
    ExploreState,
    HatchRule,
    Measure,
    choose_kind,
    choose_source,
    choose_variable,
    estimate_request,
    natural_statistic,
    repair,
    second_statistic,
    toggle_area,
)

__all__ = [
    "ALL_AREAS",
    "CATEGORY_KINDS",
    "CLASS_METHOD_TITLES",
    "FEWEST_CLASSES",
    "HOW_MANY",
    "MOST_CLASSES",
    "NUMBER_KINDS",
    "SECOND_KINDS",
    "TWO_WAY_CLASSES",
    "CentreView",
    "EstimateRequest",
    "ExploreState",
    "HatchRule",
    "Measure",
    "Pick",
    "choose_kind",
    "choose_source",
    "choose_variable",
    "class_edges",
    "classify",
    "estimate_request",
    "from_query",
    "joined",
    "natural_statistic",
    "parse_breaks",
    "repair",
    "second_statistic",
    "to_query",
    "toggle_area",
    "words",
]
