"""What a notebook imports: documented names, one rule for weights, one sentence for each mistake."""

import inspect
import json
import pkgutil
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fusion_core
from fusion_core import (
    Dictionary,
    DonorSample,
    FusionModel,
    Harmony,
    HarmonySet,
    Implicates,
    Statistic,
    SurveyId,
    SurveyPair,
    TrainSettings,
    Variable,
    WeightDesign,
    analyze,
    compare,
    compare_external,
    export_implicates,
    fuse,
    fuse_out_of_fold,
    impute,
    open_implicates,
    read_implicates,
    score_variables,
    survey_estimates,
    train,
    validate,
    write_implicates,
)
from fusion_core.errors import HarmonyError, InputError
from fusion_core.fusion.model import files

FAST = TrainSettings.preset("quick").replace(folds=0, leaves=(4,), maximum_trees=3)
MEAN = Statistic("mean", "energy")
ROWS = 120


def households(seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "tenure": pd.Categorical(draw.choice(["own", "rent"], ROWS)),
            "rooms": draw.integers(1, 9, ROWS),
            "nweight": draw.uniform(1, 5, ROWS),
            "energy": draw.normal(10, 2, ROWS).round(1),
        }
    )


def trained(weight: str | None = "nweight") -> FusionModel:
    return train(
        households(), ["energy"], ["tenure", "rooms"], weight=weight, seed=1, settings=FAST
    )


@pytest.fixture(scope="module")
def model() -> FusionModel:
    return trained()


@pytest.fixture(scope="module")
def implicates(model) -> Implicates:
    return fuse(households(), model, m=3, seed=1)


# --- The names -------------------------------------------------------------------------------


def test_a_star_import_gives_the_public_surface():
    names: dict[str, Any] = {}
    exec("from fusion_core import *", names)  # noqa: S102 - a fixed text
    assert set(fusion_core.__all__) <= set(names)
    assert all(names[name] is getattr(fusion_core, name) for name in fusion_core.__all__)


def test_the_rooms_give_what_they_name():
    names: dict[str, Any] = {}
    exec("from fusion_core.fusion import *", names)  # noqa: S102 - a fixed text
    assert {"train", "shared_streams"} <= set(names)


def test_no_public_name_is_hidden_by_a_part_of_the_engine():
    parts = {path.stem for path in Path(fusion_core.__file__).parent.iterdir()}
    assert not parts & set(fusion_core.__all__)


def test_importing_the_package_loads_no_library():
    code = "import sys, fusion_core; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "pyarrow", "lightgbm", "scipy", "sklearn", "numba"}
    assert not heavy & set(found.stdout.split())


def documented() -> list[tuple[str, Any]]:
    found = []
    for name in fusion_core.__all__:
        item = getattr(fusion_core, name)
        found.append((name, item))
        if isinstance(item, type):
            methods = ((key, getattr(item, key)) for key in vars(item) if not key.startswith("_"))
            found += [(f"{name}.{key}", one) for key, one in methods if inspect.isroutine(one)]
    return found


@pytest.mark.parametrize(("name", "item"), documented(), ids=[name for name, _ in documented()])
def test_every_public_name_is_documented(name, item):
    text = inspect.getdoc(item)
    assert text, name
    assert text.splitlines()[0].rstrip().endswith((".", ":")), name
    if "." in name or isinstance(item, type):
        return
    wanted = set(inspect.signature(item).parameters)
    section = re.search(r"Parameters\n-+\n(.*?)(\n\n[A-Z]\w+\n-+\n|$)", text, re.DOTALL)
    heads = re.findall(r"^(\w[\w, *]*)$", section.group(1), re.MULTILINE) if section else []
    told = {one.strip(" *") for head in heads for one in head.split(",")}
    assert wanted <= told, f"{name} does not say what {wanted - told} are"


# --- Weights ---------------------------------------------------------------------------------


def test_a_model_remembers_its_weight_through_disk_and_implicates(model, implicates, tmp_path):
    model.save(tmp_path / "model.zip")
    again = FusionModel.load(tmp_path / "model.zip")
    assert model.weight == again.weight == implicates.weight == "nweight"
    write_implicates(implicates, tmp_path / "implicates")
    assert open_implicates(tmp_path / "implicates").weight == "nweight"
    assert read_implicates(tmp_path / "implicates").slice(0, 5).weight == "nweight"
    unweighted = trained(None)
    assert unweighted.weight == ""
    assert "Unweighted: every donor counts once." in unweighted.notes


