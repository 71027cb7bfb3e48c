"""The people of a workspace: kept, changed and read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.workspace.layout import Workspace
from harmony_app.access import ROLES, NotAllowed, UserList, includes, require_role
from harmony_app.server.users_command import users

PASSWORD = "correct horse battery staple"  # noqa: S105 - of the test's own people


@pytest.fixture
def people(tmp_path: Path) -> UserList:
    return UserList(Workspace.create(tmp_path / "w").path)


def test_a_password_belongs_to_one_name(people: UserList):
    people.put("Ana Lima", "runner", password=PASSWORD)
    assert people.verified("Ana Lima", PASSWORD).role == "runner"
    assert people.verified(" Ana  Lima ", PASSWORD).name == "Ana Lima"
    for name, password in (
        ("Ana Lima", "wrong"),
        ("ana lima", PASSWORD),
        ("", ""),
        ("x", PASSWORD),
    ):
        assert people.verified(name, password) is None


def test_a_name_is_the_same_however_its_letters_are_composed(people: UserList):
    people.put("Zoe\u0308", "viewer", password=PASSWORD)
    assert people.verified("Zo\u00eb", PASSWORD).name == "Zo\u00eb"


def test_somebody_without_a_password_cannot_sign_in_with_one(people: UserList):
    people.put("ben@example.org", "viewer")
    assert people.verified("ben@example.org", "") is None
    assert not people.has_passwords()


def test_a_new_role_keeps_the_password(people: UserList):
    people.put("ana", "viewer", password=PASSWORD)
    people.put("ana", "owner")
    assert people.verified("ana", PASSWORD).role == "owner"


def test_what_another_process_changed_counts_at_once(people: UserList):
    people.put("ana", "viewer", password=PASSWORD)
    other = UserList(people.path.parents[1])
    assert other.role("ana") == "viewer"
    people.remove("ana")
    assert other.role("ana") is None


def test_nothing_readable_is_kept_of_a_password(people: UserList):
    people.put("ana", "viewer", password=PASSWORD)
    kept = json.loads(people.path.read_text())["users"]["ana"]["password"]
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in people.path.read_text()


@pytest.mark.parametrize("name", ["", "  ", "a\nb\x00", "x" * 61, "\u202eana"])
def test_what_cannot_be_a_name_is_told(people: UserList, name: str):
    with pytest.raises(InputError, match="cannot be a name"):
        people.put(name, "viewer", password=PASSWORD)


def test_a_short_password_is_refused(people: UserList):
    with pytest.raises(InputError, match="shorter than 10"):
        people.put("ana", "viewer", password="short")  # noqa: S106 - refused


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 1}',
        '{"format": 1, "users": {"ana": {"role": "king"}}}',
        '{"format": 1, "users": ["ana"]}',
        '{"format": 2, "users": {}}',
    ],
)
def test_a_damaged_file_lets_nobody_in(people: UserList, text: str):
    people.put("ana", "owner", password=PASSWORD)
    people.path.write_text(text)
    with pytest.raises(CorruptFileError):
        people.role("ana")


def test_each_role_includes_the_weaker_ones():
    order = list(ROLES)
    for place, role in enumerate(order):
        assert [includes(role, other) for other in order] == [other <= place for other in range(4)]
    assert not any(includes(None, role) for role in order)


def test_a_refusal_says_what_it_takes_and_what_one_has():
    with pytest.raises(NotAllowed, match=r"Starting a run requires the role of a runner.*viewer"):
        require_role("viewer", "runner", "Starting a run")
    require_role("owner", "runner", "Starting a run")


def test_the_command_adds_lists_and_removes(people: UserList):
    workspace = ["--workspace", str(people.path.parents[1])]
    run = CliRunner().invoke
    added = run(users, ["add", "ana", "--role", "owner", *workspace], input=f"{PASSWORD}\n")
    assert added.output == "ana is an owner.\n"
    run(users, ["add", "ben", "--no-password", *workspace])
    listed = run(users, ["list", "--json", *workspace]).output.splitlines()
    assert [json.loads(line) for line in listed] == [
        {"name": "ana", "role": "owner", "password": True},
        {"name": "ben", "role": "viewer", "password": False},
    ]
    run(users, ["remove", "ana", *workspace])
    assert list(UserList(people.path.parents[1]).people()) == ["ben"]
