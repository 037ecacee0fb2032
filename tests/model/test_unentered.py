"""What `make coverage` says of functions that no test enters."""

from __future__ import annotations

import sys
from pathlib import Path

import coverage

sys.path.insert(0, str(Path(__file__).parents[1] / "soak"))

import unentered

SOURCE = '''
def entered(x):
    return x

def never(x):
    """Is not called."""
    return x

def stub(x): ...
'''


def test_a_function_whose_body_never_ran_is_named(tmp_path):
    module = tmp_path / "agents" / "some.py"
    module.parent.mkdir()
    module.write_text(SOURCE)
    data = coverage.CoverageData(str(tmp_path / "data"))
    data.add_arcs({str(module): [(-1, 2), (2, 5), (5, 9), (9, -1), (-2, 3), (3, -2)]})
    data.write()
    assert unentered.unentered(str(tmp_path / "data"), tmp_path, ("agents",)) == ["agents/some.py:5 never"]
