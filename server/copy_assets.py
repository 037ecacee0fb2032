"""Copies the few files that the browser needs from node_modules into assets/cdn, with a manifest and the licences.

Runs at set-up time, after `npm ci`, with the standard library alone. The layout is the one in which Solara's server
looks before it would ask a CDN: `<package>@<version>/<path inside the package>`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
NODE_MODULES = HERE / "node_modules"
CDN = HERE / "assets" / "cdn"
MANIFEST = "manifest.json"

# Per package: patterns of the files that a page asks for. Solara's bundle is taken as built for ipywidgets 8.
WANTED = {
    "@widgetti/solara-vuetify3-app": (
        "dist/main8.css",
        "dist/fonts.css",
        "dist/solara-vuetify-app8.min.js",
        "dist/*.solara-vuetify-app8.min.js",
        "dist/*.woff2",
    ),
    "requirejs": ("require.js",),
    "echarts": ("dist/echarts.min.js",),
    "us-atlas": ("states-albers-10m.json",),
}
# Only the tests use these; they go into a folder beside, which no page names and no wheel carries.
WANTED_BY_TESTS = {"axe-core": ("axe.min.js", "LICENSE")}
TEST_FILES = HERE.parent / "tests" / "server" / "browser_files"
LICENCES = ("LICENSE*", "NOTICE*", "package.json", "dist/*app8.min.js.LICENSE.txt")


def matches(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """All files under `folder` that match one of the patterns, in a fixed order."""
    for pattern in patterns:
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def copy(source: Path, target: Path) -> None:
    """Copy one file, making the folder that it goes to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def main() -> None:
    """Build assets/cdn anew beside the old one, then swap, so that it is complete whenever it exists."""
    fresh = CDN.with_name("cdn.new")
    shutil.rmtree(fresh, ignore_errors=True)
    manifest: dict[str, str] = {}
    for package, patterns in WANTED.items():
        folder = NODE_MODULES / package
        if not folder.is_dir():
            sys.exit(f"copy_assets: {package} is not installed; run `npm ci` in server/ first")
        name = f"{package}@{json.loads((folder / 'package.json').read_text())['version']}"
        for pattern in patterns:
            found = list(matches(folder, (pattern,)))
            if not found:
                sys.exit(f"copy_assets: {name} has no file {pattern}")
            for path in found:
                relative = f"{name}/{path.relative_to(folder).as_posix()}"
                copy(path, fresh / relative)
                manifest[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
        for path in matches(folder, LICENCES):
            copy(path, fresh / "licences" / name / path.name)
    (fresh / MANIFEST).write_text(json.dumps(dict(sorted(manifest.items())), indent=1) + "\n")
    shutil.rmtree(CDN, ignore_errors=True)
    fresh.rename(CDN)
    for package, patterns in WANTED_BY_TESTS.items():
        for path in matches(NODE_MODULES / package, patterns):
            copy(path, TEST_FILES / path.name)
    print(f"{len(manifest)} browser files in {CDN.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
