"""Take the README's picture from the running app on the demo."""

import sys
import tempfile
from pathlib import Path

from running_app import browser, running_app

from fusion_core.demo import build_demo

TARGET = Path(__file__).parents[1] / "assets" / "harmonize.png"
VIEW = "harmonize?pair=DEMOENERGY_2020__DEMOACS_2022&donor=hometype"


def main() -> int:
    view = sys.argv[1] if len(sys.argv) > 1 else VIEW
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        build_demo(Path(folder) / "demo")
        with running_app(Path(folder) / "demo") as url:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}/{view}")
            page.get_by_text("After harmonization").wait_for()
            page.wait_for_timeout(1500)
            TARGET.parent.mkdir(exist_ok=True)
            page.screenshot(path=str(TARGET))
    print(f"Wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
