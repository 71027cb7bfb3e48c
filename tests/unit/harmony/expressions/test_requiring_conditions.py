"""A filter or universe says of every row whether something holds; a number does not."""

import pytest

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions import check_condition, check_expression
from fusion_core.surveys import Variable

COLUMNS = {
    "np": Variable("np", type="integer"),
    "sex": Variable("sex", levels=("Male", "Female")),
    "flag": None,
}


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("np", "Write np > 0"),
        ("(np)", "Write np > 0"),
        ("sex", "Write sex = '…'"),
        ("1", "Write a comparison such as np >= 2"),
        ("np * 2", "Write a comparison such as np >= 2"),
        ("'Male'", "Write a comparison such as np >= 2"),
        ("CASE WHEN np > 2 THEN np ELSE 0 END", "Write a comparison such as np >= 2"),
    ],
)
def test_a_number_or_a_text_is_no_condition(text, fix):
    assert check_expression(text, COLUMNS).text == text
    with pytest.raises(ExpressionError, match="is not a condition") as refused:
        check_condition(text, COLUMNS, where="filter")
    assert (refused.value.where, refused.value.fix) == ("filter", fix)


@pytest.mark.parametrize(
    "text",
    [
        "np > 2",
        "sex = 'Male' AND np IN (1, 2)",
        "TRUE",
        "NULL",
        "flag",
        "CASE WHEN np > 2 THEN TRUE END",
        "CASE WHEN np > 2 THEN 1 WHEN np = 1 THEN NULL ELSE 0 END",
    ],
)
def test_what_holds_or_not_is_a_condition(text):
    assert check_condition(text, COLUMNS).text == text
