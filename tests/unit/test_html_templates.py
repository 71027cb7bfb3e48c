"""Whatever a text says, a template shows it and it does nothing else."""

import pytest
from jinja2 import UndefinedError

from fusion_core.html_templates import html_templates


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
