"""An adjustment that cannot be run is something to do, with the way out where there is one."""

import pytest

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.model.harmony import Harmony, Side
from fusion_core.surveys import Dictionary, Variable

AGES = Dictionary([Variable("agep", type="integer"), Variable("sex", levels=("Male", "Female"))])


def findings(adjustment, dictionary=AGES, **changes):
    harmony = Harmony(Side("kids"), Side("agep", adjustment=adjustment, **changes))
    return [
        item
        for item in check_harmony(harmony, None, dictionary)
        if item.rule.startswith("invalid-")
    ]


@pytest.mark.parametrize("dictionary", [AGES, None])
@pytest.mark.parametrize("text", ["cut(agep, 3)", "system('ls')", "x[1]", "agep +", "levels(agep)"])
def test_text_kept_from_r_is_an_error_that_says_to_write_it_again(text, dictionary):
    (finding,) = findings(text, dictionary)
    assert (finding.rule, finding.severity, finding.side) == (
        "invalid-adjustment",
        "error",
        "recipient",
    )
    assert "must be written again" in finding.sentence


def test_r_that_has_a_counterpart_is_translated_by_one_click():
    (finding,) = findings("agep >= 18 & agep <= 64")
    assert finding.fix.harmony.recipient.adjustment == "agep >= 18 AND agep <= 64"
    (finding,) = findings("", universe="agep >= 18 & agep <= 64", outside_universe=0)
    assert finding.fix.harmony.recipient.universe == "agep >= 18 AND agep <= 64"


def test_an_expression_of_the_safe_language_is_fine():
    assert findings("CASE WHEN sex = 'Male' THEN agep ELSE 0 END") == []
