"""Signing in with a password, roles on the server, and what strangers are refused."""

import json
import stat
from collections.abc import Callable

import pytest
from apart import run_apart
from tornado.httpclient import HTTPClientError
from visiting import PASSWORD, Visitor, pull

from harmony_app.access import UserList

PAGES = ("/", "/begin", "/surveys", "/places", "/harmonize", "/fuse", "/validate", "/explore")


@pytest.mark.parametrize("page", [*PAGES, "/start", "/download/some-run/model"])
def test_strangers_are_sent_to_the_sign_in_page(visitor: Visitor, page: str):
    answer = visitor.ask(page)
    assert answer.status == 302
    assert "login?next=" in answer.headers["Location"]


@pytest.mark.parametrize("page", PAGES)
def test_strangers_get_no_socket(visitor: Visitor, page: str):
    with pytest.raises(HTTPClientError, match="403"):
        run_apart(visitor.socket(page.rstrip("/"), "token"))


def test_a_password_opens_the_page_that_was_asked_for(visitor: Visitor):
    visitor.ask("/login?next=%2Fexplore")
    answer = visitor.sign_in("viewer")
    assert (answer.status, answer.headers["Location"]) == (302, "/")
    visitor.ask("/logout")
    form = visitor.ask("/login?next=%2Fexplore").text
    token = form.split('name="_xsrf" value="')[1].split('"')[0]
    body = f"username=viewer&password={PASSWORD.replace(' ', '+')}&_xsrf={token}"
    answer = visitor.ask("/login", method="POST", body=body)
    assert answer.headers["Location"] == "/explore"


def test_the_signed_in_name_is_the_identity_whatever_the_browser_says(
    signed_in: Callable[[str], Visitor],
):
    viewer = signed_in("viewer")
    viewer.cookies |= {"harmony_user": "owner", "is_guest": "1"}
    page = viewer.ask("/begin").text
    assert 'aria-label="User viewer"' in page
    assert "owner" not in page


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("viewer", {"begin", "surveys", "validate", "explore"}),
        ("harmonizer", {"begin", "surveys", "places", "harmonize", "validate", "explore"}),
        ("runner", {page.strip("/") for page in PAGES[1:]}),
    ],
)
def test_the_navigation_shows_what_a_role_may_visit(
    signed_in: Callable[[str], Visitor], role: str, places: set[str]
):
    page = signed_in(role).ask("/begin").text
    links = page.split("<nav")[1].split("</nav>")[0]
    assert {page.strip("/") for page in PAGES[1:] if f'href="{page.strip("/")}"' in links} == places


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("harmonizer", 403), ("runner", 404)]
)
@pytest.mark.parametrize("part", ["model", "implicates", "published"])
def test_models_and_implicates_take_a_runner(
    signed_in: Callable[[str], Visitor], role: str, status: int, part: str
):
    assert signed_in(role).ask(f"/download/no-such-run/{part}").status == status


def test_a_viewers_socket_of_a_page_for_runners_shows_that_it_is_for_them(
    signed_in: Callable[[str], Visitor],
):
    viewer = signed_in("viewer")

    async def look() -> str | None:
        socket = await viewer.socket("/fuse", viewer.token("/fuse"))
        return await pull(socket)

    said = run_apart(look())
    assert "The Fuse page is for runners" in said


def test_a_role_that_is_taken_away_ends_an_open_page_at_its_next_message(
    signed_in: Callable[[str], Visitor], people: UserList
):
    people.put("leaving", "runner", password=PASSWORD)
    leaving = signed_in("leaving")

    async def demoted() -> tuple[str | None, str | None]:
        socket = await leaving.socket("/fuse", leaving.token("/fuse"))
        before = await pull(socket)
        people.put("leaving", "viewer")
        return before, await pull(socket)

    before, after = run_apart(demoted())
    assert before is not None
    assert after is None
    people.remove("leaving")
    assert leaving.ask("/begin").status == 302


def test_nobody_connects_with_anothers_page(signed_in: Callable[[str], Visitor]):
    token = signed_in("owner").token("/begin")
    viewer = signed_in("viewer")

    async def steal() -> str | None:
        return await pull(await viewer.socket("/begin", token))

    assert run_apart(steal()) is None


def test_signing_out_forgets_who_it_was(signed_in: Callable[[str], Visitor]):
    visitor = signed_in("viewer")
    assert visitor.ask("/logout", **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert visitor.ask("/begin").status == 200
    assert "You are signed out" in visitor.ask("/logout").text
    assert visitor.ask("/begin").status == 302


def test_actions_are_written_down_with_who_and_what(
    signed_in: Callable[[str], Visitor], people: UserList
):
    signed_in("harmonizer").ask("/download/a-run/implicates")
    log = people.path.with_name("audit.jsonl")
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert {"action": "signed in", "user": "harmonizer"}.items() <= entries[-2].items()
    assert {
        "action": "download refused",
        "user": "harmonizer",
        "run": "a-run",
        "part": "implicates",
    }.items() <= entries[-1].items()
    assert PASSWORD not in log.read_text(encoding="utf-8")


@pytest.mark.usefixtures("team")
def test_the_servers_own_files_are_closed_to_others(people: UserList):
    folder = people.path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("users.json", "cookie-secret", "audit.jsonl"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert PASSWORD not in people.path.read_text(encoding="utf-8")
