"""Summing records to the household equals a loop over them."""

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.ingest.families import SumRule, summed
from fusion_core.ingest.tables import RawTable
from fusion_core.ingest.tables.raw_table import Part

HOMES = ("a", "b", "c", "d")
RECORD = st.tuples(
    st.sampled_from(HOMES[:3]),
    st.sampled_from(["01", "2", "-9"]),
    st.sampled_from(["0", "5", "12.5", "-1", None]),
)


def by_hand(rule: SumRule, records: list[tuple[str, str, str | None]], home: str) -> object:
    own = [item for item in records if item[0] == home]
    chosen = [item for item in own if item[1] in {"01", "-9"}]
    known = [float(item[2]) for item in chosen if item[2] is not None and float(item[2]) >= 0]
    if rule.rule == "count":
        return float(len(chosen))
    if rule.rule == "any":
        return "Yes" if chosen else "No"
    if rule.rule == "share":
        return len(chosen) / len(own) if own else np.nan
    if rule.rule == "mean":
        return sum(known) / len(known) if known else np.nan
    return np.nan if chosen and not known else sum(known)


@given(
    records=st.lists(RECORD, min_size=1, max_size=25),
    rule=st.sampled_from(["count", "sum", "mean", "any", "share"]),
)
def test_every_rule_is_what_a_loop_says(records, rule):
    frame = pd.DataFrame(records, columns=["HOME", "MODE", "MILES"]).astype("category")
    table = RawTable(Path("trips.csv"), frame, (Part("trips.csv", len(frame)),))
    column = "MILES" if rule in {"sum", "mean"} else ""
    asked = SumRule("x", "trip", rule, column, {"MODE": ("1", "-9")})
    values, _ = summed(asked, table, "HOME", pd.Index(HOMES, dtype=object))
    expected = [by_hand(asked, records, home) for home in HOMES]
    if rule == "any":
        assert list(values) == expected
    else:
        np.testing.assert_allclose(values.astype(float), np.array(expected, dtype=float))
