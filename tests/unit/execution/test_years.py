"""The years between two surveys, in words."""

from fusion_core.execution.years import YearsApart


def apart(donor=(2017, 2017), recipient=(2024, 2024), **changes) -> YearsApart:
    return YearsApart("NHTS 2017", "ACS 2024", donor, recipient, **changes)


def test_the_gap_is_counted_between_the_nearest_years():
    assert apart().gap == 7
    assert apart((2015, 2015), (2015, 2019)).gap == 0
    assert apart((2020, 2020), (2015, 2019)).gap == 1
    assert apart((), (2019, 2019)).gap == 0


def test_without_a_gap_nothing_is_said():
    assert apart((2015, 2015), (2015, 2019)).sentences == []
    assert not apart((2015, 2015), (2015, 2019)).short


def test_the_gap_is_said_with_both_years():
    assert "NHTS 2017 answers stand for 2017" in apart().sentence
    assert "7 years lie between" in apart().sentence
    assert apart().short == "Answers of 2017, households of 2024: 7 years apart."
    one = apart((2018, 2018), (2019, 2023))
    assert one.short == "Answers of 2018, households of 2019–2023: 1 year apart."


def test_amounts_say_whose_dollars_they_are_and_what_these_were_worth():
    found = apart(donor_prices=2017, recipient_prices=2024, amounts=("bill",))
    assert "dollars of 2017" in found.short
    [text] = found.price_sentences
    assert "a dollar then is 1.28 dollars of 2024 (CPI-U" in text


def test_years_without_known_prices_are_not_converted():
    found = apart(donor_prices=1950, recipient_prices=2024, amounts=("bill",))
    assert found.price_ratio is None
    assert "a dollar then" not in found.price_sentences[0]


def test_converted_predictors_name_the_deflator():
    [text] = apart(deflated={"income__hincp": 2017}).price_sentences
    assert text.startswith("Predictors in dollars were converted: income__hincp to 2017 (CPI-U")