def test_models_and_implicates_of_earlier_versions_do_not_know_their_weight(
    model, implicates, tmp_path, monkeypatch
):
    record = files._record
    monkeypatch.setattr(
        files,
        "_record",
        lambda given: {key: value for key, value in record(given).items() if key != "weight"},
    )
    model.save(tmp_path / "model")
    assert FusionModel.load(tmp_path / "model").weight is None
    write_implicates(implicates, tmp_path / "implicates")
    manifest = tmp_path / "implicates" / "implicates.json"
    written = json.loads(manifest.read_text(encoding="utf-8"))
    del written["weight"], written["donor"]
    manifest.write_text(json.dumps(written), encoding="utf-8")
    earlier = read_implicates(tmp_path / "implicates")
    assert (earlier.weight, earlier.donor) == (None, "")
    donor = households().rename(columns={"nweight": "weight"})
    found = validate(donor, earlier, ["tenure"])
    named = validate(donor, earlier, ["tenure"], weight="weight")
    pd.testing.assert_frame_equal(found.metrics, named.metrics)


def test_a_donor_sample_follows_from_the_model(model, implicates):
    donor = households()
    known = DonorSample.of(model, donor, donor)
    named = DonorSample.build(
        donor, donor, predictors=["tenure", "rooms"], variables=["energy"], weight="nweight"
    )
    np.testing.assert_array_equal(known.weights, named.weights)
    assert list(known.columns) == list(named.columns) == list(implicates.names)
    with pytest.warns(UserWarning, match="although the model was trained with the weight"):
        assert (DonorSample.of(model, donor, donor, weight=None).weights[:, 0] == 1).all()


def test_validation_and_scores_use_the_weight_of_the_training(implicates):
    donor = households()
    remembered = validate(donor, implicates, ["tenure"])
    named = validate(donor, implicates, ["tenure"], weight="nweight")
    pd.testing.assert_frame_equal(remembered.metrics, named.metrics)
    scores = score_variables(donor, implicates)
    given = score_variables(donor, implicates, donor["nweight"].to_numpy())
    pd.testing.assert_frame_equal(scores, given)
    pd.testing.assert_frame_equal(scores, score_variables(donor, implicates, "nweight"))


def test_going_unweighted_where_the_model_did_not_is_told(implicates):
    donor, told = households(), "although the model was trained with the weight 'nweight'"
    for call in (
        lambda: validate(donor, implicates, ["tenure"], weight=None),
        lambda: score_variables(donor, implicates, None),
    ):
        with pytest.warns(UserWarning, match=told) as caught:
            call()
        assert caught[0].filename == __file__
    for found in (
        analyze(implicates, MEAN),
        analyze(implicates, MEAN, recipient=donor, weight=None),
    ):
        assert found["assumption"].str.contains(told).all()
    groups = {"tenure": "own"}, {"tenure": "rent"}
    assert told in compare(implicates, MEAN, *groups, recipient=donor, weight=None).assumption
    alone = survey_estimates(donor, None, MEAN, weight=None)
    assert alone["assumption"].str.contains("Unweighted: every household counts once.").all()


def test_a_weighted_estimate_says_nothing_of_it(implicates):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analyze(implicates, MEAN, recipient=households(), weight="nweight")
        validate(households(), implicates, ["tenure"])
    assert not found["assumption"].str.contains("Unweighted").any()


