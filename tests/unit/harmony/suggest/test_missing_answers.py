"""A suggestion says what becomes of rows without an answer, so that it can be applied as it is."""

from fusion_core.harmony.model import DROP, SurveyPair
from fusion_core.harmony.suggest import SuggestionIndex
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

PAIR = SurveyPair(SurveyId("NHTS", "2017"), SurveyId("ACS", "2024"))
LEVELS = ("Owned", "Rented")


def suggested(donor_missing, recipient_missing):
    question = {"description": "Is the home owned or rented?", "levels": LEVELS}
    donor = Variable("homeown", missing_share=donor_missing, **question)
    recipient = Variable("ten", missing_share=recipient_missing, **question)
    return SuggestionIndex(Dictionary([recipient])).suggest(donor, "ten", PAIR)


def test_rows_without_an_answer_are_left_out_where_there_are_any():
    found = suggested(0.012, 0.0)
    assert (found.harmony.donor.missing, found.harmony.recipient.missing) == (DROP, None)
    assert "households without an answer to homeown (1.2 %) are left out" in found.reasons


def test_nothing_is_said_where_all_have_answered_or_nobody_knows():
    for share in (0.0, None):
        found = suggested(share, share)
        assert (found.harmony.donor.missing, found.harmony.recipient.missing) == (None, None)
        assert not any("left out" in reason for reason in found.reasons)
