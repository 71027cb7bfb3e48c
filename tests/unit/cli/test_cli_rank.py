"""`harmony rank`."""


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
    text = harmony("rank", run, "-v", "insecure", "--level", "Yes").stdout
    assert "All ranks lie within their bounds at once with 90 % confidence." in text
    assert "Surely among the 10 highest" in text


def test_all_levels_at_once_are_not_ranked(harmony, finished):
    run, _ = finished
    assert "Name one level" in harmony("rank", run, "-v", "insecure", code=2).stderr
