"""Whatever a text says, a template shows it and it does nothing else."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from fusion_core.html_templates import Macros, html_templates

ROOT = Path(__file__).parents[2]
TAG = re.compile(r"</[a-z]|<[a-z][a-z0-9]*( [a-z-]+=|/?>|$)")


@pytest.fixture
def render(tmp_path):
    def rendered(template, **values):
        (tmp_path / "page.html").write_text(template)
        return html_templates(tmp_path).get_template("page.html").render(**values)

    return rendered


def test_texts_are_escaped_in_elements_and_attributes(render):
    made = render('<p title="{{ text }}">{{ text }}</p>', text="<b> & \"q\" 'a'")
    shown = "&lt;b&gt; &amp; &#34;q&#34; &#39;a&#39;"
    assert made == f'<p title="{shown}">{shown}</p>'


def test_control_characters_are_shown_as_pictures(render):
    assert render("{{ text }}", text="\x00\x1b\x7f\ud800\n") == "␀␛␡\ufffd\n"


def test_what_a_macro_made_is_not_escaped_again(render):
    assert render("{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{{ m('<') }}") == "<i>&lt;</i>"


def test_a_name_nobody_gave_is_an_error(render):
    with pytest.raises(UndefinedError):
        render("{{ missing }}")


def test_a_macro_makes_html_of_what_it_is_called_with(tmp_path):
    (tmp_path / "parts.html").write_text("{% macro line(text) %}<p>{{ text }}</p>{% endmacro %}")
    assert Macros(tmp_path / "parts.html")("line", "<b>") == "<p>&lt;b&gt;</p>"


def texts_of(path):
    """Return the texts of a module's code with their lines, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in told:
            yield node.lineno, node.value


@pytest.mark.parametrize("text", ["<p>", '<div class="', "</b>", "<svg viewBox="])
def test_html_in_code_is_recognised(text):
    assert TAG.search(text.lower())


def test_the_app_writes_html_in_templates_only():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:40]}"
        for path in sorted((ROOT / "harmony_app").rglob("*.py"))
        for line, text in texts_of(path)
        if TAG.search(text.lower())
    ]
    assert not found


def test_nobody_escapes_html_by_hand():
    for package in ("harmony_app", "fusion_core"):
        for path in sorted((ROOT / package).rglob("*.py")):
            assert "from html import escape" not in path.read_text(encoding="utf-8"), path
