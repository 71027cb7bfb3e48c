"""fusionData files: adjustments translated, oddities reported by name, and the way back to R."""

import json
from dataclasses import replace

import pytest

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.fusiondata import read_harmonies
from fusion_core.harmony.fusiondata_export import ExportContext, number_summary, write_harmonies
from fusion_core.harmony.model import DROP, Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.harmony.r_adjustments import Translation, to_r, translate_adjustment
from fusion_core.surveys import Dictionary, SurveyId, Variable

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
FILE = """
list(
  numchild__agep = list(
    RECS = list(groups = 1, levels = "Min: 0", breaks = "", adj = ""),
    ACS = list(groups = 1:0, levels = c("Less than 18", "18 or more"), breaks = 18, adj = "", agg = "sum"),
    ordered = "", comment = "Say \\"hi\\"", modified = "2021-07-03 12:10:17"),
  educ__schl = list(
    RECS = list(groups = 1:2, levels = c("Low", "High"), breaks = "", adj = ""),
    ACS = list(groups = c(1, 1, NA), levels = c("NIU", "Low", "Dorm"), breaks = "", agg = "",
      adj = "if_else(agep < 15, factor(\\"NIU\\", levels = c(\\"NIU\\", levels(schl))), factor(schl))"),
    ordered = TRUE, comment = "", modified = "")
)
"""


def imported(tmp_path, text=FILE, **dictionaries):
    path = tmp_path / f"{PAIR}.R"
    path.write_text(text, encoding="utf-8")
    return read_harmonies(path, **dictionaries)


def test_a_file_becomes_harmonies(tmp_path):
    result = imported(tmp_path)
    children = result.harmony_set.get("numchild__agep")
    assert result.pair == PAIR
    assert children == Harmony(
        Side("numchild"),
        Side(
            "agep", "person", breakpoints=(18,), aggregator="sum",
            levels=(LevelGroup("Less than 18", 1), LevelGroup("18 or more", 0)),
        ),
        comment='Say "hi"', modified="2021-07-03T12:10:17",
    )  # fmt: skip


def test_a_re_levelling_becomes_a_universe_and_na_drops_rows_and_both_are_reported(tmp_path):
    entry = imported(tmp_path).entries[1]
    assert entry.harmony.recipient == Side(
        "schl", levels=(LevelGroup("Low", 1), LevelGroup("Dorm", DROP)),
        universe="agep >= 15", outside_universe=1,
    )  # fmt: skip
    assert any("agep >= 15" in remark for remark in entry.remarks)
    assert any("'Dorm' are dropped" in remark for remark in entry.remarks)


def test_the_dictionary_decides_which_variables_belong_to_persons(tmp_path):
    recipient = Dictionary(
        [Variable("schl", respondent="person"), Variable("agep", respondent="person")]
    )
    result = imported(tmp_path, donor=Dictionary([]), recipient=recipient)
    assert result.harmony_set.get("educ__schl").recipient.respondent == "person"
    assert "The donor's dictionary has no variable 'educ'" in result.entries[1].remarks


@pytest.mark.parametrize(
    ("r", "sql"),
    [
        ("agep <= 17", "agep <= 17"),
        ("agep >= 18 & agep <=64", "agep >= 18 AND agep <= 64"),
        ("a == 1 | !(b != 2)", "a = 1 OR NOT ((b <> 2))"),
        ('ifelse(sex == "Female", 0, agep)', "CASE WHEN sex = 'Female' THEN 0 ELSE agep END"),
        ("if_else(x > 1, 'it\\'s', 'b')", "CASE WHEN x > 1 THEN 'it''s' ELSE 'b' END"),
        ("-x^2 * (a + b)", "-power(x, 2) * (a + b)"),
        ("is.na(x)", "x IS NULL"),
        ("pmin(x, 6) + log(y) + abs(z)", "least(x, 6) + ln(y) + abs(z)"),
        ('sex %in% c("a", "b")', "sex IN ('a', 'b')"),
        ("TRUE", "true"),
    ],
)
def test_adjustments_are_translated(r, sql):
    assert translate_adjustment(r, "y") == Translation(adjustment=sql)


