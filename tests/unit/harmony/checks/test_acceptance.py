"""A finding can be accepted with a reason; it comes back when it concerns more than it did."""

import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.checks.acceptance import (
    accept_finding,
    mark_accepted,
    needs_attention,
    withdraw_acceptance,
)
from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.checks.findings import Finding
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.harmony.model.records import harmony_record, read_harmony

HARMONY = Harmony(Side("a"), Side("b"))
FINDING = Finding("level-not-in-dictionary", "warning", "…", "donor", ("x", "y"))


def test_an_accepted_finding_carries_its_reason_and_needs_no_attention():
    accepted = accept_finding(HARMONY, FINDING, " asked only in 2015 ")
    (marked,) = mark_accepted(accepted, [FINDING])
    assert marked.accepted == "asked only in 2015"
    assert needs_attention([FINDING]) == (FINDING,)
    assert needs_attention([marked]) == ()


@pytest.mark.parametrize(
    "other",
    [
        Finding("level-not-in-dictionary", "warning", "…", "donor", ("x", "y", "z")),
        Finding("level-not-in-dictionary", "warning", "…", "recipient", ("x",)),
        Finding("order-not-monotone", "warning", "…", "donor", ("x",)),
    ],
)
def test_a_finding_about_something_else_stays_open(other):
    accepted = accept_finding(HARMONY, FINDING, "right as it is")
    assert mark_accepted(accepted, [other])[0].accepted == ""


def test_a_finding_about_fewer_levels_stays_accepted():
    accepted = accept_finding(HARMONY, FINDING, "right as it is")
    fewer = Finding("level-not-in-dictionary", "warning", "…", "donor", ("y",))
    assert mark_accepted(accepted, [fewer])[0].accepted == "right as it is"


def test_accepting_again_replaces_the_reason_and_withdrawing_forgets_it():
    accepted = accept_finding(HARMONY, FINDING, "first")
    again = accept_finding(accepted, FINDING, "second")
    assert [item.reason for item in again.accepted] == ["second"]
    assert withdraw_acceptance(again, FINDING) == HARMONY


def test_a_reason_is_asked_for():
    with pytest.raises(InputError, match="with a reason"):
        accept_finding(HARMONY, FINDING, "  ")


def test_the_checker_puts_accepted_findings_last():
    levels = tuple(LevelGroup(text, code) for text, code in (("a", 1), ("b", None)))
    harmony = Harmony(
        Side("x", levels=levels), Side("y", levels=(LevelGroup("c", 1),)), ordered=True
    )
    first = check_harmony(harmony)
    assert first[0].severity == "error"
    later = check_harmony(accept_finding(harmony, first[0], "on purpose"))
    assert later[-1].rule == first[0].rule
    assert later[-1].accepted == "on purpose"


def test_acceptance_is_kept_in_the_file():
    accepted = accept_finding(HARMONY, FINDING, "right as it is")
    assert read_harmony(harmony_record(accepted), where="test") == accepted
    broken = harmony_record(accepted) | {"accepted": [{"rule": 3}]}
    with pytest.raises(CorruptFileError, match="Text was expected"):
        read_harmony(broken, where="test")
