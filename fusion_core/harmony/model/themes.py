"""What a variable is about, in a dozen themes, read off its description.

Dictionaries say nothing of themes; words do, well enough to see where work is left. The first theme
with a telling word counts, so the list goes from the particular to the general: 'cost of
electricity' is about energy, not about spending. A description without one is often that of a
follow-up question ('Why is that?'), so it counts in turn what variables it refers to, what its
answers say, and what the questions are about whose names begin alike. The words were chosen reading
the dictionaries of nine public surveys; other surveys have more under 'Other'.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fusion_core.surveys.model import Dictionary, Variable

OTHER: Final = "Other"
_WORDS: Final = """
Survey method: imputation imputed allocation replicate_weight* identifier identification line_number* response_mode sample
Food: kcal calorie*
Energy: electric* natural_gas propane kerosene fuel* energy heat* cool cools cooled cooling air_condition* thermostat* solar
Energy: utility utilities kwh btu lamp* light_bulb* bulb* insulat* furnace* boiler* wood power_outage temperature
Appliances and media: refrigerator* freezer* stove* oven* microwave* cook* dishwasher* washing_machine clothes dryer*
Appliances and media: television* tv tvs computer* laptop* tablet* internet smartphone* cellphone* phone* telephone* broadband
Appliances and media: appliance* fan fans pool* hot_tub dvr dvrs cable printer* humidifier* dehumidifier* video coffee toaster*
Appliances and media: speaker* monitor* dial_up
Travel and vehicles: vehicle* car cars truck* motorcycle* trip trips travel* commut* transit transport* driv* bike* bicycle*
Travel and vehicles: walk_to walk_for walking_to gasoline miles flight* airline
Health and disability: health* insur* medicaid medicare disab* difficult* medical* doctor* illness hospital* smok* diet*
Health and disability: body_weight bmi blood mental coverage covered tricare champva policyholder* policy_holder* care_limitation
Health and disability: physical
Food: food* meal* snap ebt wic grocer* eat eats eaten eating nutrition* restaurant* hungry hunger breakfast lunch dinner snack*
Food: grains vegetable* fruit* meat store
Income and benefits: income* earn* wage* salar* pension* retirement social_security ssi welfare assistance dividend* interest
Income and benefits: alimony child_support poverty benefit* tax taxes unemployment_compensation
Work: work* job* employ* occupation* industr* labor labour self_employed unemploy* hours
Education: school* education* college degree grade* enrol* student* diploma
Origin and language: race racial ethnic* hispanic latino asian black white indian ancestry birthplace born citizen* nativity
Origin and language: immigra* language english country naturaliz*
Household and persons: family families household_member* relationship marital married spouse number_of_persons
Household and persons: number_of_people number_of_children number_of_adults number_of_members number_of_males number_of_females
Housing: house houses housing home homes room* bedroom* bath* rent rents rented rental mortgage own owns owned owner tenure
Housing: building built unit units dwelling apartment* moved property properties roof wall* floor* window* garage plumbing sewer
Housing: leak* foundation kitchen lot acre* neighborhood structure basement attic porch stories square_feet square_footage
Spending: expend* spend spent cost costs pay paid payment* purchas* amount dollars bill bills price*
Household and persons: age sex gender male female child* divorced widowed couple partner* household* person* people member*
Household and persons: respondent householder adult* veteran* armed_forces military
Place: region* state states division metro* urban rural county climate census area puma geograph*
Work: layoff part_time full_time hourly nonhourly flex_time telework* business* manufactur*
Income and benefits: sales savings stocks bonds securities financial capital_gain*
Food: dairy grain protein sodium fat seafood vegetarian supermarket* breastfeeding
Travel and vehicles: rideshare* biking transfers
Origin and language: place_of_birth year_of_entry
Household and persons: grandparent* grandchild* subfamily mother father guest* lodger* boarder* birth
Housing: moved moving mover* mobility migration residence living_quarters renter* condo toilet* sink* running_water
Housing: roof* ceiling* door* fireplace* upkeep cockroach* rodent*
Appliances and media: dvd vcr vcrs dsl blender* grill* generator* chiller
Survey method: weight* flag* topcode* interview* stratum cluster longitudinal pointer linking feedback
""".strip().splitlines()
"""Themes in the order they are tried, with telling words; `*` stands for any ending, `_` for a gap.

What comes after the place would mislead earlier: 'weight' is of the body more often than of a sample.
"""


def _pattern(words: str) -> re.Pattern[str]:
    told = (re.escape(word).replace(r"\*", r"\w*").replace("_", "[ -]") for word in words.split())
    return re.compile(rf"\b(?:{'|'.join(told)})\b")


_THEMES: Final = tuple(
    (theme, _pattern(words)) for theme, _, words in (line.partition(": ") for line in _WORDS)
)

_LEVELS_READ: Final = 40
_SHORTEST_STEM: Final = 4
"""Letters that names of one battery of questions begin with, at least."""

THEMES: Final = (*dict.fromkeys(theme for theme, _ in _THEMES), OTHER)


def themes_of(dictionary: Dictionary) -> dict[str, str]:
    """Return what everything harmonizable of a dictionary is about: one of `THEMES`, by name.

    Examples
    --------
    >>> asked = Variable("hesc3", "Did you ever get food from a pantry?")
    >>> themes_of(Dictionary([asked, Variable("hesc3f", "How often? Universe: HESC3 = 1")]))
    {'hesc3': 'Food', 'hesc3f': 'Food'}
    """
    answers = dictionary.harmonizable()
    found = {item.name: _theme(item.description.lower()) for item in answers}
    told = {name: theme for name, theme in found.items() if theme != OTHER}
    for item in answers:
        if found[item.name] == OTHER:
            found[item.name] = _referred(item, told) or _theme(_answers(item))
    told = {name: theme for name, theme in found.items() if theme != OTHER}
    return {
        name: _battery(name, told) if theme == OTHER else theme for name, theme in found.items()
    }


@lru_cache(maxsize=1 << 14)
def _theme(text: str) -> str:
    return next((theme for theme, words in _THEMES if words.search(text)), OTHER)


def _answers(variable: Variable) -> str:
    return " ".join(variable.levels[:_LEVELS_READ]).lower()


def _referred(variable: Variable, told: Mapping[str, str]) -> str:
    """Return the theme of the first variable that the description names, as in 'HESC3 = 1'."""
    names = re.findall(r"\w+", variable.description.lower())
    return next((told[name] for name in names if name in told), "")


def _battery(name: str, told: Mapping[str, str]) -> str:
    """Return what most questions are about whose names begin longest like this one's."""
    for length in range(len(name) - 1, _SHORTEST_STEM - 1, -1):
        stem = name[:length]
        votes = Counter(theme for other, theme in told.items() if other.startswith(stem))
        if votes:
            return votes.most_common(1)[0][0]
    return OTHER


__all__ = ["OTHER", "THEMES", "themes_of"]