@pytest.mark.parametrize(
    ("r", "universe", "label", "adds"),
    [
        ("if_else(agep >= 15, v, factor('None'))", "agep >= 15", "None", False),
        ("if_else(age != '15', v, factor('NIU', ordered = T, levels = levels(v)))", "age <> '15'", "NIU", False),
        ("if_else(a < 16 | a > 55, factor('NIU', levels = c('NIU', levels(v))), factor(v))",
         "a >= 16 AND a <= 55", "NIU", True),
        ("if_else(is.na(a), factor('NIU'), v)", "NOT (a IS NULL)", "NIU", False),
    ],
)  # fmt: skip
def test_re_levellings_become_universes(r, universe, label, adds):
    assert translate_adjustment(r, "v") == Translation("", universe, label, adds)


@pytest.mark.parametrize(
    "r",
    [
        "system('ls')", "x[1]", "function(x) x", "x <- 1", "x$y", "f(x)(y)", "if (x) y", "x; y", "",
        "(", "a +", "'open", "levels(x)", "(" * 500 + "x" + ")" * 500, "-" * 5000 + "x",
        "!" * 5000 + "x", "x" * 30_000,
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused(r):
    with pytest.raises(ExpressionError):
        translate_adjustment(r, "x")


def test_an_adjustment_without_counterpart_is_kept_and_reported_but_never_run(tmp_path):
    text = FILE.replace('breaks = 18, adj = ""', "breaks = 18, adj = \"system('ls')\"")
    entry = imported(tmp_path, text).entries[0]
    assert entry.harmony.recipient.adjustment == "system('ls')"
    assert "must be rewritten" in entry.remarks[0]
    assert write_harmonies(HarmonySet(PAIR, (entry.harmony,)), tmp_path / "out.R")[0].startswith(
        "'numchild__agep' was left out"
    )
    assert "system" not in (tmp_path / "out.R").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("RECS =", "AHS =", "has the sides AHS, ACS"),
        ("groups = 1:0", "groups = 1:3", "3 groups for 2 levels"),
        ("groups = 1:0", 'groups = c("a", "b")', "a group is no number"),
        ("breaks = 18", 'breaks = "x"', "a breakpoint is no number"),
        ('comment = "Say', "comment = system(", "not allowed|expected"),
        ('ordered = ""', "ordered = 3", "neither TRUE nor FALSE"),
        ('modified = "")\n)', 'modified = "")', "cut off"),
    ],
)
def test_a_file_that_is_no_list_of_harmonies_imports_nothing(tmp_path, old, new, words):
    assert old in FILE
    with pytest.raises(InputError, match=words):
        imported(tmp_path, FILE.replace(old, new))


def test_an_entry_with_an_unknown_aggregator_is_reported_and_the_others_are_read(tmp_path):
    result = imported(tmp_path, FILE.replace('agg = "sum"', 'agg = "mode"'))
    assert result.entries[0].harmony is None
    assert "The aggregator 'mode' is unknown" in result.entries[0].remarks[0]
    assert len(result.harmonies) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("RECS_2015__ACS_2019.R", b"", "cut off"),
        ("RECS_2015__ACS_2019.R", b"\xff\xfe", "cannot be read as text"),
        ("RECS_2015__ACS_2019.R", b"c(1, 2)", "no list of harmonies"),
        ("RECS_2015.R", b"list()", "does not say which surveys"),
        ("x.json", b'{"file": "RECS_2015__ACS_2019.R", "harm', "damaged"),
        ("x.json", b"[]", "damaged"),
        (
            "x.json",
            json.dumps({"file": "RECS_2015__ACS_2019.R", "harmonies": {"a__b": 3}}).encode(),
            "two sides",
        ),
    ],
)
def test_wrong_files_are_one_clear_error(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_harmonies(tmp_path / name)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="missing"):
        read_harmonies(tmp_path / "RECS_2015__ACS_2019.R")


def round_trip(harmony, tmp_path, **context):
    path = tmp_path / f"{PAIR}.R"
    remarks = write_harmonies(HarmonySet(PAIR, (harmony,)), path, **context)
    recipient = Dictionary(
        [Variable(harmony.recipient.variable, respondent=harmony.recipient.respondent)]
    )
    (found,) = read_harmonies(path, recipient=recipient).harmonies
    return found, remarks


