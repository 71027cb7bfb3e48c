"""`harmony rank`."""

import pandas as pd
import pytest

from fusion_core.cli.estimates.rank import rank_sentences


def test_every_area_has_its_rank_and_the_ranks_it_may_have(harmony, finished):
    run, _ = finished
    found = harmony.json("rank", run, "-v", "insecure", "--level", "Yes", "--top", "3")
    ranks = found["ranks"]
    assert [row["rank"] for row in ranks] == sorted(row["rank"] for row in ranks)
    assert all(row["best_rank"] <= row["rank"] <= row["worst_rank"] for row in ranks)
    assert found["surely_among"] <= 3 <= found["may_be_among"]
    estimated = harmony.json("estimate", run, "-v", "insecure", "--level", "Yes")["estimates"]
    assert len(ranks) == len(estimated)
    assert ranks[0]["estimate"] == max(row["estimate"] for row in estimated)


def test_the_words_say_who_may_lead(harmony, finished):
    run, _ = finished
    text = " ".join(harmony("rank", run, "-v", "insecure", "--level", "Yes").stdout.split())
    assert "All ranks lie within their bounds at once with 90 % confidence." in text
    assert ("Surely among the 10 highest" in text) != ("The order is not known" in text)
    assert "The first" in text
    assert "number" in text


def test_an_order_that_says_nothing_is_said_so():
    spread = pd.DataFrame({"best_rank": [1, 1, 1], "worst_rank": [3, 3, 3]})
    told = rank_sentences(spread, top=10, lowest=False, confidence=0.9)
    assert told[0].startswith("The order is not known: 3 of 3 may hold any rank.")
    known = pd.DataFrame(
        {
            "best_rank": [1, 2, 3],
            "worst_rank": [1, 2, 3],
            "surely_among": True,
            "may_be_among": True,
            "may_lead": [True, False, False],
        }
    )
    told = rank_sentences(known, top=10, lowest=False, confidence=0.9)
    assert "The first is surely the highest." in told


def test_the_first_is_compared_with_the_last_of_the_first_places(harmony, finished):
    run, _ = finished
    asked = ("rank", run, "-v", "insecure", "--level", "Yes", "--top", "3")
    found = harmony.json(*asked)
    ranks, pair = found["ranks"], found["first_against_last"]
    apart = ranks[0]["estimate"] - ranks[2]["estimate"]
    assert pair["difference"] == pytest.approx(apart)
    assert pair["differs"] == (pair["p_adjusted"] < 0.1)


def test_a_place_is_ranked_alone(harmony, finished):
    run, _ = finished
    asked = ("rank", run, "-v", "insecure", "--level", "Yes", "--within", "Port Linnet City")
    found = harmony.json(*asked)
    assert 1 < len(found["ranks"]) < 60
    assert all("Port Linnet" in row["name"] for row in found["ranks"])


def test_all_levels_at_once_are_not_ranked(harmony, finished):
    run, _ = finished
    assert "Name one level" in harmony("rank", run, "-v", "insecure", code=2).stderr
