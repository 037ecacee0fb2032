"""Planning a sweep: heard of while it lasts, and done once."""

import numpy as np
import pytest

from experiments import InputError, sweep
from experiments.cli import sweeps
from experiments.designs import plan as planning
from experiments.designs import read_design
from experiments.designs.kept_keys import FILE
from experiments.designs.plan import make_plan
from tests.experiments.stand_ins import product
from tests.small import SMALL

DESIGN = {
    "kind": "lhs", "points": 5, "uncertainties": {"build_limit": "declared"}, "until": "2025-02", "set": SMALL,
    "outcomes": ["amazon_own_share"],
}  # fmt: skip


def counted(monkeypatch):
    """How many points have been checked, in a list."""
    checked, usual = [], planning.at_point

    def count(*given, **named):
        checked.append(given)
        return usual(*given, **named)

    monkeypatch.setattr(planning, "at_point", count)
    return checked


def test_who_goes_on_with_a_sweep_checks_no_point_again(tmp_path, monkeypatch):
    checked = counted(monkeypatch)
    store, fresh = tmp_path / "store", make_plan(read_design(DESIGN))
    sweep(DESIGN, store, workers=1)
    assert len(checked) == 2 * 5  # once for `fresh`, once for the sweep
    done = sweep(DESIGN, store, workers=1)
    assert len(checked) == 10
    assert done.status.left == 0
    np.testing.assert_array_equal(make_plan(read_design(DESIGN), store=store).keys, fresh.keys)


@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_keys_that_are_damaged_or_of_another_design_are_made_anew(tmp_path, monkeypatch, content):
    store = tmp_path / "store"
    sweep(DESIGN, store, workers=1)
    checked = counted(monkeypatch)
    design = DESIGN if content is not None else {**DESIGN, "replications": 2}
    if content is not None:
        (store / FILE).write_bytes(content)
    plan = make_plan(read_design(design), store=store)
    assert len(checked) == 5
    np.testing.assert_array_equal(plan.keys, make_plan(read_design(design)).keys)
    assert sweep(design, store, workers=1).status.left == 0
    checked.clear()
    sweep(design, store, workers=1)
    assert not checked


def test_planning_is_told_of_while_it_lasts(tmp_path, monkeypatch, capsys):
    heard = []
    sweep(DESIGN, tmp_path / "store", workers=1, planning=lambda done, total: heard.append((done, total)))
    assert heard == [(point, 5) for point in range(5)]
    now = iter((0.0, 1.0, 9.0, 9.0, 10.0))
    monkeypatch.setattr(sweeps.time, "monotonic", lambda: next(now))
    report = sweeps.planning_lines()
    for point in (1, 2, 3):
        report(point, 6000)
    assert capsys.readouterr().err == "planning: 2 of 6,000 points checked\n"


def test_points_that_are_not_possible_keep_no_keys(tmp_path):
    wrong = {"kind": "grid", "uncertainties": {"enterprise_size_min": [1e9]}, "levers": {}, "outcomes": ["x"]}
    with pytest.raises(InputError):
        sweep(wrong, tmp_path / "store", simulate=product, workers=1)
    assert not (tmp_path / "store").exists()
