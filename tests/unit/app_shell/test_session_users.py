"""Who a visitor is: signed in, named by himself, or the person at this computer."""

import pytest

from harmony_app.shell.session import USER_NAME_LIMIT, chosen_name, is_this_computer


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:5006", True),
        ("127.0.0.1", True),
        ("[::1]:80", True),
        ("", True),
        ("127.0.0.2:5006", True),
        ("[fd00::2]:5006", False),
        ("0.0.0.0:5006", False),
        ("harmony.example.org", False),
        ("10.0.0.5:5006", False),
        ("localhost.evil.org", False),
    ],
)
def test_only_this_computers_addresses_stand_for_its_account(host, expected):
    assert is_this_computer(host) is expected


@pytest.mark.parametrize(
    ("cookie", "name"),
    [
        ("Ana%20Lima", "Ana Lima"),
        ("", ""),
        ("%20%20", ""),
        ("Zo%C3%AB", "Zoë"),
        ("a%0Ab%00c", "abc"),
        ("%FF", "\N{REPLACEMENT CHARACTER}"),
        ("<b>", "<b>"),
    ],
)
def test_a_chosen_name_is_one_line_of_text(cookie, name):
    assert chosen_name(cookie) == name


def test_a_chosen_name_is_not_endless():
    assert len(chosen_name("x" * 10_000)) == USER_NAME_LIMIT
