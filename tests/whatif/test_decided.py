"""Other figures for what is least known, and where the plan then builds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_studies import ABILENE, CHICAGO, DALLAS, small_study

from siting.assembly import assemble
from siting.assembly.assemble import with_figures
from siting.errors import InputError
from siting.run import solve
from siting.tables.read import Tables, read_tables
from siting.whatif.decided import Decided, Trial, place_decided
from siting.whatif.figures import Spread, other_figures

NOTHING = Spread(hosting=0.0, price=0.0, lead_quarters=0)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def test_errors_are_drawn_where_the_figures_are(tables: Tables, tmp_path: Path) -> None:
    """Of 40 trials: MW of every place by themselves, within 30 %; prices of Dallas and Fort Worth, of the state's
    table, off by the same share, within 10 %, Abilene's own price by another; waits of the table alike, by whole
    quarters, never before the start. `alone` draws all apart. One seed gives the same figures again."""
    rows = ABILENE + DALLAS + DALLAS.replace("dallas,32.78,-96.80", "worth,32.75,-97.33") + CHICAGO
    study = small_study(tmp_path, rows)
    usable = assemble(study, tables).usable.set_index("candidate", drop=False)
    drawn = [other_figures(study, usable, Spread(), 7, trial) for trial in range(1, 41)]
    mw = pd.DataFrame([frame["final_utility_mw"] / usable["final_utility_mw"] - 1.0 for frame in drawn])
    price = pd.DataFrame([frame["usd_per_mwh"] / usable["usd_per_mwh"] - 1.0 for frame in drawn])
    lead = pd.DataFrame([frame["energization"] - usable["energization"] for frame in drawn])
    assert 0.2 < mw.abs().to_numpy().max() <= 0.3 and 0.07 < price.abs().to_numpy().max() <= 0.1
    assert (mw["dallas"] != mw["worth"]).all()
    assert price["dallas"].tolist() == pytest.approx(price["worth"].tolist())
    assert (price["dallas"] != price["abilene"]).all() and (price["dallas"] != price["chicago"]).all()
    assert lead["dallas"].tolist() == lead["worth"].tolist() != lead["chicago"].tolist()
    assert set(lead["abilene"]) <= set(range(-4, 5)) and set(lead["dallas"]) == {-2, -1, 0, 1, 2, 3, 4}  # wait: 2
    apart = other_figures(study, usable, Spread(alone=True), 7, 1)
    assert apart["usd_per_mwh"].div(usable["usd_per_mwh"]).nunique() == 4
    again = other_figures(study, usable, Spread(), 7, 3)
    pd.testing.assert_frame_equal(again, drawn[2])


def test_the_figures_of_the_study_give_its_own_problem(tables: Tables, tmp_path: Path) -> None:
    """With a spread of nothing every array is that of the study; with 30 % fewer MW than a first phase of 30 MW IT
    needs, a campus can never be live."""
    study = small_study(tmp_path)
    a = assemble(study, tables)
    same = with_figures(study, tables, a, other_figures(study, a.usable, NOTHING, 0, 1)).problem
    for field in dataclasses.fields(same):
        value = getattr(same, field.name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(a.problem, field.name), err_msg=field.name)
    less = a.usable.assign(
        final_utility_mw=a.usable["final_utility_mw"] * [1.0, 1.0, 0.5]
    )  # Chicago: 30 MW at the meter
    assert (with_figures(study, tables, a, less).problem.live_from == study.quarters).tolist() == [False, False, True]


def test_without_errors_every_trial_builds_where_the_plan_does(tables: Tables, tmp_path: Path) -> None:
    """A spread of nothing: three trials, all in the plan's state and place, the share is 100 %. The plan keeps it."""
    study = small_study(tmp_path, search={"date_curve": False, "gap": 0.0005})
    plan = solve(study, tables=tables)
    found = place_decided(plan, runs=3, spread=NOTHING, workers=1, tables=tables)
    assert found.share == 1.0 and found.decided and found.sites == tuple(plan.sites["candidate"])
    kept = found.kept_with(plan)
    kept.save(tmp_path / "plan")
    assert kept.facts["other_figures"]["by_state"] == [{"state": found.states[0], "trials": 3, "share": 1.0}]


def test_trials_are_the_same_in_one_process_and_in_two(tables: Tables, tmp_path: Path) -> None:
    """Four trials of a study, here and in two processes: the same places and costs; with power up to four quarters late
    and prices 10 % off, 0.1 % of cost apart, not all of them build in the same state."""
    study = small_study(tmp_path)
    here = place_decided(study, runs=4, seed=1, workers=1, tables=tables)
    there = place_decided(study, runs=4, seed=1, workers=2)
    assert [(t.trial, t.sites, t.value_musd) for t in there.trials] == [
        (t.trial, t.sites, pytest.approx(t.value_musd, rel=1e-9)) for t in here.trials
    ]
    assert here.states == there.states and len(here.trials) == 4
    assert len({trial.states for trial in here.trials}) > 1 and not here.decided
    assert "Place not decided" in str(here) and "seed 1" in str(here)


def test_trials_without_a_plan_count_against_it() -> None:
    """Four trials in Texas and one without a plan: 80 %, which is just enough; one more without: 67 %."""
    texas = Trial(
        trial=1, termination="optimal", value_musd=1.0, bound_musd=1.0, states=("TX",), sites=("a",), tenures=("own",)
    )
    none = dataclasses.replace(texas, termination="infeasible", value_musd=None, states=(), sites=(), tenures=())
    found = Decided(
        study="s",
        states=("TX",),
        sites=("a",),
        trials=(*[texas] * 4, none),
        seed=0,
        spread=Spread(),
        names={"a": "A, TX"},
    )
    assert found.share == 0.8 and found.decided and "1 of 5 trials have no plan" in str(found)
    assert not dataclasses.replace(found, trials=(*found.trials, none)).decided
    rented = dataclasses.replace(found, states=(), sites=())
    assert rented.same == 0  # a trial without a plan does not build nothing


def test_wrong_numbers_are_refused_together(tables: Tables, tmp_path: Path) -> None:
    """No runs, a share of 100 % and a negative seed: three faults."""
    with pytest.raises(InputError) as caught:
        place_decided(small_study(tmp_path), runs=0, seed=-1, spread=Spread(hosting=1.0), tables=tables)
    assert [fault.key for fault in caught.value.faults] == ["runs", "seed", "spread.hosting"]
    with pytest.raises(InputError, match="runs: found 10000000; expected 1 to 100,000"):
        place_decided(small_study(tmp_path), runs=10**7, tables=tables)
