"""Published RECS 2015 variables that partial copies of the microdata hold under another name.

Where a copy lacks the raw column, its content can often be rebuilt from a labelled recode. Each
entry says which column it comes from and, where the recode's words are not the codebook's, how they
translate. What cannot be rebuilt – the race of Latino respondents, sex, numbers of adults and
children, who pays for fuels – stays absent, and harmonies that need it do not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How one published variable is rebuilt.

    Attributes
    ----------
    source
        Column of the microdata or of the supplement, tried when the raw column is absent.
    codes
        Codebook code of each text that is not itself the codebook's label.
    """

    source: str
    codes: Mapping[str, str] = field(default_factory=dict)


_YES_NO: Final = {"True": "1", "False": "0", "1": "1", "0": "0", "Yes": "1", "No": "0"}
_EDUCATION: Final = {
    "Bachelor's degree": "4",
    "Bachelor’s degree": "4",
    "Master’s, Professional, or Doctorate degree": "5",
    "Master's, Professional, or Doctorate degree": "5",
}
_LATINO: Final = {
    "Latino": "1",
    "White": "0",
    "Black or African/American": "0",
    "Asian": "0",
    "American Indian or Alaska Native": "0",
    "Native Hawaiian or Other Pacific Islander": "0",
    "2 or More Races Selected": "0",
}

REBUILT: Final[Mapping[str, tuple[Rebuilt, ...]]] = {
    "MONEYPY": (Rebuilt("hh_income"), Rebuilt("fm_income")),
    "EDUCATION": (Rebuilt("education", _EDUCATION), Rebuilt("fm_education")),
    "TYPEHUQ": (
        Rebuilt("fm_home_type"),
        Rebuilt(
            "HousingUnitType",
            {
                "Mobile home": "1",
                "Single-family detached": "2",
                "Single-family attached": "3",
                "Apartment: 2-4 Units": "4",
                "Apartment: 5 or more units": "5",
            },
        ),
    ),
    "HEATHOME": (Rebuilt("homeheat", _YES_NO), Rebuilt("SpaceHeatingUsed", _YES_NO)),
    "AIRCOND": (Rebuilt("aircon", _YES_NO), Rebuilt("ACUsed", _YES_NO)),
    "FUELHEAT": (Rebuilt("fm_heat_type", {"Do not use space heating": "-2"}),),
    "HHAGE": (Rebuilt("fm_age"),),
    "NHSLDMEM": (Rebuilt("fm_hh_size"),),
    "EMPLOYHH": (Rebuilt("fm_employment"),),
    "SDESCENT": (Rebuilt("fm_race", _LATINO),),
    "DIVISION": (Rebuilt("fm_division"),),
    "UR12": (Rebuilt("fm_urban_rural", {"Urban": "U", "Rural": "R"}),),
    "CLIMATE_REGION_PUB": (Rebuilt("ClimateRegion_BA"),),
    "IECC_CLIMATE_PUB": (Rebuilt("fm_climate"),),
    "AGECENAC": (Rebuilt("fm_centralac_age", {"No central air conditioner": "-2"}),),
    "SCALEE": (Rebuilt("fm_disconnect"),),
    "KWH": (Rebuilt("fm_electricity"),),
    "CUFEETNG": (Rebuilt("fm_natural_gas"),),
    "GALLONFO": (Rebuilt("fm_fuel_oil"),),
    "GALLONLP": (Rebuilt("fm_propane"),),
    "USENG": (Rebuilt("fm_use_ng", _YES_NO),),
}

NOT_APPLICABLE_LEVELS: Final[Mapping[str, str]] = {
    "FUELHEAT": "No space heating",
    "EQUIPM": "No space heating",
    "EQUIPMUSE": "No space heating",
    "FUELH2O": "No water heater",
    "NGPAY": "No natural gas",
    "LPGPAY": "No propane",
    "FOPAY": "No fuel oil",
    "COOLTYPE": "No air conditioning",
    "AGECENAC": "No central air conditioner",
    "USECENAC": "No central air conditioner",
    "THERMAINAC": "No central air conditioner",
    "WWACAGE": "No individual AC units",
    "USEWWAC": "No individual AC units",
    "STOVEFUEL": "No separate cooktop",
    "STOVENFUEL": "No stove",
    "OVENFUEL": "No separate oven",
    "STORIES": "Not a single-family home",
    "DRYRFUEL": "No clothes dryer in home",
    "TOPFRONT": "No clothes washer in home",
    "WASHTEMP": "No clothes washer in home",
    "SIZEOFGARAGE": "No garage",
    "PRKGPLC1": "Not a single-family home",
    "CELLAR": "Not a single-family home",
    "HIGHCEIL": "Mobile home, not asked",
}
"""What "not applicable" (code -2) means, from the skip rules of the questionnaire, checked against
the type of housing unit in the microdata. Other variables keep the codebook's own words."""

BLANK_IS_UNKNOWN: Final = ("TEMPHOME", "TEMPGONE", "TEMPNITE")
"""Thermostat settings (also …AC): zero degrees would be a false answer; for counts, months and
frequencies of use zero is the true one."""

ORDERED: Final = frozenset(
    {
        "ADQINSUL",
        "AGECENAC",
        "AGERFRI1",
        "AGERFRI2",
        "DRAFTY",
        "EDUCATION",
        "MONEYPY",
        "OCCUPYYRANGE",
        "SCALEB",
        "SCALEE",
        "SCALEG",
        "SIZEOFGARAGE",
        "SIZFREEZ",
        "SIZRFRI1",
        "SIZRFRI2",
        "TYPEGLASS",
        "WHEATAGE",
        "WHEATSIZ",
        "WINDOWS",
        "WWACAGE",
        "YEARMADERANGE",
        "PERIODEL",
        "PERIODNG",
        "PERIODFO",
        "PERIODLP",
    }
)
"""Variables whose levels are steps of one scale."""