GROUPS = (LevelGroup("a", 1), LevelGroup("b", 2.5), LevelGroup("c", DROP))


@pytest.mark.parametrize(
    "side",
    [
        Side("v", "person", aggregator="median"),
        Side("v", "person", levels=GROUPS, aggregator="any"),
        Side("v", levels=GROUPS, universe="x >= 1 AND y <> 'q'", outside_universe=1),
        Side("v", levels=GROUPS, universe="x >= 1", outside_universe=DROP),
        Side(
            "v",
            breakpoints=(1, 2.5),
            levels=tuple(LevelGroup(t, 1) for t in "abc"),
            adjustment="v * 1.5",
        ),
        Side("v", adjustment="CASE WHEN x IN ('a', 'b') THEN 1 WHEN y > 2 THEN 2 ELSE 3 END"),
    ],
)
def test_sides_survive_the_way_to_r_and_back(side, tmp_path):
    harmony = Harmony(Side("d", levels=GROUPS), side, comment="c", modified="2026-01-02T03:04:05")
    found, remarks = round_trip(harmony, tmp_path)
    assert remarks == ()
    if "CASE" in side.adjustment:
        assert found.recipient.adjustment.count("CASE") == 2  # ifelse has one condition each
        found = replace(found, recipient=replace(found.recipient, adjustment=side.adjustment))
    assert found == harmony


def test_what_r_expresses_otherwise_keeps_its_meaning(tmp_path):
    counted = Harmony(Side("d"), Side("v", "person", levels=GROUPS, aggregator="count"))
    found, _ = round_trip(counted, tmp_path)
    assert [item.group for item in found.recipient.levels] == [1, 1, DROP]
    assert found.recipient.aggregator == "sum"
    zeroed = Harmony(Side("d"), Side("v", universe="x > 1", outside_universe=0))
    found, _ = round_trip(zeroed, tmp_path)
    assert found.recipient.adjustment == "CASE WHEN x > 1 THEN v ELSE 0 END"
    dollars = Harmony(Side("d"), Side("v", deflate_to_year=2020))
    context = ExportContext({}, {"recipient": 2019})
    found, _ = round_trip(dollars, tmp_path, context=context)
    assert found.recipient.adjustment == "v * 1.01234"


def test_what_r_cannot_express_is_reported(tmp_path):
    unsaid = Harmony(
        Side("d", missing=1, levels=GROUPS), Side("v", levels=GROUPS), group_names=((1, "One"),)
    )
    _, remarks = round_trip(unsaid, tmp_path)
    assert any("group of missing answers" in remark for remark in remarks)
    assert any("names of groups" in remark for remark in remarks)
    for side in (
        Side("v", deflate_to_year=2020),
        Side("v", universe="x > 1", outside_universe=1, breakpoints=(1,), levels=GROUPS[:2]),
        Side("v", adjustment="contains(v, 'x')"),
    ):
        path = tmp_path / "left_out__x.R"
        (remark,) = write_harmonies(HarmonySet(PAIR, (Harmony(Side("d"), side),)), path)
        assert "was left out" in remark


@pytest.mark.parametrize(
    ("sql", "r"),
    [
        ("a BETWEEN 1 AND 2", "(a >= 1 & a <= 2)"),
        ("NOT a = 1 OR b IS NULL", "!(a == 1) | is.na(b)"),
        ("greatest(a, 0) - least(b, 1, c)", "pmax(a, 0) - pmin(b, 1, c)"),
        ("ln(a) * round(b)", "log(a) * round(b)"),
        ("s = 'say \"so\"'", 's == "say \\"so\\""'),
        ("-a + 1", "-(a) + 1"),
        ("a > 1 AND true", "a > 1 & TRUE"),
    ],
)
def test_expressions_are_translated_to_r(sql, r):
    assert to_r(sql) == r


def test_a_number_is_summed_up_the_way_fusiondata_does():
    age = Variable("agep", type="integer", minimum=16, median=50.5, mean=51.234, maximum=117_123)
    assert number_summary(age) == "Min: 16, Median: 50.5, Mean: 51.23, Max: 117000"
