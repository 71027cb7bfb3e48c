"""What public objects say of themselves fits on a screen, whatever they hold."""

import html
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fusion_core
from fusion_core.errors import InputError
from fusion_core.estimates import DonorSample, Statistic, compare
from fusion_core.fusion import (
    FusedVariable,
    Implicates,
    TrainSettings,
    fuse,
    open_implicates,
    train,
    write_implicates,
)
from fusion_core.harmony.apply import HarmonizedPair
from fusion_core.harmony.model import Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.prepare import PreparedInput
from fusion_core.summaries import Summarized, counted
from fusion_core.surveys import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
    WeightDesign,
    write_survey,
)
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.validation import ExternalComparison, validate
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import Run, RunSpec, create_run

LIMIT = 2_000
MANY = 300
LONG = "a very long <name> & more " * 40
FAST = TrainSettings.preset("quick").replace(folds=0, leaves=(4,), maximum_trees=3)


def wide_survey() -> Survey:
    answers = [Variable(f"v{i}", LONG, levels=tuple(map(str, range(200)))) for i in range(MANY)]
    description = SurveyDescription(
        SurveyId("RECS", "2015"),
        title=LONG,
        source=LONG,
        synthetic=True,
        design=WeightDesign.fay(96),
        geography=("region", "division") * 30,
        notes=(LONG,) * 50,
    )
    keys = Variable("household_id", role="key"), Variable("weight", role="weight")
    household = pd.DataFrame({"household_id": [1, 2], "weight": [1.0, 2.0]})
    columns = {f"v{i}": pd.Categorical(["1", "2"], list(map(str, range(200)))) for i in range(MANY)}
    weights = {name: [1.0, 2.0] for name in description.design.columns}
    keys += tuple(Variable(name, role="replicate weight") for name in weights)
    household = household.assign(**weights, **columns)
    return Survey(description, Dictionary([*keys, *answers]), household)


def donors(rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    fused = {f"kwh_{i}": draw.random(rows).round(2) for i in range(8)}
    return pd.DataFrame(
        {
            "tenure": pd.Categorical(draw.choice(["own", "rent"], rows)),
            **{f"x{i}": draw.random(rows) for i in range(30)},
            "nweight": draw.uniform(1, 3, rows),
            **fused,
        }
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> dict[str, Summarized]:
    """Every kind of public object, of a large example."""
    folder = tmp_path_factory.mktemp("summaries")
    donor, names = donors(200, 1), [f"kwh_{i}" for i in range(8)]
    model = train(
        donor,
        [names[:4], *names[4:]],
        ["tenure", *(f"x{i}" for i in range(30))],
        weight="nweight",
        donor_name="RECS 2015",
        seed=1,
        settings=FAST,
    )
    implicates = fuse(donor, model, m=3, seed=1)
    write_implicates(implicates, folder / "implicates")
    survey = wide_survey()
    write_survey(survey, folder / "survey")
    levels = tuple(LevelGroup(f"{LONG} {i}", i % 70 + 1) for i in range(400))
    side = Side("numchild", "person", adjustment=LONG, levels=levels, universe=LONG)
    names_of_groups = tuple((float(code), f"{LONG} {code}") for code in range(1, 71))
    harmony = Harmony(
        side, side, group_names=names_of_groups, comment=LONG, revision=3, author="ann"
    )
    pair = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
    workspace = Workspace.create(folder / "workspace", title=LONG, synthetic=True)
    spec = RunSpec("winter", pair, (tuple(names[:4]), *names[4:]))
    columns = {"predictor": ["a"], "source": ["harmony"], "kept": [True], "problem": [""]}
    frame = pd.DataFrame(columns)
    objects = [
        survey,
        survey.description,
        survey.dictionary,
        StoredSurvey.open(folder / "survey"),
        side,
        harmony,
        HarmonySet(pair, (harmony,) * 200),
        HarmonizedPair(donor, donor, dict.fromkeys("abcdefgh", InputError(LONG)), tuple(names)),
        model,
        model.steps[0],
        model.steps[0].pool,
        model.steps[0].variables[0],
        implicates,
        implicates["kwh_0"],
        open_implicates(folder / "implicates"),
        validate(donor, implicates, ["tenure"]),
        DonorSample.of(model, donor, donor),
        compare(
            implicates,
            Statistic("mean", "kwh_0"),
            {"tenure": "own"},
            {"tenure": "rent"},
            recipient=donor,
            weight="nweight",
        ),
        workspace,
        spec,
        create_run(workspace, spec),
        PreparedInput(donor, donor, frame, WeightDesign(), WeightDesign(), (LONG,) * 50),
        ExternalComparison(frame, 1.0, 1.0, 1.0, 0.0, 1.0, tuple("abc"), ()),
    ]
    return {type(item).__name__: item for item in objects}


def test_every_public_object_is_shown_in_a_few_lines(shown):
    for name, item in shown.items():
        text = repr(item)
        assert len(text) < LIMIT, name
        assert len(text.splitlines()) <= 12, name
        assert text.startswith(f"<{name}"), text


def test_every_public_class_that_holds_much_is_among_them(shown):
    classes = [getattr(fusion_core, name) for name in fusion_core.__all__]
    large = {kind.__name__ for kind in classes if isinstance(kind, type)} - {
        "HarmonyError",
        "InputError",
        "HarmonyStore",
        "Statistic",
        "SurveyId",
        "SurveyPair",
        "TrainSettings",
        "Variable",
        "WeightDesign",
    }
    assert large <= set(shown)


class Outline(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags |= {tag, *(name for name, _ in attrs)}

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_the_same_facts_as_a_table_of_plain_text(shown):
    for name, item in shown.items():
        page = item._repr_html_()
        outline = Outline()
        outline.feed(page)
        assert outline.tags <= {"table", "caption", "tr", "th", "td", "style"}, name
        assert len(page) < 2 * LIMIT
        for line in repr(item).splitlines()[1:]:
            assert line.split("  ")[-1].strip() in outline.text, name


def test_a_model_and_its_implicates_name_donor_and_weight(shown):
    for name in ("FusionModel", "Implicates", "ImplicateFolder"):
        assert "RECS 2015" in repr(shown[name])
        assert "nweight" in repr(shown[name])


def test_a_model_is_shown_like_this(shown):
    assert repr(shown["FusionModel"]).splitlines() == [
        "<FusionModel of RECS 2015>",
        "  predictors       31: tenure, x0, x1, x2, x3, x4, …",
        "  fused variables  5: kwh_0 + kwh_1 + kwh_2 +…, kwh_4, kwh_5, kwh_6, kwh_7",
        "  donors           200, weighted by nweight",
        "  method           out-of-fold",
        "  seed             1",
    ]


def test_numbers_take_the_noun_they_need():
    assert counted(1, "household") == "1 household"
    assert counted(2_000, "household") == "2,000 households"
    assert counted(0, "draw") == "0 draws"


def test_objects_without_anything_are_shown_too():
    assert repr(Implicates({})).startswith("<Implicates of 0 fused variables>")
    empty = FusedVariable("a", np.empty((0, 0)))
    assert "households  0" in repr(empty)
    assert html.escape("<b>") in Workspace(Path("x"), "<b>")._repr_html_()
    assert repr(Run("id", Path("x"))) == "<Run id>\n  folder  x"
