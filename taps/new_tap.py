"""Makes a new tap from taps/template, and names it where the workspace names its packages.

    make new-tap NAME=tap-example

The template is a whole tap called tap-sample, checked like all code; its name is replaced in every file. Nothing is
written when something is in the way.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "taps" / "template"
#: Files that have their place elsewhere, or are added to the end of one: `{}` is the tap's name.
PLACES = {"package.toml": "taps/{}/pyproject.toml", "plugin.yml": "plugins/extractors/{}.meltano.yml"}
ADDED = {"page.yml": "plugins/hub/pages.yml", "variables.env": ".env.example"}
#: Where the root's pyproject.toml names packages: each is put before the sandbox's, which is always there.
NAMED = (
    ('"talat-sandbox"', '"{name}", '),
    ("talat-sandbox = { workspace = true }", "{name} = {{ workspace = true }}\n"),
    ('"talat_sandbox.*"', '"{module}.*", '),
)
NEXT = """\
taps/{name} is a whole tap for an API that does not exist. Next:
  make lock                                        # its package belongs to the workspace
  make format && .venv/bin/python -m pytest taps/{name}
  .venv/bin/python plugins/hub/generate.py         # its page
CONTRIBUTING.md, "A new platform", says what to put in the place of the sample."""


def main(name: str) -> str:
    """Make the tap and return what to do next. Raises SystemExit with a sentence when that cannot be."""
    if not re.fullmatch(r"tap(-[a-z][a-z0-9]*)+", name):
        raise SystemExit(f"{name!r} is no name for a tap: write it like make new-tap NAME=tap-example.")
    new = files(name)
    for place in (f"taps/{name}", *new):
        if (ROOT / place).exists():
            raise SystemExit(f"{place} is there already: choose another name, or delete it first.")
    changed = {"pyproject.toml": with_package(name)}
    for source, target in ADDED.items():
        changed[target] = (ROOT / target).read_text("utf-8") + renamed((TEMPLATE / source).read_text("utf-8"), name)
    for target, text in {**new, **changed}.items():
        path = ROOT / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    shutil.copy2(ROOT / "taps" / "toolkit" / "LICENSE", ROOT / "taps" / name / "LICENSE")
    return NEXT.format(name=name)


def files(name: str) -> dict[str, str]:
    """The new files of a tap: their place below the root, and their text."""
    found = {}
    for path in sorted(TEMPLATE.rglob("*")):
        inside = path.relative_to(TEMPLATE).as_posix()
        if path.is_file() and "__pycache__" not in inside and inside not in ADDED:
            target = PLACES.get(inside, f"taps/{{}}/{renamed(inside, name)}").format(name)
            found[target] = renamed(path.read_text("utf-8"), name)
    return found


def renamed(text: str, name: str) -> str:
    """A text of the template with the new name in all its writings: tap-my-shop, tap_my_shop, TapMyShop, My Shop."""
    words = name.split("-")[1:]
    snake = "_".join(words)
    title, camel = (joint.join(map(str.capitalize, words)) for joint in (" ", ""))
    for old, new in (
        ("tap-sample", name),
        ("TAP_SAMPLE", f"TAP_{snake.upper()}"),
        ("TapSample", f"Tap{camel}"),
        ("SampleClient", f"{camel}Client"),
        ("SampleStream", f"{camel}Stream"),
        ("Sample", title),
        ("sample.png", f"{name.removeprefix('tap-')}.png"),
        ("_sample", f"_{snake}"),
    ):
        text = text.replace(old, new)
    return text


def with_package(name: str) -> str:
    """The root's pyproject.toml with the tap in the group of packages, the sources and what mypy is strict with."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for before, added in NAMED:
        if text.count(before) != 1:
            raise SystemExit(f"pyproject.toml has no single {before}, before which a tap is named. Add it by hand.")
        text = text.replace(before, added.format(name=name, module=name.replace("-", "_")) + before)
    return text


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1] if len(sys.argv) > 1 else "") + "\n")
