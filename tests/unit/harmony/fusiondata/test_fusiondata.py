"""fusionData files: adjustments translated, oddities reported by name, and the way back to R."""

import json
from dataclasses import replace

import pytest
from r_files import write_harmonies

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.fusiondata._adjustments_to_r import to_r
from fusion_core.harmony.fusiondata.r_adjustments import Translation, translate_adjustment
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.fusiondata.writing import ExportContext, number_summary
from fusion_core.harmony.model.harmony import (
    DROP,
    Harmony,
    HarmonySet,
    LevelGroup,
    Side,
    SurveyPair,
)
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
            "agep",
            "person",
            breakpoints=(18,),
            aggregator="sum",
            levels=(LevelGroup("Less than 18", 1), LevelGroup("18 or more", 0)),
        ),
        comment='Say "hi"',
        modified="2021-07-03T12:10:17",
    )


def test_a_re_levelling_becomes_a_universe_and_na_drops_rows_and_both_are_reported(tmp_path):
    entry = imported(tmp_path).entries[1]
    assert entry.harmony.recipient == Side(
        "schl",
        levels=(LevelGroup("Low", 1), LevelGroup("Dorm", DROP)),
        universe="agep >= 15",
        outside_universe=1,
    )
    assert any("agep >= 15" in remark for remark in entry.remarks)
    assert any("'Dorm' are dropped" in remark for remark in entry.remarks)


def test_the_dictionary_decides_which_variables_belong_to_persons(tmp_path):
    recipient = Dictionary(
        [Variable("schl", respondent="person"), Variable("agep", respondent="person")]
    )
    result = imported(tmp_path, donor=Dictionary([]), recipient=recipient)
    assert result.harmony_set.get("educ__schl").recipient.respondent == "person"
    assert result.entries[1].status == "flagged"
    assert "There is no variable 'educ'" in result.entries[1].todo[0]


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
        ("ifelse(no = 1, x > 2, yes = 3)", "CASE WHEN x > 2 THEN 3 ELSE 1 END"),
        ("round(digits = 1, x = a / b)", "round(a / b, 1)"),
        ("pmin(x, 6, na.rm = TRUE)", "least(x, 6)"),
        ("between(agep, 18, 64)", "(agep >= 18 AND agep <= 64)"),
        ("case_when(x > 1 ~ 'a', TRUE ~ 'b')", "CASE WHEN x > 1 THEN 'a' WHEN true THEN 'b' END"),
        ("case_when(x > 1 ~ 1, .default = 0)", "CASE WHEN x > 1 THEN 1 ELSE 0 END"),
        ("x %/% 5", "floor((x) / (5))"),
        ("`end` + `a.b`", '"end" + "a.b"'),
        ("a == '\\u00e9\\n'", "a = 'é\n'"),
    ],
)
def test_adjustments_are_translated(r, sql):
    assert translate_adjustment(r, "y") == Translation(adjustment=sql)


@pytest.mark.parametrize(
    ("r", "universe", "label", "adds"),
    [
        ("if_else(agep >= 15, v, factor('None'))", "agep >= 15", "None", False),
        (
            "if_else(age != '15', v, factor('NIU', ordered = T, levels = levels(v)))",
            "age <> '15'",
            "NIU",
            False,
        ),
        (
            "if_else(a < 16 | a > 55, factor('NIU', levels = c('NIU', levels(v))), factor(v))",
            "a >= 16 AND a <= 55",
            "NIU",
            True,
        ),
        ("if_else(is.na(a), factor('NIU'), v)", "NOT (a IS NULL)", "NIU", False),
    ],
)
def test_re_levellings_become_universes(r, universe, label, adds):
    assert translate_adjustment(r, "v") == Translation("", universe, label, adds)


@pytest.mark.parametrize(
    "r",
    [
        "system('ls')",
        "x[1]",
        "function(x) x",
        "x <- 1",
        "x$y",
        "f(x)(y)",
        "if (x) y",
        "x; y",
        "",
        "(",
        "a +",
        "'open",
        "log(x, 2)",
        "round(x, 1, 2)",
        "round(x, foo = 2)",
        "case_when(x, y)",
        "pmin()",
        "a ~ b",
        "'\\q'",
        "levels(x)",
        "(" * 500 + "x" + ")" * 500,
        "-" * 5000 + "x",
        "!" * 5000 + "x",
        "x" * 30_000,
    ],
)
def test_what_has_no_counterpart_is_refused(r):
    with pytest.raises(ExpressionError):
        translate_adjustment(r, "x")


