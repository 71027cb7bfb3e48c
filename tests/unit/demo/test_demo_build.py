"""The demo workspace: complete, synthetic, reproducible."""

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.apply import harmonize_pair
from fusion_core.harmony.similarity import similarity
from fusion_core.ingest.demo import (
    DONOR,
    RECIPIENT,
    build_demo,
    ensure_demo,
    exercises,
    ready_made,
)
from fusion_core.workspace.layout import Workspace


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return build_demo(tmp_path_factory.mktemp("demo") / "workspace", quick=True)


def test_everything_says_that_it_is_synthetic(demo):
    assert demo.synthetic
    assert Workspace.open(demo.path).synthetic
    assert "synthetic" in demo.title
    for survey in demo.survey_ids():
        description = demo.describe(survey)
        assert description.synthetic
        assert description.title.startswith("Synthetic")


def test_keys_are_unique_and_tables_are_sorted(demo):
    recipient = demo.survey(RECIPIENT)
    for table in (recipient.household, demo.survey(DONOR).household):
        assert table["household_id"].is_unique
        assert table["household_id"].is_monotonic_increasing
    keys = recipient.person[["household_id", "person_number"]]
    assert not keys.duplicated().any()
    assert keys.equals(keys.sort_values(["household_id", "person_number"]))
    assert set(recipient.person["household_id"]) == set(recipient.household["household_id"])


def test_every_harmony_applies_and_the_two_surveys_agree(demo):
    harmonies = ready_made() + [exercise.solution for exercise in exercises()]
    pair = harmonize_pair(harmonies, demo.survey(DONOR), demo.survey(RECIPIENT))
    assert pair.failures == {}
    for harmony in harmonies:
        donor, recipient = pair.donor[harmony.key], pair.recipient[harmony.key]
        assert donor.dtype == recipient.dtype
        assert donor.notna().all()
        assert recipient.notna().all()
        score = similarity(donor, pair.donor["weight"], recipient, pair.recipient["weight"])
        assert score >= 0.9, harmony.key


def test_a_folder_with_other_work_is_refused(tmp_path):
    Workspace.create(tmp_path / "mine", title="Mine")
    with pytest.raises(InputError, match="not the demo"):
        build_demo(tmp_path / "mine", quick=True)


def test_a_current_demo_is_opened_not_rebuilt(demo):
    before = (demo.path / "demo.json").stat().st_mtime_ns
    ensure_demo(demo.path, quick=True)
    assert (demo.path / "demo.json").stat().st_mtime_ns == before
