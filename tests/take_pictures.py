"""Take the README's picture and those of the guide from the running app on the demo."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page
from running_app import browser, running_app
from typer.testing import CliRunner

from fusion_core.cli.main import app

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "harmony_app" / "help" / "pictures"
PAIR = "DEMOENERGY_2020__DEMOACS_2022"
COLOURS = 200  # a page has few; a palette makes its file a third as large
SETTLED_MILLISECONDS = 4000


@dataclass(frozen=True)
class Picture:
    """A view of the app, and the text by which one sees that it is complete."""

    path: Path
    address: str
    ready: str
    prepare: Callable[[Page], None] = lambda _: None
    height: int = 800


def choose_variables(page: Page) -> None:
    for name in ("elec_kwh", "insecure"):
        page.locator(f"[data-variable={name}]").click()
        page.locator(f"[data-variable={name}][aria-pressed=true]").wait_for()


PICTURES = (
    Picture(
        ROOT / "assets" / "harmonize.png",
        f"harmonize?pair={PAIR}&donor=hometype",
        "After harmonization",
        height=900,
    ),
    Picture(GUIDE / "begin.png", "begin", "Everything is in place", height=560),
    Picture(GUIDE / "surveys.png", "surveys?q=heating&survey=DEMOENERGY_2020", "variables"),
    Picture(GUIDE / "places.png", "places?table=climate", "Predictor"),
    Picture(
        GUIDE / "harmonize.png", f"harmonize?pair={PAIR}&donor=hometype", "After harmonization"
    ),
    Picture(GUIDE / "fuse.png", "fuse", "What to fuse", choose_variables),
    Picture(GUIDE / "validate.png", "validate", "How far off?"),
    Picture(GUIDE / "explore.png", "explore?var=insecure&stat=share&level=Yes", "another class"),
)


def main() -> int:
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        demo = Path(folder) / "demo"
        CliRunner().invoke(
            app, ["demo", "--workspace", str(demo), "--quick"], catch_exceptions=False
        )
        with running_app(demo) as url:
            for picture in PICTURES:
                if not wanted or picture.path.stem in wanted:
                    page = chromium.new_page(viewport={"width": 1280, "height": picture.height})
                    page.context.add_cookies([{"name": "harmony_user", "value": "Ada", "url": url}])
                    take(page, url, picture)
    return 0


def take(page: Page, url: str, picture: Picture) -> None:
    page.goto(f"{url}/{picture.address}")
    page.locator("main").get_by_text(picture.ready).first.wait_for()
    picture.prepare(page)
    page.wait_for_timeout(SETTLED_MILLISECONDS)
    picture.path.parent.mkdir(exist_ok=True)
    page.screenshot(path=str(picture.path))
    page.close()
    with Image.open(picture.path) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            picture.path, optimize=True
        )
    print(f"Wrote {picture.path.relative_to(ROOT)}, {picture.path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
