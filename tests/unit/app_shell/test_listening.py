"""Where the server listens: only this computer unless allowed, and pages of its own names connect."""

import socket

import panel as pn
import pytest
from bokeh.server.util import check_allowlist
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.errors import InputError
from fusion_core.workspace.layout import Workspace
from harmony_app.listening import (
    allowed_origins,
    is_loopback,
    page_addresses,
    require_free_port,
    require_permission,
)
from harmony_app.serve import serve
from harmony_app.server.settings import ServerSettings

HERE = ["localhost", "127.0.0.1", "127.0.0.2"]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens there
BEYOND = [EVERYWHERE, "", "192.0.2.7"]
NO_SUCH = ["no-such-host.invalid", "a b", "300.1.1.1"]
NUMERIC_IPV6 = ["::", "::1", "[::1]", "2001:db8::7"]


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.mark.parametrize("address", HERE)
def test_addresses_of_this_computer_need_no_permission(address):
    assert is_loopback(address)
    require_permission(address, 5006, signs_in=False, no_sign_in=False)


@pytest.mark.parametrize("address", BEYOND)
def test_every_other_address_needs_permission_and_says_what_it_means(address):
    with pytest.raises(InputError, match=r"could read and change everything.*--no-sign-in"):
        require_permission(address, 5006, signs_in=False, no_sign_in=False)
    require_permission(address, 5006, signs_in=False, no_sign_in=True)
    require_permission(address, 5006, signs_in=True, no_sign_in=False)


def test_a_name_by_which_others_come_needs_permission_too():
    names = ["harmony.example.org"]
    with pytest.raises(InputError, match=r"reach localhost as harmony.example.org.*users add"):
        require_permission("localhost", 5006, names, signs_in=False, no_sign_in=False)
    require_permission("localhost", 5006, names, signs_in=True, no_sign_in=False)


@pytest.mark.parametrize("address", BEYOND)
def test_the_server_itself_refuses_what_was_not_permitted(address, tmp_path, monkeypatch):
    monkeypatch.setattr(pn, "serve", lambda *_, **__: pytest.fail("it listens"))
    with pytest.raises(InputError, match="nobody signs in"):
        serve(Workspace.create(tmp_path / "w"), ServerSettings(address=address))


@pytest.mark.parametrize("address", NO_SUCH)
def test_an_unknown_name_is_told_in_one_sentence(address):
    with pytest.raises(InputError, match="neither an address nor the name of a computer"):
        require_free_port(address, 5006)


@pytest.mark.parametrize("address", NUMERIC_IPV6)
def test_what_no_page_could_be_opened_at_is_told_in_one_sentence(address):
    with pytest.raises(InputError, match=r"cannot be served at an IPv6 address.*host name"):
        require_free_port(address, 5006)


def test_a_port_in_use_is_told_before_anything_starts(taken_port):
    with pytest.raises(InputError, match=f"Port {taken_port} of 127.0.0.1 is already in use"):
        require_free_port("127.0.0.1", taken_port)


def test_an_address_of_another_computer_is_told_before_anything_starts():
    with pytest.raises(InputError, match=r"192\.0\.2\.77 is not an address of this computer"):
        require_free_port("192.0.2.77", 0)


@pytest.mark.parametrize("address", [EVERYWHERE, "no-such-host.invalid", "127.0.0.1"])
def test_the_command_ends_with_a_sentence_and_not_with_a_traceback(address, tmp_path, taken_port):
    Workspace.create(tmp_path / "w")
    asked = ["app", "-w", str(tmp_path / "w"), "--address", address, "--port", str(taken_port)]
    done = CliRunner().invoke(app, [*asked, "--no-show"])
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.parametrize("address", [*HERE, *BEYOND])
@pytest.mark.parametrize("port", [80, 5006])
def test_a_page_opened_at_an_address_that_is_shown_may_connect(address, port):
    allowed = allowed_origins(address, port)
    for page in page_addresses(address, port):
        origin = page.removeprefix("http://").removesuffix("/")
        assert check_allowlist(origin, allowed)
        if port == 80:  # browsers leave it out
            assert check_allowlist(origin.removesuffix(":80"), allowed)


@pytest.mark.parametrize("address", [*HERE, *BEYOND])
@pytest.mark.parametrize("origin", ["evil.example:5006", "localhost.evil.example:5006", "x:5006"])
def test_pages_of_the_web_may_not_connect(address, origin):
    assert not check_allowlist(origin, allowed_origins(address, 5006))


@pytest.mark.parametrize(
    ("named", "origin"),
    [
        ("harmony.example.org", "harmony.example.org"),
        ("https://Harmony.example.org/", "harmony.example.org"),
        ("harmony.example.org", "harmony.example.org:5006"),
        ("harmony.example.org:8443", "harmony.example.org:8443"),
    ],
)
def test_a_page_behind_a_proxy_may_connect_once_the_proxy_is_named(named, origin):
    assert check_allowlist(origin, allowed_origins("localhost", 5006, [named]))
    assert not check_allowlist(origin, allowed_origins("localhost", 5006))


@pytest.mark.parametrize("named", ["*", "*.example.org", "", "host:port", "http://", "[::1]:80"])
def test_what_is_no_host_is_refused_as_an_origin(named):
    with pytest.raises(InputError, match="is not a host"):
        allowed_origins("localhost", 5006, [named])


@pytest.mark.parametrize("address", [EVERYWHERE, ""])
def test_an_address_that_stands_for_all_is_shown_as_ones_that_open(address):
    here, *elsewhere = page_addresses(address, 5006)
    assert here == "http://localhost:5006/"
    assert f"http://{socket.gethostname()}:5006/" in elsewhere
