"""A recode knows answers by label, by section and by range, whatever survey they come from."""

import json
from dataclasses import replace

import pytest

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.harmony.model import Harmony, LevelGroup, Side
from fusion_core.harmony.recodes import (
    Recode,
    RecodeShelf,
    name_from,
    read_recode,
    recode_of_side,
    recode_record,
    standard_recodes,
    updated,
)


def levels(**groups):
    return tuple(LevelGroup(label.replace("_", " "), group) for label, group in groups.items())


SCHOOL = Recode(
    name="school-2",
    title="School, two classes",
    groups=((1, "no diploma"), (2, "diploma")),
    levels=levels(Grade_11=1, Regular_diploma=2),
    ordered=True,
)


def test_an_answer_is_known_by_its_label_whatever_its_case_and_punctuation():
    assert SCHOOL.group_of("Regular diploma") == 2
    assert SCHOOL.group_of("REGULAR-DIPLOMA.") == 2
    assert SCHOOL.group_of("Doctorate") is None


def test_an_answer_is_known_by_the_section_it_stands_in():
    jobs = Recode(
        name="jobs",
        title="Jobs",
        groups=((1, "managers"), (2, "financial managers")),
        prefixes=(LevelGroup("MGR", 1), LevelGroup("MGR-Financial", 2)),
    )
    assert jobs.group_of("MGR-Sales Managers") == 1
    assert jobs.group_of("mgr-financial managers") == 2
    assert jobs.group_of("MGRS of something else") is None


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("under 5", 1),
        ("17 years", 1),
        ("65 years or older", 2),
        ("10 to 30 years", None),
        ("Refused", None),
    ],
)
def test_a_range_is_known_where_it_lies_in_one_bin(label, group):
    ages = Recode("age-2", "Age", ((1, "child"), (2, "adult")), breakpoints=(18,), bins=(1, 2))
    assert ages.group_of(label) == group


def test_the_grouping_of_a_side_becomes_a_recode_with_the_names_of_its_groups():
    harmony = Harmony(
        Side("educ", levels=levels(Low=1, High=2)),
        Side("schl", levels=levels(Grade_1=1, Grade_2=1, Diploma=2, Unclear=None)),
        group_names=((1, "no diploma"),),
        ordered=True,
    )
    recode = recode_of_side(harmony, "recipient", name="school", title=" School ")
    assert recode.groups == ((1, "no diploma"), (2, "Diploma"))
    assert [item.level for item in recode.levels] == ["Grade 1", "Grade 2", "Diploma"]
    assert (recode.title, recode.ordered) == ("School", True)


def test_bins_become_a_recode_of_a_number():
    side = Side("agep", breakpoints=(18,), levels=levels(under_18=1, **{"18_or_more": 2}))
    recode = recode_of_side(Harmony(side, side), "donor", name="age", title="Age")
    assert (recode.breakpoints, recode.bins, recode.levels) == ((18,), (1, 2), ())


def test_a_side_without_groups_is_no_recode():
    side = Side("agep")
    with pytest.raises(InputError, match="no groups to save"):
        recode_of_side(Harmony(side, side), "donor", name="age", title="Age")


def test_an_update_keeps_answers_of_other_surveys_whose_group_still_exists():
    after = Recode("school-2", "School", ((1, "no"), (3, "yes")), levels=levels(Doctorate=3))
    found = updated(SCHOOL, after)
    assert {item.level: item.group for item in found.levels} == {"Doctorate": 3, "Grade 11": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Not a name"}, "cannot be the name"),
        ({"groups": ()}, "no groups"),
        ({"breakpoints": (1, 2), "bins": (1,)}, "make 3 bins"),
        ({"levels": levels(Grade_1=7)}, "Group 7 is used but not listed"),
    ],
)
def test_what_could_not_be_used_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        replace(SCHOOL, **change)


def test_a_recode_is_written_and_read_as_it_is():
    for recode in (SCHOOL, *standard_recodes().values()):
        written = json.loads(json.dumps(recode_record(recode)))
        assert read_recode(written, where="a file") == recode


def test_a_title_becomes_a_name():
    assert name_from("Education, 5 classes (B15003)") == "education-5-classes-b15003"


@pytest.mark.parametrize("recode", standard_recodes().values(), ids=standard_recodes())
def test_every_standard_recode_names_its_source_and_fills_its_groups(recode):
    used = {item.group for item in (*recode.levels, *recode.prefixes)} | {*recode.bins}
    assert used == {code for code, _ in recode.groups}
    assert recode.source


class TestShelf:
    def test_a_saved_recode_is_there_beside_the_standard_ones(self, tmp_path):
        shelf = RecodeShelf(tmp_path)
        saved = shelf.save(SCHOOL, author="ann")
        assert (saved.revision, saved.author) == (1, "ann")
        assert shelf.get("school-2") == saved
        assert {"school-2", "education-5"} <= {item.name for item in shelf.all()}

    def test_a_changed_standard_recode_wins_until_it_is_removed(self, tmp_path):
        shelf = RecodeShelf(tmp_path)
        standard = shelf.get("tenure-2")
        shelf.save(standard, author="ann")
        assert not shelf.get("tenure-2").is_standard
        shelf.remove("tenure-2")
        assert shelf.get("tenure-2") == standard

    def test_revisions_go_on_after_a_removal_and_stay_in_the_history(self, tmp_path):
        shelf = RecodeShelf(tmp_path)
        shelf.save(SCHOOL, author="ann")
        shelf.remove("school-2")
        assert shelf.save(SCHOOL, author="bob").revision == 2
        assert [item.author for item in shelf.history("school-2")] == ["ann", "bob"]

    def test_two_people_do_not_overwrite_each_other(self, tmp_path):
        shelf = RecodeShelf(tmp_path)
        first = shelf.save(SCHOOL, author="ann")
        shelf.save(first, author="bob")
        with pytest.raises(ConflictError, match="bob saved revision 2"):
            shelf.save(first, author="ann")

    def test_an_unknown_name_tells_the_nearest(self, tmp_path):
        with pytest.raises(InputError, match="education-5"):
            RecodeShelf(tmp_path).get("educaton-5")

    def test_a_standard_recode_cannot_be_removed(self, tmp_path):
        with pytest.raises(InputError, match="ships with the program"):
            RecodeShelf(tmp_path).remove("education-5")

    def test_a_damaged_file_is_named(self, tmp_path):
        RecodeShelf(tmp_path).save(SCHOOL, author="ann")
        path = next(tmp_path.rglob("school-2.json"))
        path.write_text('{"format": 1, "name": "school-2", "titel": "x"}')
        with pytest.raises(CorruptFileError, match="titel"):
            RecodeShelf(tmp_path).get("school-2")
