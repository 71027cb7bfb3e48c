"""Subsets nobody named are formed by variables about different matters that hang together little."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.validation.internal.choosing import choose_subset_variables

ROWS = 3000
THEMES = {
    "hhsize": "persons",
    "numadlt": "persons",
    "income": "income",
    "tenure": "housing",
    "race": "origin",
    "region": "place",
}


@pytest.fixture(scope="module")
def donor():
    draw = np.random.default_rng(5)
    adults = draw.integers(1, 5, ROWS)
    income = draw.integers(1, 12, ROWS) + 2 * adults
    return pd.DataFrame(
        {
            "hhsize": adults + (draw.random(ROWS) < 0.3),
            "numadlt": adults,
            "income": income,
            "tenure": pd.Categorical(np.where(income + draw.normal(0, 8, ROWS) > 9, "own", "rent")),
            "race": pd.Categorical(draw.choice(list("abcd"), ROWS, p=[0.7, 0.12, 0.12, 0.06])),
            "region": pd.Categorical(draw.choice(["NE", "MW", "S", "W"], ROWS)),
        }
    )


def test_near_duplicates_are_not_both_taken(donor):
    chosen = choose_subset_variables(donor, THEMES, np.ones(ROWS))
    names = [choice.name for choice in chosen]
    assert len(names) == 4
    assert len({"hhsize", "numadlt"} & set(names)) == 1
    assert {"income", "region", "race"} < set(names)
    assert "Cramér's V" in chosen[1].words


def test_a_copy_is_never_taken(donor):
    table = donor[["tenure"]].assign(again=donor["tenure"])
    assert len(choose_subset_variables(table, {}, np.ones(ROWS))) == 1


def test_unanswered_variables_count_less_but_are_not_refused(donor):
    known = np.arange(ROWS) % 10 > 0
    table = donor.assign(income=donor["income"].where(known))
    assert "income" in [item.name for item in choose_subset_variables(table, THEMES, np.ones(ROWS))]
    rare = donor.assign(income=donor["income"].where(np.arange(ROWS) % 10 == 0))
    assert "income" not in [
        item.name for item in choose_subset_variables(rare, THEMES, np.ones(ROWS))
    ]


def test_a_variable_of_one_value_or_of_very_many_levels_forms_no_subsets():
    table = pd.DataFrame(
        {
            "same": np.ones(ROWS),
            "county": pd.Categorical((np.arange(ROWS) % 40).astype(str)),
            "empty": np.full(ROWS, np.nan),
        }
    )
    assert choose_subset_variables(table, {}, np.ones(ROWS)) == []
