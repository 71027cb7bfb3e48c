"""Suggest head counts: 'number of males age 2 through 15' is a condition on persons, added up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fusion_core.harmony.editing import count_members, describe_aggregator
from fusion_core.harmony.expressions import Condition, Relation, Test
from fusion_core.harmony.model import Harmony, SideName
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import normalise_label

_COUNTED: Final = re.compile(
    r"\b(?:number|count) of\b.*\b(?:persons?|people|members?|males?|females?|men|women|children|adults?)\b"
)
_OLD: Final = r"(?: years?)?(?: old| of age)?"
_NAMED_AGES: Final[tuple[tuple[re.Pattern[str], Relation], ...]] = (
    (re.compile(r"\b(\d+) ?(?:through|to|-|–) ?(\d+)\b|\bbetween (\d+) and (\d+)\b"), "between"),
    (
        re.compile(
            rf"\b(\d+){_OLD} (?:and|or) (?:under|younger|less|below)\b|\bup to (?:age )?(\d+)\b"
        ),
        "at_most",
    ),
    (re.compile(r"\b(?:under|below|younger than|less than|age <) (?:age )?(\d+)\b"), "less_than"),
    (
        re.compile(
            rf"\b(\d+){_OLD} (?:and|or) (?:over|older|more|above)\b|\bat least (\d+)\b|\b(\d+) ?\+"
        ),
        "at_least",
    ),
    (re.compile(r"\b(?:over|above|older than|more than|age >) (?:age )?(\d+)\b"), "more_than"),
)
"""How descriptions name ages, the most telling wording first."""
_ADULTS: Final = re.compile(r"\badults?\b")
_CHILDREN: Final = re.compile(r"\b(?:children|kids)\b")
_OF_AGE: Final = 18
_MALE: Final = re.compile(r"\b(?:males?|men|boys?)\b")
_FEMALE: Final = re.compile(r"\b(?:females?|women|girls?)\b")
_MORE_IS_SAID: Final = re.compile(
    r"\b(?:householder.?s|respondent.?s|own|unmarried|married|related|responding|who|with|"
    r"excluding|except|earners?|workers?|drivers?|students?|phones?|former)\b"
)
"""Words that say more of the persons counted than age and sex can."""


@dataclass(frozen=True, slots=True)
class MemberCount:
    """A head count found in a description.

    Attributes
    ----------
    harmony
        The harmony with the persons of the condition added up.
    reason
        Whom it counts, in words.
    is_complete
        Whether the description says nothing of the persons that the condition leaves out.
    """

    harmony: Harmony
    reason: str
    is_complete: bool


def suggest_head_count(
    harmony: Harmony,
    donor: Variable,
    recipient: Variable,
    *,
    donors: Iterable[Variable] = (),
    recipients: Iterable[Variable] = (),
) -> MemberCount | None:
    """Count the persons one variable names by age and sex, where the other tells age or sex.

    Parameters
    ----------
    harmony
        The harmony of the two variables, nothing set.
    donor, recipient
        The two variables; either may be the count.
    donors, recipients
        The other variables of both surveys: sex, where the variable itself tells the age.

    Returns
    -------
    The head count, or ``None`` where neither variable counts persons the other describes.
    """
    sides: tuple[tuple[SideName, Variable, Variable, Iterable[Variable]], ...] = (
        ("recipient", donor, recipient, recipients),
        ("donor", recipient, donor, donors),
    )
    for side, count, person, others in sides:
        if count.is_categorical or count.respondent != "household":
            continue
        if person.respondent != "person":
            continue
        columns = [person, *(item for item in others if item.respondent == "person")]
        found = _condition(count.description.lower(), person, columns)
        if found is None:
            continue
        known = {item.name: item for item in columns}
        counted = count_members(harmony, side, found, "number")
        said = describe_aggregator(counted, side, person, columns=known)
        complete = not _MORE_IS_SAID.search(count.description.lower())
        return MemberCount(counted, f"the {said}", complete)
    return None


def _condition(text: str, person: Variable, columns: list[Variable]) -> Condition | None:
    """Return whom a description counts, as far as age and sex of the persons say it."""
    if not _COUNTED.search(text):
        return None
    age = next((item for item in columns if _is_age(item)), None)
    sex = next((item for item in columns if _sexes(item)), None)
    tests = []
    if age is not None and (bounds := _ages(age.name, text)) is not None:
        tests.append(bounds)
    male, female = bool(_MALE.search(text)), bool(_FEMALE.search(text))
    if male != female:
        if sex is None:
            return None  # both sexes together would be another count
        tests.append(Test(sex.name, "in", (_sexes(sex)[0 if male else 1],)))
    if not any(test.variable == person.name for test in tests):
        return None
    return Condition(tuple(tests))


def _ages(name: str, text: str) -> Test | None:
    """Return the ages a description names as a test of the variable that tells them."""
    for pattern, relation in _NAMED_AGES:
        if found := pattern.search(text):
            ages = sorted(int(item) for item in found.groups() if item)
            return Test(name, relation, tuple(ages))
    if _ADULTS.search(text):
        return Test(name, "at_least", (_OF_AGE,))
    return Test(name, "less_than", (_OF_AGE,)) if _CHILDREN.search(text) else None


def _is_age(variable: Variable) -> bool:
    """Whether a number is the age of a person."""
    said = variable.description.lower().split()
    return not variable.is_categorical and "age" in said and "at" not in said


def _sexes(variable: Variable) -> tuple[str, ...]:
    """Return the levels for male and female where these two are what a variable tells."""
    plain = {normalise_label(level): level for level in variable.levels}
    found = tuple(plain[word] for word in ("male", "female") if word in plain)
    return found if len(found) == len(plain) else ()


__all__ = ["MemberCount", "suggest_head_count"]