def test_an_adjustment_without_counterpart_is_kept_and_reported_but_never_run(tmp_path):
    text = FILE.replace('breaks = 18, adj = ""', "breaks = 18, adj = \"system('ls')\"")
    entry = imported(tmp_path, text).entries[0]
    assert entry.harmony.recipient.adjustment == "system('ls')"
    assert entry.status == "flagged"
    assert "kept as written in R; rewrite it" in entry.todo[0]
    (remark,) = write_harmonies(HarmonySet(PAIR, (entry.harmony,)), tmp_path / "out.R")
    assert remark.left_out
    assert str(remark).startswith("'numchild__agep' was left out")
    assert "system" not in (tmp_path / "out.R").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("RECS =", "AHS =", "has the sides AHS, ACS"),
        ("groups = 1:0", "groups = 1:3", "3 groups for 2 levels"),
        ("groups = 1:0", 'groups = c("a", "b")', "A group is not a number"),
        ("groups = 1:0", "groups = c(1, 1e309)", "A group is not a number"),
        ("groups = 1:0", "groups = c(1, NaN)", "A group is not a number"),
        ("breaks = 18", 'breaks = "x"', "A breakpoint is not a number"),
        ("breaks = 18", "breaks = -Inf", "A breakpoint is not a number"),
        ('comment = "Say', 'comment = system("rm"), note = "Say', "'system' is not allowed"),
        ('comment = "Say', 'comment = x$y, note = "Say', "The name 'x' is not allowed"),
        ('comment = "Say', 'comment = {1; 2}, note = "Say', "'{' is not allowed"),
        ('comment = "Say', 'comment = list(1), note = "Say', "name of a list entry"),
        ('ordered = ""', "ordered = 3", "neither TRUE nor FALSE"),
        ('agg = "sum"', 'agg = "mode"', "The aggregator 'mode' is unknown"),
        ("numchild__agep =", "numchild =", "does not name two variables"),
        ("numchild__agep =", "", "has no name"),
        ('"18 or more"', '"Less than 18"', "listed twice"),
        ('ordered = ""', 'donor = list(), ordered = ""', "sides RECS, ACS, donor"),
        ("list(\n  numchild__agep", "list(a__b = 1,\n  numchild__agep", "list of two sides"),
    ],
)
def test_an_odd_entry_is_skipped_with_its_reason_and_the_others_are_read(tmp_path, old, new, words):
    assert old in FILE
    result = imported(tmp_path, FILE.replace(old, new, 1))
    skipped = [entry for entry in result.entries if entry.status == "skipped"]
    assert [words in entry.remarks[0] for entry in skipped] == [True]
    assert "educ__schl" in [harmony.key for harmony in result.harmonies]


