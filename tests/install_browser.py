"""Install the browser the end-to-end tests drive, and the proxy one of them is behind, unless there.

Debian and Ubuntu get their own packages; elsewhere Playwright's build of the browser is used, and the
test of the proxy is skipped.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed_browser() -> str | None:
    """Return the path of a Chromium-like browser on this machine."""
    named = os.environ.get("HARMONY_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def run(*command: str) -> bool:
    print("+", " ".join(command), flush=True)
    try:
        return subprocess.run(command, check=False).returncode == 0
    except FileNotFoundError:
        return False


def installed_proxy() -> str | None:
    """Return the path of nginx on this machine; administrators' folders are not on every path."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def install_debian_packages(*packages: str) -> bool:
    if not shutil.which("apt-get"):
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt = [*prefix, *environment, "apt-get"]
    run(*apt, "update", "-qq")
    return run(*apt, "install", "-y", "-qq", "--no-install-recommends", *packages)


def main() -> int:
    if not installed_proxy():
        install_debian_packages("nginx-light")
    if browser := installed_browser():
        print(f"The end-to-end tests use {browser}")
        return 0
    if install_debian_packages("chromium", "fonts-dejavu-core") and installed_browser():
        return 0
    if run(sys.executable, "-m", "playwright", "install", "chromium"):
        return 0
    print(
        "No browser could be installed. Install Chromium, or name one in HARMONY_CHROMIUM.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
