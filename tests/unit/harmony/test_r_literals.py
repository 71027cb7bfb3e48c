"""R literals are read without evaluating anything; whatever else stands there is refused."""

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.r_literals import parse_r, write_r


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", (1,)),
        ("-1.5e3", (-1500,)),
        ("3L", (3,)),
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
        ("1.5:3", "whole numbers"),
        ("c(list(a = 1))", "list inside a vector"),
        ("1e999", "too large"),
        ("'\\q'", "no R escape"),
        ("'\\U{110000}'", "impossible character"),
        ("list(a = `x`)", "text or a number"),
        ("{}", "not allowed"),
        ("list(a = 1; b = 2)", "not allowed"),
        ("list(" * 200, "'=' was expected"),
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
        (1,), (True, False), (None, 1), ("a", 'q"\\\n\t'), (1, 2, 3), (3, 2, 1), (1.5, -2),
        {"a": (1,), "b c`d": {"e": ("x",)}},
    ],
)  # fmt: skip
def test_what_is_written_reads_back(value):
    assert parse_r(write_r(value)) == value


def test_an_empty_vector_is_written_as_an_empty_text_as_published_files_do():
    assert write_r(()) == '""'
    assert write_r({"a": (1, 2), "b": (2, 1)}) == "list(\n  a = 1:2,\n  b = 2:1)"
