import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic


@pytest.mark.parametrize(
    ("text", "statistic"),
    [
        ("mean:electricity", Statistic("mean", "electricity")),
        ("share:aircon", Statistic("share", "aircon")),
        ("share:aircon=Central, old", Statistic("share", "aircon", level="Central, old")),
        ("share_above:cost>10.5", Statistic("share_above", "cost", threshold=10.5)),
        ("share_below:cost<10.5", Statistic("share_below", "cost", threshold=10.5)),
        ("count:cost>10", Statistic("count", "cost", threshold=10)),
        ("count:", Statistic("count")),
        ("ratio:cost/income", Statistic("ratio", "cost", denominator="income")),
        ("quantile:cost@0.9", Statistic("quantile", "cost", probability=0.9)),
        ("share:fuel=oil/kerosene", Statistic("share", "fuel", level="oil/kerosene")),
    ],
)
def test_the_short_form_is_read(text, statistic):
    assert Statistic.parse(text) == statistic


@pytest.mark.parametrize(
    "text",
    [
        "electricity",
        "average:cost",
        "share_above:cost>much",
        "quantile:cost",
        "mean:",
        "share_above:cost<10",
        "share_below:cost>10",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InputError):
        Statistic.parse(text)


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": "mean", "variable": "cost", "level": "high"},
        {"kind": "mean", "variable": "cost", "threshold": 1.0},
        {"kind": "ratio", "variable": "cost"},
        {"kind": "share_above", "variable": "cost"},
        {"kind": "share_below", "variable": "cost"},
        {"kind": "quantile", "variable": "cost", "probability": 1.0},
        {"kind": "count", "variable": "cost", "level": "high", "threshold": 1.0},
        {"kind": "mode", "variable": "cost"},
    ],
)
def test_parts_must_suit_the_kind(parts):
    with pytest.raises(InputError):
        Statistic(**parts)


@pytest.mark.parametrize(
    ("statistic", "label"),
    [
        (Statistic("mean", "cost"), "mean of cost"),
        (Statistic("count"), "number of households"),
        (Statistic("share", "fuel", level="oil"), "share with fuel = oil"),
        (Statistic("share_above", "cost", threshold=1000), "share with cost above 1000"),
        (Statistic("share_below", "cost", threshold=1000), "share with cost below 1000"),
        (Statistic("quantile", "cost", probability=0.9), "90 % quantile of cost"),
        (Statistic("ratio", "cost", denominator="income"), "ratio of cost to income"),
    ],
)
def test_it_says_what_it_is(statistic, label):
    assert statistic.label == label
