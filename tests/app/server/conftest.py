"""Servers people sign in to, on a workspace with a person of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_app import AppServer, start_app
from visiting import PASSWORD, Visitor

from fusion_core.workspace.layout import Workspace
from harmony_app.access import ROLES, UserList


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> UserList:
    workspace = Workspace.create(tmp_path_factory.mktemp("team") / "workspace", title="Team")
    found = UserList(workspace.path)
    for role in ROLES:
        found.put(role, role, password=PASSWORD)
    return found


@pytest.fixture(scope="module")
def team(people: UserList) -> Iterator[AppServer]:
    """A server with passwords."""
    server = start_app(people.path.parents[1], None, "--sign-in", "password")
    yield server
    server.stop()


@pytest.fixture
def visitor(team: AppServer) -> Visitor:
    return Visitor(team.port)


@pytest.fixture
def signed_in(team: AppServer) -> Callable[[str], Visitor]:
    """A visitor who has signed in under the name of a role."""

    def sign_in(name: str) -> Visitor:
        found = Visitor(team.port)
        assert found.sign_in(name).status == 302
        return found

    return sign_in


@pytest.fixture(scope="module")
def own_computer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """A server as `make app` starts it."""
    workspace = Workspace.create(tmp_path_factory.mktemp("own") / "workspace", title="Own")
    server = start_app(Path(workspace.path))
    yield server
    server.stop()
