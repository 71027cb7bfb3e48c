"""harmony prices: spending made of local prices repeats them; spending without place does not."""

import pytest


@pytest.fixture(scope="module")
def costs(harmony, finished):
    run = finished[0]
    for name, expression in (
        ("local_cost", 'share_heat * "energy.price" / 100'),
        ("flat_cost", "share_heat * 0.14"),
    ):
        harmony("outcome", run, name, "--expression", expression)
    yield run
    for name in ("local_cost", "flat_cost"):
        harmony("outcome", run, name, "--remove")


def asked(harmony, run, spending):
    return harmony.json(
        "prices", run, "--spending", spending, "--use", "share_heat", "--price", "energy.price"
    )


def test_local_prices_are_matched_where_they_are_used(harmony, costs):
    found = asked(harmony, costs, "local_cost")
    assert found["slope"] == pytest.approx(1, abs=1e-6)
    assert found["correlation"] == pytest.approx(1, abs=1e-6)
    assert all(row["agrees"] for row in found["prices"])


def test_one_price_for_everybody_flattens_them_away(harmony, costs):
    assert asked(harmony, costs, "flat_cost")["slope"] == pytest.approx(0, abs=1e-6)
    shown = harmony(
        "prices", costs, "--spending", "flat_cost", "--use", "share_heat", "--price", "energy.price"
    ).stdout
    assert "those implied differ by" in shown


def test_an_unknown_price_column_is_named(harmony, costs):
    arguments = ("--spending", "flat_cost", "--use", "share_heat", "--price", "energy.prize")
    assert "Did you mean" in harmony("prices", costs, *arguments, code=2).stderr
