"""Build the release, install it in a clean environment, and use it there as a newcomer would.

``python tests/check_release.py [PYTHON ...]`` takes the interpreters to try (this one when none is
named); ``make release`` leaves what was built in ``dist/``.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("fusion_core", "harmony_app")
DOCUMENTS = ("LICENSE", "README.md", "pyproject.toml")
PORT = 5907
GIT = shutil.which("git") or "git"
PATIENCE_SECONDS = 120


def tracked() -> set[str]:
    """Return what the packages consist of, as paths in the repository."""
    listed = subprocess.run(
        [GIT, "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listed.stdout.splitlines())


def build(folder: Path) -> tuple[Path, Path]:
    """Build source archive and wheel from a clean copy, and return their paths."""
    copy = folder / "copy"
    subprocess.run([GIT, "clone", "--quiet", ROOT, copy], check=True)
    built = [sys.executable, "-m", "build", "--outdir", folder, copy]
    done = subprocess.run(built, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def lacking(source: Path, wheel: Path) -> list[str]:
    """Return what belongs to the release and is in neither, or not in both, of its archives."""
    with zipfile.ZipFile(wheel) as opened:
        in_wheel = set(opened.namelist())
    with tarfile.open(source) as opened:
        in_source = {name.partition("/")[2] for name in opened.getnames()}
    wanted = tracked()
    return sorted(
        [f"wheel: {name}" for name in wanted - in_wheel]
        + [f"source archive: {name}" for name in (wanted | set(DOCUMENTS)) - in_source]
    )


def try_out(python: str, archive: Path, folder: Path) -> str:
    """Install an archive for an interpreter, run the demo there and ask the app for a page."""
    home = Path(tempfile.mkdtemp(dir=folder))  # interpreters may all be called "python"
    if python == sys.executable:
        venv.create(home, with_pip=True)
    else:
        subprocess.run([python, "-m", "venv", home], check=True)
    run = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--prefer-binary", archive]
    subprocess.run(run, cwd=folder, check=True)
    harmony = home / "bin" / "harmony"
    said = subprocess.run([harmony, "--version"], capture_output=True, text=True, check=True)
    demo = home / "demo"
    subprocess.run(
        [harmony, "demo", "--workspace", demo, "--quick", "--small"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    _first_page(harmony, demo)
    return said.stdout.strip()


def _first_page(harmony: Path, workspace: Path) -> None:
    serving = subprocess.Popen(
        [harmony, "app", "--workspace", workspace, "--port", str(PORT), "--no-show"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"http://localhost:{PORT}/explore") as page:
                    if b"Harmony" in page.read():
                        return
            except OSError:
                if time.monotonic() > end or serving.poll() is not None:
                    raise
                time.sleep(1)
    finally:
        serving.terminate()
        serving.wait()


def main(interpreters: list[str]) -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        archives = build(folder)
        missing = lacking(*archives)
        if missing:
            print("Not in the release:", *missing, sep="\n  ")
            return 1
        for python in interpreters or [sys.executable]:
            for archive in archives:
                print(f"{archive.name} on {python}:", end=" ", flush=True)
                print(try_out(python, archive, folder), "– demo and first page answer")
        target = ROOT / "dist"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for archive in archives:
            shutil.copy(archive, target)
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ.pop("PYTHONPATH", None)  # what is tried is what was installed, not this tree
    sys.exit(main(sys.argv[1:]))
