"""The app behind a real nginx, under a prefix, with sign-in: every link, script and socket goes there."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from install_browser import installed_proxy
from playwright.sync_api import Page, Request, expect
from running_app import free_port, start_app

from harmony_app.access import UserList

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"  # noqa: S105 - of the test's own person
NGINX = installed_proxy()

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        NGINX is None, reason="nginx is not installed (apt-get install nginx-light)"
    ),
]


@dataclass
class Proxy:
    url: str
    inside: int


def configuration(folder: Path, port: int, inside: int, workspace_user: str = "") -> Path:
    """The example of the documentation, without TLS, on ports that are free."""
    example = (ROOT / "assets" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    example = example.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    example = example.replace("127.0.0.1:5006", f"127.0.0.1:{inside}")
    example = re.sub(r"^\s*(ssl_|add_header Strict).*\n", "", example, flags=re.MULTILINE)
    if workspace_user:
        example = example.replace('X-Remote-User ""', f'X-Remote-User "{workspace_user}"')
    path = folder / "nginx.conf"
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"worker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}{example}\n}}\n",
        encoding="utf-8",
    )
    return path


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - of this test
    except OSError:
        return False
    return True


@pytest.fixture(scope="module", params=["password", "proxy"])
def proxy(
    request: pytest.FixtureRequest, finished_run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    workspace = folder / "workspace"
    shutil.copytree(finished_run.workspace, workspace)
    UserList(workspace).put("ana", "owner", password=PASSWORD)
    port = free_port()
    how = ["--sign-in", request.param, "--prefix", "/harmony", "--use-xheaders"]
    if request.param == "proxy":
        how += ["--proxy-header", "X-Remote-User", "--proxy-address", "127.0.0.1"]
    server = start_app(workspace, None, "--origin", f"localhost:{port}", *how)
    named = "ana" if request.param == "proxy" else ""
    command = [str(NGINX), "-c", str(configuration(folder, port, server.port, named))]
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    deadline = time.monotonic() + 30
    while not answers(f"http://localhost:{port}/harmony/healthz") and time.monotonic() < deadline:
        time.sleep(0.1)
    yield Proxy(f"http://localhost:{port}", server.port)
    process.terminate()
    process.wait(timeout=20)
    server.stop()


def test_everything_a_page_asks_for_is_under_the_prefix(
    new_page: Callable[..., Page], proxy: Proxy, finished_run
):
    page = new_page()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
    page.goto(f"{proxy.url}/harmony/fuse?run={finished_run.run}")
    if page.get_by_label("Password").is_visible():
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("User ana")).to_be_visible()
    expect(page.get_by_text("See how good it is")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("methods", re.IGNORECASE)).first.click()
    assert download.value.url.startswith(f"{proxy.url}/harmony/download/")
    for place in ("Begin", "Surveys", "Harmonize", "Validate", "Explore"):
        page.get_by_role("navigation").get_by_role("link", name=place).click()
        expect(page.locator("nav a.active")).to_have_text(place)
        expect(page.locator("main.place > *").first).to_be_visible()
    page.get_by_role("link", name="Harmony", exact=True).click()
    page.wait_for_url(f"{proxy.url}/harmony/")
    own = [url for url in asked if not url.startswith(("data:", "blob:"))]
    assert sum("/ws" in url for url in own) >= 6
    assert [url for url in own if not url.startswith(f"{proxy.url}/harmony/")] == []


def test_a_file_larger_than_nginx_takes_by_itself_is_sent_through_it(
    new_page: Callable[..., Page], proxy: Proxy, tmp_path: Path
):
    large = tmp_path / "large.csv"
    large.write_text("hid,weight,tenure\n" + "a,1,Own\n" * 1_000_000)
    page = new_page()
    page.goto(f"{proxy.url}/harmony/surveys?mode=import")
    if page.get_by_label("Password").is_visible():
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
    page.locator("input[type=file]").first.set_input_files(large)
    expect(page.get_by_text("Upload complete").first).to_be_visible(timeout=60_000)


def test_the_prefix_without_its_slash_leads_to_the_first_page(proxy: Proxy):
    with urllib.request.urlopen(f"{proxy.url}/harmony", timeout=30) as answer:  # noqa: S310 - as above
        assert answer.url.startswith(f"{proxy.url}/harmony/")
