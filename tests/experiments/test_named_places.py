"""Single places asked for by name or code, and several together."""

import numpy as np
import pytest

from experiments import InputError
from experiments.by_place import places
from experiments.named_places import TOGETHER, find_places
from model.parameters import Parameters
from model.places import MEASURES, county_places
from model.zones import build_zone_table

COUNTIES = county_places(build_zone_table(Parameters.default()))
SMALL = {"n_shippers": 60}


def test_a_place_is_found_by_code_by_name_and_by_a_part_that_only_it_has() -> None:
    assert find_places(COUNTIES, ["17031", "Cook County, IL", " 17031 "]) == [COUNTIES.ids.index("17031")]
    assert [COUNTIES.names[i] for i in find_places(COUNTIES, ["los angeles", "kings county, ny"])] == [
        "Los Angeles County, CA",
        "Kings County, NY",
    ]


def test_all_that_names_no_place_or_several_is_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        find_places(COUNTIES, ["cook", "nowhere", "17031"])
    ambiguous, unknown = error.value.problems
    assert "Cook County, GA (13075)" in ambiguous
    assert "write its code" in ambiguous
    assert "no county 'nowhere'" in unknown
    with pytest.raises(InputError, match="no county"):
        places(["baseline"], place=["nowhere"], set=SMALL)


def test_places_together_are_the_mean_over_their_households_run_by_run() -> None:
    result = places(
        ["baseline", "withdraw"], set=SMALL, until="2026-12", replications=2, workers=1, place=["17031", "38001"]
    )
    asked = result.asked.set_index(["id", "scenario", "measure"])
    whole = result.table
    for scenario in result.names:
        for code in ("17031", "38001"):
            for measure in (one.name for one in MEASURES):
                row = asked.loc[(code, scenario, measure)]
                seen = whole.loc[(scenario, code)]
                assert row["value"] == pytest.approx(seen[measure], nan_ok=True)
                assert row["difference"] == pytest.approx(seen[f"{measure}_difference"], nan_ok=True)
                assert row["error"] == pytest.approx(seen[f"{measure}_error"], nan_ok=True)
        weight = whole.loc[scenario].loc[["17031", "38001"], "households"].to_numpy()
        each = [asked.loc[(code, scenario, "carriers_count"), "value"] for code in ("17031", "38001")]
        both = asked.loc[(TOGETHER, scenario, "carriers_count"), "value"]
        assert both == pytest.approx(np.average(each, weights=weight))
        assert min(each) < both < max(each)