def test_an_entry_that_stands_there_twice_is_taken_once(tmp_path):
    result = imported(tmp_path, FILE.replace("educ__schl =", "numchild__agep ="))
    assert [entry.status for entry in result.entries] == ["imported", "skipped"]
    assert "twice" in result.entries[1].remarks[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.rstrip()[:-1], "cut off"),
        (lambda text: text[:300], "not closed|cut off"),
        (lambda text: text + "; system('ls')", "not allowed"),
        (lambda text: "x <- " + text, "no list of harmonies"),
        (lambda text: text.replace("list(groups = 1:0", "list(groups = c(1:0", 1), "cut off"),
    ],
)
def test_a_file_whose_end_is_missing_or_that_does_more_imports_nothing(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        imported(tmp_path, change(FILE))


def dput(text):
    """Write the file the way `dput` does for a list with a class."""
    return f"structure({text.strip()}, class = 'harmony', row.names = c(NA, -2L))"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "# exported by hand\n" + text.replace(",\n", ",  # note\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: " ".join(text.split()),
        lambda text: text.replace("groups = 1,", "groups = c(1L),").replace("1:0", "c(c(1L), 0L)"),
        lambda text: text.replace("c(1, 1, NA)", "c(a = 1, b = 1e0, NA_real_)"),
        lambda text: text.replace("= 1:2", "= c(0x1, 2.0)"),
        lambda text: text.replace('"Low"', "'Low'").replace('"High"', 'r"-(High)-"'),
        lambda text: text.replace("Low", "\\u004cow").replace("High", "\\x48igh"),
        lambda text: text.replace(
            'levels = c("Low", "High")',
            'levels = structure(1:2, levels = c("Low", "High"), class = "factor")',
        ),
        lambda text: text.replace("numchild__agep =", "'numchild__agep' ="),
        lambda text: text.replace("educ__schl =", "`educ__schl` ="),
        lambda text: text.replace('breaks = ""', "breaks = numeric(0)"),
        lambda text: text.replace('adj = ""', "adj = NA_character_"),
        lambda text: text.replace('comment = ""', "comment = character(0)"),
        lambda text: text.replace('modified = "")', 'modified = "",)'),
        dput,
        lambda text: dput(
            text.replace("numchild__agep = ", "").replace("educ__schl = ", "")
        ).replace("class", "names = c('numchild__agep', 'educ__schl'), class"),
    ],
)
def test_every_way_to_write_the_same_literals_reads_as_the_same_harmonies(tmp_path, change):
    changed = change(FILE)
    assert changed != FILE
    path = tmp_path / f"{PAIR}.R"
    path.write_bytes(changed.encode("utf-8"))
    assert read_harmonies(path) == imported(tmp_path, FILE)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_files_in_other_encodings_are_read(tmp_path, encoding):
    path = tmp_path / f"{PAIR} (1).R"  # the name a browser gives a second download
    path.write_bytes(FILE.replace("Low", "Größe – été".replace("–", "-")).encode(encoding))
    result = read_harmonies(path)
    assert result.pair == PAIR
    assert result.harmonies[1].donor.levels[0].level == "Größe - été"
    assert bool(result.remarks) == (encoding == "latin-1")


def test_levels_written_as_numbers_are_texts_and_a_repeated_level_is_kept_once(tmp_path):
    text = FILE.replace('levels = c("Low", "High")', "levels = c(1, 2.5)")
    assert [i.level for i in imported(tmp_path, text).harmonies[1].donor.levels] == ["1", "2.5"]
    text = FILE.replace(
        'groups = 1:2, levels = c("Low", "High")', 'groups = c(1, 1), levels = c("a", "a")'
    )
    entry = imported(tmp_path, text).entries[1]
    assert entry.harmony.donor.levels == (LevelGroup("a", 1),)
    assert any("listed twice" in remark for remark in entry.remarks)


def test_breakpoints_out_of_order_are_kept_and_to_be_mended(tmp_path):
    text = FILE.replace("groups = 1:0", "groups = 1:3").replace(
        'c("Less than 18", "18 or more"), breaks = 18', 'c("a", "b", "c"), breaks = c(18, 5)'
    )
    entry = imported(tmp_path, text).entries[0]
    assert entry.status == "flagged"
    assert "set the breakpoints again" in entry.todo[0]


