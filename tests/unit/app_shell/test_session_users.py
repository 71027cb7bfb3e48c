"""Who a visitor is: signed in, named by himself, or the person at this computer."""

import pytest

from harmony_app.shell.session import USER_NAME_LIMIT, chosen_name, is_this_computer


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"Host": "localhost:5006"}, True),
        ({"Host": "127.0.0.1"}, True),
        ({"Host": "[::1]:80"}, True),
        ({"Host": "127.0.0.2:5006"}, True),
        ({"Host": "[fd00::2]:5006"}, False),
        ({"Host": "0.0.0.0:5006"}, False),
        ({"Host": "harmony.example.org"}, False),
        ({"Host": "10.0.0.5:5006"}, False),
        ({"Host": "localhost.evil.org"}, False),
        ({"Host": "localhost:5006", "X-Forwarded-For": "10.0.0.5"}, False),
        ({"Host": "localhost:5006", "x-real-ip": "10.0.0.5"}, False),
        ({"Host": "localhost:5006", "Via": "1.1 proxy"}, False),
    ],
)
def test_only_requests_straight_from_this_computer_stand_for_its_account(headers, expected):
    assert is_this_computer(headers) is expected


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
