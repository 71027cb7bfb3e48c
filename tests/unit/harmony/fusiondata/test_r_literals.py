"""R literals are read without evaluating anything; whatever else stands there is refused."""

import math

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.fusiondata._r_literals import parse_r, parse_r_entries
from fusion_core.harmony.fusiondata.r_writing import write_r


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", (1,)),
        ("-1.5e3", (-1500,)),
        ("3L", (3,)),
        ("c(0x1F, 1e309, -Inf, 2L)", (31, math.inf, -math.inf, 2)),
        ("TRUE", (True,)),
        ("c(T, FALSE, NA)", (True, False, None)),
        ('"a \\"b\\" \\\\ \\n \\u00e9 \\u{e9} \\x41 \\101"', ('a "b" \\ \n é é A A',)),
        ("'it''s'", InputError),
        ("'say \"so\"'", ('say "so"',)),
        ('"one\ntwo"', ("one\ntwo",)),
        ("1:3", (1, 2, 3)),
        ("2:1", (2, 1)),
        ("c(1:3, 5, c(7, 8))", (1, 2, 3, 5, 7, 8)),
        ("c()", ()),
        ("c(a = 1, 'b' = 2, )", (1, 2)),
        ('R"--[a "\\ ]- ]--"', ('a "\\ ]- ',)),
        ("r'(a)'", ("a",)),
        ("structure(list(a = 1, b = 2), class = 'x')", {"a": (1,), "b": (2,)}),
        ("structure(list(1, 2), .Names = c('a', 'b'))", {"a": (1,), "b": (2,)}),
        ("structure(c(2L, NA, 1L), levels = c('a', 'b'), class = 'factor')", ("b", None, "a")),
        ("NULL", ()),
        ("logical(0)", ()),
        ("character(0)", ()),
        ("list()", {}),
        ("list(a = 1, `b c` = list('d' = 'x'))", {"a": (1,), "b c": {"d": ("x",)}}),
        ("# a comment\nlist( a = 1 ) # end", {"a": (1,)}),
        ("\ufefflist(a = 1)", {"a": (1,)}),
    ],
)
def test_reading(text, value):
    if value is InputError:
        with pytest.raises(InputError):
            parse_r(text)
    else:
        assert parse_r(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('system("rm -rf /")', "The function 'system' is not allowed"),
        ("list(a = system('x'))", "The function 'system' is not allowed .*line 1, column 10"),
        ("list(a = b)", "The name 'b' is not allowed"),
        ("list(a = 1 + 1)", r"'\)' was expected|',' was expected"),
        ("list(\n a = 1,\n b = (2))", "line 3, column 6"),
        ("list(a = 1", "cut off"),
        ("list(a = ", "cut off"),
        ("list(", "cut off"),
        ("", "cut off"),
        ('"open', "not closed"),
        ("list(1)", "name of a list entry"),
        ("list(a = 1, a = 2)", "two entries named 'a'"),
        ("list(a = 1) list(b = 2)", "end of the file"),
        ("logical(3)", "0 was expected"),
        ("1:1e9", "too long"),
        ("c(" + ", ".join(["1:100000"] * 11) + ")", "too many values"),
        ("1.5:3", "whole numbers"),
        ("structure(3, levels = 'a')", "codes without a level"),
        ("structure(1, 2)", "name of an attribute"),
        ('r"(open', "not closed"),
        ("'a\\0b'", "NUL"),
        ("'a\0b'", "NUL"),
        ("c(list(a = 1))", "list inside a vector"),
        ("'\\q'", "not an R escape"),
        ("'\\U{110000}'", "impossible character"),
        ("list(a = `x`)", "text or a number"),
        ("{}", "not allowed"),
        ("list(a = 1; b = 2)", "not allowed"),
        ("list(" * 15, "cut off"),
        ("list(" * 200, "nested too deeply"),
        ("list(a = " * 5000, "nested too deeply"),
        ("c(" * 5000, "nested too deeply"),
        ("-" * 100_000 + "'a'", "text or a number"),
    ],
)
def test_anything_else_is_refused_with_its_place(text, words):
    with pytest.raises(InputError, match=words):
        parse_r(text)


def test_a_file_of_absurd_size_is_refused():
    with pytest.raises(InputError, match="too large"):
        parse_r(" " * 50_000_001)


@pytest.mark.parametrize(
    "value",
    [
        (1,),
        (True, False),
        (None, 1),
        ("a", 'q"\\\n\t'),
        (1, 2, 3),
        (3, 2, 1),
        (1.5, -2),
        {"a": (1,), "b c`d": {"e": ("x",)}},
        {"if": (1,), "TRUE": (2,), ".1": (3,), "a\n\\`": (4,)},
        (math.inf, -math.inf, 0),
        ("\x01\x7f\u2028 שלום 🏠",),
        (1, 0, -1),
    ],
)
def test_what_is_written_reads_back(value):
    assert parse_r(write_r(value)) == value


def test_an_empty_vector_is_written_as_an_empty_text_as_published_files_do():
    assert write_r(()) == '""'
    assert write_r({"a": (1, 2), "b": (2, 1)}) == "list(\n  a = 1:2,\n  b = 2:1)"


def test_each_entry_of_a_list_is_read_on_its_own():
    text = "list(a = 1,\n b = f(1, g(2)), 'c' = {x[1, 2]; y},\n 5, d = 'x')"
    entries = parse_r_entries(text, where="file.R")
    assert [(item.name, item.value) for item in entries] == [
        ("a", (1,)),
        ("b", None),
        ("c", None),
        ("", (5,)),
        ("d", ("x",)),
    ]
    assert "'f' is not allowed (file.R, line 2, column 6)" in entries[1].problem
    assert "'{' is not allowed in a literal (file.R, line 2, column 24)" in entries[2].problem


@pytest.mark.parametrize(
    "text", ["list(a = f(1, b = 2)", "list(a = f[1), b = 2", "list(a = }, b = 2)"]
)
def test_where_brackets_do_not_balance_the_whole_list_is_refused(text):
    with pytest.raises(InputError):
        parse_r_entries(text)