def test_an_unweighted_model_is_validated_unweighted_without_a_word():
    donor = households()
    back = fuse(donor, trained(None), m=2, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = validate(donor, back, ["tenure"])
        pd.testing.assert_frame_equal(
            plain.metrics, validate(donor, back, ["tenure"], weight=None).metrics
        )


# --- Mistakes --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What an entry is called with."""

    table: Any
    model: FusionModel
    implicates: Implicates


Call = Callable[[Given], Any]
OWN, RENT = {"tenure": "own"}, {"tenure": "rent"}

# Each entry with a table in the place it is checked in.
ENTRIES: dict[str, Call] = {
    "train": lambda given: train(
        given.table, ["energy"], ["rooms"], weight="nweight", settings=FAST
    ),
    "fuse": lambda given: fuse(given.table, given.model, m=2),
    "fuse_out_of_fold": lambda given: fuse_out_of_fold(
        given.table, ["energy"], ["rooms"], weight="nweight", m=2, settings=FAST, folds=2
    ),
    "impute": lambda given: impute(given.table, weight="nweight", settings=FAST),
    "analyze": lambda given: analyze(
        given.implicates, MEAN, by="rooms", recipient=given.table, weight="nweight"
    ),
    "compare": lambda given: compare(
        given.implicates, MEAN, OWN, RENT, recipient=given.table, weight="nweight"
    ),
    "survey_estimates": lambda given: survey_estimates(given.table, None, MEAN, weight="nweight"),
    "DonorSample.of, donor": lambda given: DonorSample.of(given.model, given.table, households()),
    "DonorSample.of, recipient": lambda given: DonorSample.of(
        given.model, households(), given.table
    ),
    "validate": lambda given: validate(given.table, given.implicates, ["tenure"]),
    "score_variables": lambda given: score_variables(given.table, given.implicates),
    "compare_external": lambda given: compare_external(
        given.table, given.table, area="tenure", value="energy"
    ),
}
USED = {
    "train": ("energy", "rooms", "nweight"),
    "fuse": ("rooms", "tenure"),
    "fuse_out_of_fold": ("energy", "rooms", "nweight"),
    "impute": ("nweight",),
    "analyze": ("rooms", "nweight"),
    "compare": ("tenure", "nweight"),
    "survey_estimates": ("energy", "nweight"),
    "DonorSample.of, donor": ("energy", "rooms", "nweight"),
    "DonorSample.of, recipient": ("rooms",),
    "validate": ("energy", "tenure", "nweight"),
    "score_variables": ("energy", "nweight"),
}


def refusal(call: Call, table: Any, model: FusionModel, implicates: Implicates) -> str:
    with pytest.raises(HarmonyError) as caught:
        call(Given(table, model, implicates))
    text = str(caught.value)
    assert text.endswith((".", "?"))
    assert "\n" not in text
    assert len(text) < 400
    return text


@pytest.mark.parametrize(
    ("entry", "column"), [(name, column) for name, columns in USED.items() for column in columns]
)
def test_a_missing_column_is_named_with_the_nearest(entry, column, model, implicates):
    table = households().rename(columns={column: f"{column}s"})
    text = refusal(ENTRIES[entry], table, model, implicates)
    assert f"'{column}'" in text
    assert f"Did you mean '{column}s'?" in text


@pytest.mark.parametrize("entry", [name for name, used in USED.items() if "nweight" in used])
def test_a_table_without_weights_is_refused_with_the_way_to_go_without(entry, model, implicates):
    table = households().drop(columns="nweight")
    text = refusal(ENTRIES[entry], table, model, implicates)
    assert "There is no weight column 'nweight'" in text
    assert "or give weight=None to count every row once" in text


@pytest.mark.parametrize("entry", [name for name in ENTRIES if name != "impute"])
def test_an_empty_table_is_refused(entry, model, implicates):
    refusal(ENTRIES[entry], households().iloc[:0], model, implicates)


@pytest.mark.parametrize(
    "table", [None, 5, "donor.csv", [1, 2], {"a": 1}, np.zeros((3, 2))], ids=repr
)
@pytest.mark.parametrize("entry", list(ENTRIES))
def test_what_is_no_table_is_refused(entry, table, model, implicates):
    if entry == "analyze" and table is None:
        pytest.skip("an estimate without a recipient is possible")
    text = refusal(ENTRIES[entry], table, model, implicates)
    assert "must be a table with named columns" in text


@pytest.mark.parametrize("entry", list(ENTRIES))
def test_a_table_stays_as_it_was_given(entry, model, implicates):
    table = households()
    table.loc[::5, "rooms"] = np.nan
    table.loc[1::5, "energy"] = np.nan
    before = table.copy()
    with warnings.catch_warnings(), suppress(HarmonyError):
        warnings.simplefilter("ignore")
        ENTRIES[entry](Given(table, model, implicates))
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("other", [None, 5, "model", {}], ids=repr)
def test_what_is_no_model_and_no_implicates_is_refused(other, tmp_path):
    table = households()
    for call in (
        lambda: fuse(table, other),
        lambda: DonorSample.of(other, table, table),
        lambda: analyze(other, MEAN, recipient=table, weight="nweight"),
        lambda: validate(table, other, ["tenure"]),
        lambda: score_variables(table, other),
        lambda: write_implicates(other, tmp_path / "x"),
        lambda: export_implicates(other, tmp_path / "x.parquet"),
    ):
        with pytest.raises(InputError, match="must be"):
            call()


PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
# What reads and writes, called with a folder or object of the wrong kind.
WRONG: dict[str, Callable[[Any], Any]] = {
    "read_survey": fusion_core.read_survey,
    "read_dictionary": fusion_core.read_dictionary,
    "write_survey": lambda other: fusion_core.write_survey(other, "folder"),
    "StoredSurvey.open": fusion_core.StoredSurvey.open,
    "read_prepared": fusion_core.read_prepared,
    "read_validation": fusion_core.read_validation,
    "write_validation": lambda other: fusion_core.write_validation(other, "folder"),
    "read_implicates": read_implicates,
    "open_implicates": open_implicates,
    "Workspace.open": fusion_core.Workspace.open,
    "Workspace.create": fusion_core.Workspace.create,
    "HarmonyStore": lambda other: fusion_core.HarmonyStore(other, PAIR),
    "HarmonyStore of a pair": lambda other: fusion_core.HarmonyStore("folder", other),
    "harmonize_pair": lambda other: fusion_core.harmonize_pair([], other, other),
    "FusionModel.load": FusionModel.load,
    "create_run": lambda other: fusion_core.create_run(other, other),
    "list_runs": fusion_core.list_runs,
    "execute_run": lambda other: fusion_core.execute_run(other, other),
    "start_run": lambda other: fusion_core.start_run(other, other),
    "run_status": lambda other: fusion_core.run_status(other, other),
}


@pytest.mark.parametrize("other", [None, 5, ["a"]], ids=repr)
@pytest.mark.parametrize("entry", list(WRONG))
def test_what_is_no_folder_survey_workspace_or_run_is_refused(entry, other):
    with pytest.raises(InputError, match="must be a"):
        WRONG[entry](other)


def public_records() -> list[type]:
    """Every dataclass that the package or one of its rooms names in `__all__`."""
    rooms = (
        import_module(module.name)
        for module in pkgutil.walk_packages(fusion_core.__path__, "fusion_core.")
        if module.ispkg
    )
    named = (
        getattr(room, name)
        for room in (fusion_core, *rooms)
        for name in getattr(room, "__all__", ())
    )
    found = {item for item in named if isinstance(item, type) and is_dataclass(item)}
    return sorted(found, key=lambda record: (record.__module__, record.__name__))


@pytest.mark.parametrize("given", [object(), b"", 1 + 2j], ids=["object", "bytes", "complex"])
@pytest.mark.parametrize("record", public_records(), ids=lambda record: record.__name__)
def test_a_record_refuses_what_no_field_can_hold(record, given):
    needed = [item.name for item in fields(record) if item.init]
    with pytest.raises(InputError) as caught:
        record(**dict.fromkeys(needed, given))
    text = str(caught.value)
    assert text.endswith((".", "?"))
    assert "\n" not in text
    assert any(name in text for name in needed) or record.__name__.lower() in text


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Harmony(1, 2), "'donor' must be a Side; got 1 (Harmony)"),
        (lambda: SurveyPair(1, 2), "'donor' must be a SurveyId; got 1 (SurveyPair)"),
        (lambda: HarmonySet(PAIR, ["tenure"]), "'harmonies' must be a tuple whose items are each"),
        (lambda: Implicates({"energy": 1}), "must be a mapping of a string to a FusedVariable"),
        (lambda: Variable("rooms", role="anwser"), "Did you mean 'answer'?"),
        (lambda: Variable("rooms", levels="own"), "a tuple whose items are each a string"),
        (lambda: WeightDesign("jackknife", True), "'replicates' must be a whole number; got True"),
        (lambda: Dictionary(["rooms"]), "'variables' must be a Variable; got a str"),
        (lambda: Dictionary(1), "'variables' must be"),
    ],
)
def test_a_record_says_which_field_must_hold_what(make, said):
    with pytest.raises(InputError) as caught:
        make()
    assert said in str(caught.value)


def test_a_record_takes_lists_for_tuples_and_numbers_of_any_library():
    made = Variable("rooms", levels=["few", "many"], missing_share=np.float32(0.5))
    assert made.levels == ("few", "many")
    assert WeightDesign("jackknife", np.int64(4), 1).replicates == 4


@pytest.mark.parametrize("name", ["n", "estimate", "moe", "variable", "statistic"])
def test_a_group_may_not_bear_the_name_of_a_result(name, implicates):
    table = households().rename(columns={"rooms": name})
    with pytest.raises(InputError, match=f"'{name}'"):
        analyze(implicates, MEAN, by=name, recipient=table, weight="nweight")
    with pytest.raises(InputError, match=f"'{name}'"):
        survey_estimates(table, None, MEAN, by=name, weight="nweight")


@pytest.mark.parametrize("name", ["row", "implicate"])
def test_a_fused_variable_may_not_bear_the_name_of_a_column_of_the_long_form(name, implicates):
    renamed = Implicates({name: implicates["energy"]})
    with pytest.raises(InputError, match=f"'{name}'"):
        renamed.long()