def test_statuses_say_what_became_of_an_entry(tmp_path):
    text = FILE.replace('breaks = 18, adj = ""', 'breaks = 18, adj = "agep + 0"')
    assert [entry.status for entry in imported(tmp_path, FILE).entries] == [
        "imported",
        "translated",
    ]
    assert imported(tmp_path, text).entries[0].translations == (("agep + 0", "agep + 0"),)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("RECS_2015__ACS_2019.R", b"", "cut off"),
        ("RECS_2015__ACS_2019.R", b"\xff\xfe\x00", "cannot be read as text"),
        ("RECS_2015__ACS_2019.R", b"c(1, 2)", "no list of harmonies"),
        ("RECS_2015.R", b"list()", "does not say which surveys"),
        ("x.json", b'{"file": "RECS_2015__ACS_2019.R", "harm', "damaged"),
        ("x.json", b"[]", "damaged"),
        ("x.json", b'{"format": 9, "harmonies": {}}', "format 9"),
        ("x.json", b'{"harmonies": {}}', "damaged"),
    ],
)
def test_wrong_files_are_one_clear_error(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_harmonies(tmp_path / name)


HUGE = 10**400


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (3, "list of two sides"),
        ({"donor": {}, "acs": {}}, "0 groups for 0 levels"),
        ({"donor": {"groups": [HUGE], "levels": ["a"]}, "acs": {}}, "A group is not a number"),
        (
            {"donor": {"groups": [float("nan")], "levels": ["a"]}, "acs": {}},
            "A group is not a number",
        ),
        (
            {side: {"groups": [1], "levels": ["\ud800"]} for side in ("donor", "acs")},
            "half a character",
        ),
    ],
)
def test_an_odd_entry_of_a_json_copy_is_skipped(tmp_path, entry, words):
    path = tmp_path / "copy.json"
    path.write_text(json.dumps({"file": f"{PAIR}.R", "harmonies": {"a__b": entry}}))
    (read,) = read_harmonies(path).entries
    assert read.status == "skipped"
    assert words in read.remarks[0]


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
    assert any("group of missing answers" in remark for remark in map(str, remarks))
    assert any("names of groups" in remark for remark in map(str, remarks))
    for side in (
        Side("v", deflate_to_year=2020),
        Side("v", universe="x > 1", outside_universe=1, breakpoints=(1,), levels=GROUPS[:2]),
        Side("v", adjustment="contains(v, 'x')"),
    ):
        path = tmp_path / "left_out__x.R"
        (remark,) = write_harmonies(HarmonySet(PAIR, (Harmony(Side("d"), side),)), path)
        assert remark.left_out


@pytest.mark.parametrize(
    ("sql", "r"),
    [
        ("a BETWEEN 1 AND 2", "(a >= 1 & a <= 2)"),
        ("NOT a = 1 OR b IS NULL", "!(a == 1) | is.na(b)"),
        (
            "greatest(a, 0) - least(b, 1, c)",
            "pmax(a, 0, na.rm = TRUE) - pmin(b, 1, c, na.rm = TRUE)",
        ),
        ("ln(a) * round(b)", "log(a) * round(b)"),
        ("s = 'say \"so\"'", 's == "say \\"so\\""'),
        ("-a + 1", "-(a) + 1"),
        ("power(a + b, 2) * round(a, 1)", "((a + b)^2) * round(a, 1)"),
        ("a + b IN (1, -2)", "((a + b) %in% c(1, -(2)))"),
        ("if(a > 1, 2, 3)", "ifelse(a > 1, 2, 3)"),
        ("CASE a WHEN 1 THEN 2 END", "ifelse(a == 1, 2, NA)"),
        ('"system(\'ls\')" + "if" + "x y"', "`system('ls')` + `if` + `x y`"),
        ("s = 'q\\\"); system(\"ls'", 's == "q\\\\\\"); system(\\"ls"'),
        ("a > 1 AND true", "a > 1 & TRUE"),
    ],
)
def test_expressions_are_translated_to_r(sql, r):
    assert to_r(sql) == r


def test_hostile_names_and_labels_stay_names_and_labels_in_r(tmp_path):
    evil = "x); system('ls'); (\"\\`\n"
    harmony = Harmony(
        Side("d", levels=(LevelGroup(evil, 1), LevelGroup("b", 2))),
        Side(
            evil,
            "person",
            levels=(LevelGroup("<b>", 1), LevelGroup("🏠 שלום", 2)),
            aggregator="count",
            universe="agep > 1",
            outside_universe=1,
        ),
        comment=evil,
    )
    path = tmp_path / f"{PAIR}.R"
    assert write_harmonies(HarmonySet(PAIR, (harmony,)), path) == ()
    (entry,) = read_harmonies(path).entries  # the reader refuses whatever is not a literal
    assert entry.harmony.donor.levels == harmony.donor.levels
    assert entry.harmony.comment == evil
    assert (entry.harmony.recipient.variable, entry.harmony.recipient.universe) == (
        evil,
        "agep > 1",
    )


def test_a_number_is_summed_up_the_way_fusiondata_does():
    age = Variable("agep", type="integer", minimum=16, median=50.5, mean=51.234, maximum=117_123)
    assert number_summary(age) == "Min: 16, Median: 50.5, Mean: 51.23, Max: 117000"
