"""Transferring published harmonies to another vintage yields what people published for it."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.vintages.transferring import Vintages, transfer_to_vintage
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys import SurveyId

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from benchmark_transferring import judge, table
from support.published import read_published


@pytest.mark.slow
def test_most_of_what_was_published_is_found_and_what_is_wrong_looks_uncertain(shared_data):
    """All surveys, each pair transferred to its neighbouring vintages.

    What is wrong but looks sure holds unchanged, and people grouped the same labels differently in
    the other year; no rule can know which of the two years is meant.
    """
    published = read_published(shared_data)
    counts = table(judge(published.dictionaries, published.sets))
    found = sum(counts.values(), Counter())
    total = found.total()
    right = sum(times for (_, outcome), times in found.items() if outcome == "right")
    sure = Counter({key: times for key, times in found.items() if key[0].endswith(" sure")})
    assert total > 1400
    assert right / total >= 0.91
    assert found["impossible", "impossible"] <= 0.005 * total
    assert sure["identical sure", "wrong"] + sure["proposed sure", "wrong"] <= 0.04 * sure.total()
    assert sure["proposed sure", "wrong"] <= 5
    for name, family in counts.items():
        if "→" not in name:  # from one donor vintage to another the questions differ
            certain = sum(times for (kind, _), times in family.items() if kind.endswith(" sure"))
            assert certain / family.total() >= 0.75


@pytest.fixture(scope="module")
def dictionaries(shared_data):
    folder = shared_data / "dictionaries"
    return {
        name: read_fusiondata_dictionary(
            folder / f"{name}_H.parquet", folder / f"{name}_P.parquet"
        ).dictionary
        for name in ("CEI_2015-2019", "ACS_2017", "ACS_2018", "ACS_2019")
    }


def weeks_worked(shared_data, dictionaries, before, after):
    """Transfer the CEI's weeks worked from one ACS vintage to another."""
    donor = dictionaries["CEI_2015-2019"]
    old, new = (dictionaries[f"ACS_{year}"] for year in (before, after))
    path = shared_data / "harmonies" / "r" / f"CEI_2015-2019__ACS_{before}.R"
    source = read_harmonies(path, donor=donor, recipient=old).harmony_set
    target = SurveyPair(source.pair.donor, SurveyId("ACS", after))
    transfer = transfer_to_vintage(
        source, target, donor=Vintages(donor, donor), recipient=Vintages(old, new)
    )
    return next(item for item in transfer.harmonies if item.key.startswith("incweek1__"))


def test_weeks_worked_as_a_number_become_brackets(shared_data, dictionaries):
    """The Census Bureau published weeks worked in brackets (wkw) until 2018, then also as a number."""
    assert dictionaries["ACS_2018"]["wkw"].is_categorical
    assert not dictionaries["ACS_2019"]["wkwn"].is_categorical
    weeks = weeks_worked(shared_data, dictionaries, "2019", "2018")
    assert weeks.status == "proposed"
    assert not weeks.is_sure
    assert weeks.harmony.recipient.variable == "wkw"
    assert weeks.harmony.donor.breakpoints == (14, 27, 40, 48, 50)
    codes = [item.group for item in weeks.harmony.recipient.levels]
    assert codes == [None, 6, 5, 4, 3, 2, 1]  # who did not work is left to a person


def test_weeks_worked_in_brackets_become_numbers_on_both_sides(shared_data, dictionaries):
    """The donor had been binned only because the recipient had brackets."""
    weeks = weeks_worked(shared_data, dictionaries, "2017", "2019")
    assert weeks.status == "proposed"
    assert not weeks.is_sure
    assert weeks.harmony.recipient.variable == "wkwn"
    assert not weeks.harmony.donor.is_grouped
    assert not weeks.harmony.recipient.is_grouped
