"""Whether `agents`, `model`, `experiments` and `server` are the packages of this installation.

Their names are common ones: a script that has a `model.py` of its own beside it would hide ours, and Python would only
say that 'model' is not a package. This file has a name that nobody else uses, so that it can say more.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def check_packages(*names: str) -> None:
    """Check that Python takes packages from where this file is.

    Args:
        names: Those that the caller imports.

    Raises:
        ImportError: It takes one from elsewhere; the message names the file and what to do.
    """
    home = Path(__file__).resolve().parent
    for name in names:
        found = _file_of(name)
        if found is None or found.resolve().is_relative_to((home / name).resolve()):
            continue
        raise ImportError(
            f"lastmile needs its own package {name!r} in {home}, but Python finds {found} first. Rename that file, or "
            "the folder that it is in; or run the script with `python -P`, which does not look for modules beside it",
            name=name,
            path=str(found),
        )


def _file_of(name: str) -> Path | None:
    """Where Python takes a module from, or has taken it from already; None where there is none, or no file."""
    if name in sys.modules:
        file = getattr(sys.modules[name], "__file__", None)
    else:
        spec = find_spec(name)
        file = spec.origin if spec is not None and spec.has_location else None
    return None if file is None else Path(file)
