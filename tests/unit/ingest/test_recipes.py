"""The choices of an import are kept in a small file that people read and the program reads back."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.ingest.generic import Choices, parse_missing
from fusion_core.ingest.readers import READERS
from fusion_core.ingest.recipes import (
    Recipe,
    example_recipe,
    read_recipe,
    recipe_text,
    write_recipe,
)

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
NAMES = TEXTS.filter(bool)
CHOICES = st.builds(
    Choices,
    key=TEXTS,
    weight=TEXTS,
    person_weight=TEXTS,
    replicates=st.lists(NAMES, max_size=3).map(tuple),
    design=TEXTS,
    missing=st.dictionaries(NAMES, st.lists(TEXTS, max_size=3).map(tuple), max_size=3),
    left_out=st.lists(NAMES, max_size=3).map(tuple),
    geography=st.none() | st.lists(NAMES, max_size=3).map(tuple),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    decimal=st.sampled_from(["", ".", ","]),
    sheet=TEXTS,
    header_row=st.integers(0, 99),
    person_sheet=TEXTS,
    renamed=st.dictionaries(NAMES, NAMES, max_size=3),
    types=st.dictionaries(NAMES, NAMES, max_size=3),
    person_number=TEXTS,
)


def test_every_choice_can_be_kept(tmp_path):
    texts = {"header_row": 3, "replicates": ("a", "b"), "left_out": ("c",), "geography": ("d",)}
    texts |= {"missing": {"e": ("-1",)}, "renamed": {"f": "g"}, "types": {"g": "text"}}
    texts |= {"implied_decimals": {"h": "2"}}
    names = {field.name: field.name for field in dataclasses.fields(Choices)}
    recipe = Recipe(choices=Choices(**(names | texts)))
    write_recipe(recipe, tmp_path)
    assert read_recipe(tmp_path / "recipe.toml") == recipe


@given(TEXTS, TEXTS, CHOICES)
def test_a_recipe_is_read_back_as_it_was_written(tmp_path_factory, name, title, choices):
    recipe = Recipe("generic", name, title, choices)
    folder = tmp_path_factory.mktemp("recipe")
    write_recipe(recipe, folder)
    assert read_recipe(folder / "recipe.toml") == recipe


def test_a_recipe_says_only_what_was_chosen_in_words_people_read():
    choices = Choices(weight="HHWT", design="sdr", missing={"RENT": ("-6", "-9"), "AGE": ()})
    assert recipe_text(Recipe(name="AHS", choices=choices)).splitlines()[1:] == [
        'reader = "generic"',
        'name = "AHS"',
        'weight = "HHWT"',
        'design = "sdr"',
        "",
        "[missing]",
        'RENT = ["-6", "-9"]',
        "AGE = []",
    ]


def test_numbers_written_by_hand_are_codes(tmp_path):
    (tmp_path / "r.toml").write_text("[missing]\nRENT = [-6, -9]\n")
    assert read_recipe(tmp_path / "r.toml").choices.missing == {"RENT": ("-6", "-9")}


def test_one_text_written_by_hand_is_a_list_of_one(tmp_path):
    (tmp_path / "r.toml").write_text("replicates = 'REPWT'\n[missing]\nRENT = -6\n")
    choices = read_recipe(tmp_path / "r.toml").choices
    assert choices == Choices(replicates=("REPWT",), missing={"RENT": ("-6",)})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("weight = ", "The recipe is not TOML"),
        ("wieght = 'x'", "There is no entry 'wieght'.*Did you mean 'weight'"),
        ("weight = 3", "The entry 'weight' cannot be 3"),
        ("weight = ['a']", "The entry 'weight' cannot be"),
        ("header_row = true", "The entry 'header_row' cannot be"),
        ("header_row = '3'", "The entry 'header_row' cannot be"),
        ("missing = 'RENT'", "The entry 'missing' cannot be"),
        ("[missing]\nRENT = {a = 1}", "The entry 'missing.RENT' cannot be"),
        ("name = 2020", "The entry 'name' cannot be 2020"),
    ],
)
def test_a_wrong_recipe_is_refused_in_a_sentence(tmp_path, text, sentence):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_recipe(tmp_path / "r.toml")


def test_a_recipe_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read.*none\.toml"):
        read_recipe(tmp_path / "none.toml")


def test_missing_codes_are_read_as_people_write_them():
    assert parse_missing(["RENT=-6, -9", " AGE = ", ""]) == {"RENT": ("-6", "-9"), "AGE": ()}


@pytest.mark.parametrize("text", ["RENT", "=-6", "RENT -6"])
def test_missing_codes_of_no_column_are_refused(text):
    with pytest.raises(InputError, match="does not say which codes of which column"):
        parse_missing([text])


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.key)
def test_every_reader_has_an_example_that_is_read_back_and_names_its_files(reader, tmp_path):
    text = example_recipe(reader)
    (tmp_path / "example.toml").write_text(text, encoding="utf-8")
    assert read_recipe(tmp_path / "example.toml") == Recipe(reader.key, reader.name)
    assert all(f"{slot.title}" in text for slot in reader.slots)
    assert f"--recipe {reader.key}.toml" in text


def test_what_the_example_of_the_generic_reader_suggests_can_be_said(tmp_path):
    head, pattern = example_recipe(READERS[0]).split("such as:\n")
    (tmp_path / "mine.toml").write_text(head + "\n" + pattern.replace("# ", ""))
    choices = read_recipe(tmp_path / "mine.toml").choices
    assert (choices.key, choices.design) == ("HHID", "sdr")
    assert choices.missing == {"RENT": ("-6", "-9")}
