"""A list of hundreds of entries is grouped by its sections, the other side's code binned alike."""

import pytest

from fusion_core.harmony.editing.edits import start_harmony
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.suggest._sections import group_by_sections
from fusion_core.harmony.suggest.suggestions import suggest_by_wording
from fusion_core.surveys import SurveyId, Variable

PAIR = SurveyPair(SurveyId("ASEC", "2019"), SurveyId("ACS", "2019"))
NEVER = "Less than 16 years old / Not in labor force who never worked"
SECTIONS = ("AGR", "EXT", "MFG", "WHL")
LABELS = (NEVER, *(f"{name}-Branch {number}" for name in SECTIONS for number in "abcdef"))
LIST = Variable("indp", "Industry", "person", levels=LABELS)
CODES = ("", *(str(start + place) for start in (100, 200, 300, 400) for place in range(6)))


def code(minimum=0.0, maximum=4500.0, text="Industry of the longest job"):
    return Variable("ind", text, "person", "continuous", minimum=minimum, maximum=maximum)


def suggested(number, labels=LIST):
    return group_by_sections(start_harmony(number, labels, propose=False), "donor", number, labels)


def groups(side):
    return [item.group for item in side.levels]


def test_industry_codes_are_binned_where_the_sections_of_the_labels_begin():
    found = suggest_by_wording(code(), LIST, PAIR)
    assert found.harmony.donor.breakpoints[:5] == (170, 370, 570, 770, 1070)
    assert groups(found.harmony.recipient) == [1] + [2] * 6 + [3] * 6 + [4] * 6 + [5] * 6
    # Sections the labels do not name, such as UTL from 570, meet nobody and stay open.
    assert groups(found.harmony.donor)[:7] == [1, 2, 3, None, None, 4, 5]
    assert dict(found.harmony.group_names) == dict(zip((2, 3, 4, 5), SECTIONS, strict=True))
    assert "4 sections" in found.reasons[0]
    assert not found.harmony.ordered  # a list of branches has no order, though its codes rise


def test_nobody_outside_the_list_needs_no_bin_and_no_group():
    labels = Variable("indp", "Industry", "person", levels=LABELS[1:])
    found = suggested(code(minimum=200.0), labels).harmony
    assert found.donor.breakpoints[0] == 370
    assert groups(found.donor)[:2] == [1, 2]
    assert groups(found.recipient)[0] == 1


def test_codes_of_the_unemployed_behind_the_list_stand_with_those_who_never_worked():
    found = suggested(code(maximum=9920.0)).harmony
    assert found.donor.breakpoints[-1] == 9920
    assert groups(found.donor)[-1] == 1


def test_a_list_of_another_kind_is_binned_by_the_codes_of_its_dictionary():
    labels = Variable("act", "Activity", "person", levels=LABELS, codes=CODES)
    found = suggested(code(maximum=405.0, text="Activity code"), labels).harmony
    assert found.donor.breakpoints == (100, 200, 300, 400)
    assert groups(found.donor) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("maximum", "codes"),
    [
        (405.0, ()),  # no codes are known
        (405.0, (*CODES[:-1], "4A5")),  # one is not a number
        (405.0, (*CODES[:-1], "150")),  # the sections are no ranges
        (90.0, CODES),  # all answers lie before the last section
        (9_000.0, CODES),  # or beyond the list
    ],
)
def test_nothing_is_proposed_where_the_number_may_be_no_code_of_the_list(maximum, codes):
    labels = Variable("act", "Activity", "person", levels=LABELS, codes=codes)
    assert suggested(code(maximum=maximum, text="Activity code"), labels) is None


def test_labels_without_sections_are_left_to_other_means():
    plain = Variable("indp", "Industry", "person", levels=("Farming", "Mining"))
    assert suggested(code(), plain) is None
