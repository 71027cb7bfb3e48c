"""What a survey is: microdata, dictionary, weights and geography.

Everything else in the engine is written against these types, never against a raw public file.
"""

from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    WEIGHT,
    Dictionary,
    RespondentLevel,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
    VariableType,
)
from fusion_core.surveys.storage import read_dictionary, read_survey, write_survey
from fusion_core.surveys.weight_design import WeightDesign

__all__ = [
    "HOUSEHOLD_KEY",
    "PERSON_KEY",
    "WEIGHT",
    "Dictionary",
    "RespondentLevel",
    "Survey",
    "SurveyDescription",
    "SurveyId",
    "Variable",
    "VariableType",
    "WeightDesign",
    "read_dictionary",
    "read_survey",
    "write_survey",
]
