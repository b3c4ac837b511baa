"""The lease-versus-buy map: its formulas are the table's, its flips are ties, and its words say both."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from siting.plan import Plan
from siting.report.charts import svg
from siting.report.lease_chart import lease_map_figure
from siting.report.lease_map import AXES, COLUMNS, Point, Rivalry, lease_map, plan_point, rivalry_of, winner
from siting.report.lease_section import lease_or_own, map_words
from siting.report.lease_table import Hall, LeaseOffer, OwnBasis, lease_versus_own, own_bases
from siting.study import Study
from siting.tables.read import Tables


@pytest.fixture
def simple() -> Rivalry:
    """43,800 USD over 5 years at rate 0 and nothing else: 1 USD an hour; leased at 1.25, or at 2 on demand."""
    basis = OwnBasis(
        accelerator="toy",
        capex_usd=43_800.0,
        it_kw=1.0,
        pue=1.0,
        hall=Hall(),
        power_usd_per_mwh=0.0,
        load_factor=1.0,
        om_share=0.0,
        rate=0.0,
        availability=1.0,
        utilisation=0.8,
        residual="zero",
        words=(),
    )
    offers = (LeaseOffer("contract", 1.25), LeaseOffer("by the hour", 2.0, used_hours_only=True, admitted=False))
    return Rivalry(basis=basis, offers=offers, residual_share=lambda _: 0.0)


@pytest.fixture
def rivalry(plan: Plan, study: Study, tables: Tables) -> Rivalry:
    """The made-up plan's."""
    return rivalry_of(own_bases(plan, study, tables)[0], study, tables)


def test_plan_point_by_hand(simple: Rivalry):
    """80 % used: 1 / 0.8 owned; 1.25 / 0.8 leased beats 2 on demand; owning is cheaper by 0.25 / 1.25 = 20 %."""
    at = plan_point(simple.basis)
    assert simple.own(at) == pytest.approx(1.25)
    assert simple.lease(at) == (pytest.approx(1.5625), "contract")
    assert simple.margin_percent(at) == pytest.approx(20.0)


def test_flips_by_hand(simple: Rivalry):
    """1 x 5 / N = 1.25 at 4 years; 1 / U = 2 at 50 %; at the path's and the rate's flip both sides cost the same."""
    at = plan_point(simple.basis)
    assert simple.nearest_flip("life_years", at) == pytest.approx(4.0)
    assert simple.nearest_flip("utilisation", at) == pytest.approx(0.5)
    change = simple.nearest_flip("price_change", at)
    assert change is not None
    assert sum(1.25 * (1 + change) ** year for year in range(5)) / 5 == pytest.approx(1.0)
    rate = simple.nearest_flip("rate", at)
    assert rate is not None
    assert rate / (1 - (1 + rate) ** -5) == pytest.approx(1.25 / 5)


def test_leasing_may_win_and_flips_lie_above(simple: Rivalry):
    """Leased at 0.9 the life must reach 5 / 0.9 years; on demand at 2 never comes into it; no utilisation turns it."""
    cheap = replace(simple, offers=(LeaseOffer("contract", 0.9),))
    at = plan_point(cheap.basis)
    assert winner(cheap.margin_percent(at)) == "lease"
    assert cheap.margin_percent(at) == pytest.approx(-10.0)
    assert cheap.nearest_flip("life_years", at) == pytest.approx(5 / 0.9)
    assert cheap.nearest_flip("utilisation", at) is None
    assert cheap.nearest_flip("rate", at) is None
    words = " ".join(map_words(cheap))
    assert "leasing is cheaper by 10.0 %" in words
    assert "at a life above 5.6 years (0.6 years from the plan's)" in words
    assert "No utilisation from 5 to 100 % and no discount rate from 0 to 40 %/y turn it." in words


def test_small_margins_and_public_prices_are_said_to_be_so(simple: Rivalry):
    """A public 0.995 beats 1.00 by 0.5 %: not told apart; against the study's own 1.25 owning wins by 20 %."""
    listed = LeaseOffer("lowest of 2 public reserved offers", 0.995, public=True)
    words = map_words(replace(simple, offers=(*simple.offers[:1], listed)))
    assert words[0].endswith("leasing is cheaper by 0.5 %, less than these figures can tell.")
    assert words[1].endswith("against this study's own offers owning is cheaper by 20.0 %.")
    assert "at a life above 5.03 years (0.03 years from the plan's)" in words[2]


def test_equal_prices_are_a_tie(simple: Rivalry):
    """Leased at 1.00 both sides cost the same."""
    equal = replace(simple, offers=(LeaseOffer("contract", 1.0),))
    assert ": a tie." in map_words(equal)[0]
    assert (winner(0.0), winner(float("nan"))) == ("tie", "")


def test_grid_holds_every_combination_and_the_studys_rate(rivalry: Rivalry):
    """6 lives x 8 utilisations x 3 paths x 3 rates; a study at 12 %/y adds a fourth; margins stay within 100 %."""
    grid = lease_map(rivalry)
    assert grid.columns.tolist() == COLUMNS
    assert len(grid) == 6 * 8 * 3 * 3
    assert not grid.duplicated(["life_years", "utilisation", "price_change", "rate"]).any()
    assert grid["margin_percent"].between(-100, 100).all()
    assert (grid["winner"] == grid["margin_percent"].map(winner)).all()
    other = lease_map(replace(rivalry, basis=replace(rivalry.basis, rate=0.12)))
    assert sorted(other["rate"].unique()) == [0.06, 0.10, 0.12, 0.14]


def test_grid_agrees_with_the_table_beside_it(rivalry: Rivalry, plan: Plan, study: Study, tables: Tables):
    """At 10 %/y: lives 3-6 at 80 % used, and 60 and 100 % used at 5 years, cost what the table says."""
    table = lease_versus_own(plan, study, tables)
    grid = lease_map(rivalry)
    here = grid[(grid["rate"] == 0.10) & (grid["price_change"] == 0.0)].set_index(["life_years", "utilisation"])
    own = table[table["side"] == "own"]
    for _, row in own[own["varied"] == "life"].iterrows():
        cell = here.loc[(float(row["life_years"]), 0.8)]
        assert cell["own_usd_per_used_gpu_h"] == pytest.approx(row["usd_per_used_gpu_h"])
    for used in (0.6, 1.0):
        rows = table[(table["varied"] == "utilisation") & (table["setting"] == f"{used * 100:.0f} %")]
        mine = rows.loc[rows["side"] == "own", "usd_per_used_gpu_h"].iloc[0]
        assert here.loc[(5.0, used), "own_usd_per_used_gpu_h"] == pytest.approx(mine)
        best = min(rows.loc[rows["side"] == "lease", "usd_per_used_gpu_h"].min(), 3.49)  # 3.49: Lambda, on demand
        assert here.loc[(5.0, used), "lease_usd_per_used_gpu_h"] == pytest.approx(best)
    falls = table[(table["varied"] == "price path") & (table["setting"] == "-20 %/y")]
    fallen = grid[(grid["rate"] == 0.10) & (grid["price_change"] == -0.2) & (grid["life_years"] == 5)]
    at_80 = fallen[fallen["utilisation"] == 0.8]["lease_usd_per_used_gpu_h"].iloc[0]
    assert at_80 == pytest.approx(falls["usd_per_used_gpu_h"].min())


def test_sentence_has_the_tables_numbers(rivalry: Rivalry, plan: Plan, study: Study, tables: Tables):
    """Owned and leased cost of a used hour, and the cost at residual 0, read back from the words."""
    table = lease_versus_own(plan, study, tables)
    base = table[table["varied"] == "base"].set_index("side")["usd_per_used_gpu_h"]
    words = " ".join(map_words(rivalry))
    found = re.search(r"costs ([\d.]+) USD owned and ([\d.]+) USD leased", words)
    assert found
    assert float(found.group(1)) == round(base["own"], 2)
    assert float(found.group(2)) == round(base.loc[["lease"]].min(), 2)
    bare = table[(table["varied"] == "residual") & (table["setting"] == "zero")]["usd_per_used_gpu_h"].iloc[0]
    assert f"at residual 0 owning costs {bare:.2f} USD" in words


def test_price_path_turns_where_the_table_breaks_even(rivalry: Rivalry, plan: Plan, study: Study, tables: Tables):
    """The flip along the price path is the break-even fall of the cheapest offer."""
    base = lease_versus_own(plan, study, tables).query("varied == 'base' and side == 'lease'")
    cheapest = base.loc[base["usd_per_used_gpu_h"].idxmin()]
    flip = rivalry.nearest_flip("price_change", plan_point(rivalry.basis))
    assert flip == pytest.approx(-cheapest["break_even_decline"])


def test_sides_change_at_every_flip(rivalry: Rivalry):
    """A hair to either side of a flip the winners differ, and none flips between it and the plan's point."""
    at = plan_point(rivalry.basis)
    here = winner(rivalry.margin_percent(at))
    flips = {axis: rivalry.nearest_flip(axis, at) for axis in AXES}
    assert any(value is not None for value in flips.values())
    for axis, value in flips.items():
        if value is None:
            continue
        start = getattr(at, axis)
        step = 1e-6 * (1 if value > start else -1)
        assert winner(rivalry.margin_percent(replace(at, **{axis: value + step}))) != here
        for part in (0.1, 0.5, 0.9, 1 - 1e-6):
            between = start + (value - start) * part
            assert winner(rivalry.margin_percent(replace(at, **{axis: between}))) == here


def test_a_higher_rate_never_helps_owning_at_a_price_that_stays(rivalry: Rivalry):
    """The annuities of the accelerator and of its hall rise with the rate; the lease does not."""
    rates = [0.0, 0.05, 0.10, 0.15, 0.30]
    margins = [rivalry.margin_percent(Point(life_years=5, utilisation=0.8, price_change=0.0, rate=r)) for r in rates]
    assert all(later < earlier for earlier, later in itertools.pairwise(margins))


def test_rate_moves_the_annuity_of_an_own_hall_too(simple: Rivalry):
    """1 kW of hall, 8,760 USD over 2 years, and land of 8,760 USD: 0.5 USD/h at rate 0; at 10 %, 1 / 1.735537 + 0.1."""
    hall = Hall(built_usd_per_kw=8_760.0, land_usd_per_kw=8_760.0, life_years=2.0)
    housed = replace(simple, basis=replace(simple.basis, hall=hall))
    free, dear = (Point(life_years=5, utilisation=1.0, price_change=0.0, rate=rate) for rate in (0.0, 0.1))
    assert housed.own(free) - simple.own(free) == pytest.approx(0.5)
    assert housed.own(dear) - simple.own(dear) == pytest.approx(0.6761905)


def test_without_a_lease_price_there_is_no_map(plan: Plan, study: Study, tables: Tables, rivalry: Rivalry):
    """Words instead; the table's lease side is blank."""
    alone = replace(rivalry, offers=())
    assert map_words(alone) == [
        "No map: no lease price of this accelerator is known on the study's date, neither stated nor public."
    ]
    grid = lease_map(alone)
    assert grid["margin_percent"].isna().all()
    assert set(grid["winner"]) == {""}
    own_chip = {"name": "own chip", "price_usd": "20000 USD", "price_includes": ["accelerator", "server", "network"]}
    own_chip |= {"storage_usd": "0 USD", "it_kw": "1 kW", "h100e_bf16": 0.5, "pod_accelerators": 8}
    cluster = {"name": "c", "gpus": 8, "accelerators": ["own chip"], "by": "2025-Q4"}
    changes = {"accelerators": [{**own_chip, "available": "2024-Q2"}], "clusters": [cluster]}
    named = study.update({**changes, "leases.bilateral": [], "leases.existing": []})
    section = lease_or_own(plan, named, tables)
    assert "No map: no lease price" in section
    assert "The ring is where this plan stands" not in section


def test_public_offers_that_the_study_does_not_admit(study: Study, plan: Plan, tables: Tables):
    """Reserved ones stand in when there is no other; beside an own offer only on demand does, and is named so."""
    closed = study.update({"leases.public": None})
    basis = own_bases(plan, closed, tables)[0]
    names = [offer.name for offer in rivalry_of(basis, closed, tables).offers]
    assert names[0] == "servers for 10 GUSD"
    assert not any("reserved" in name for name in names)
    assert any("on demand" in name for name in names)
    nothing = closed.update({"leases.bilateral": []})
    offers = rivalry_of(basis, nothing, tables).offers
    assert [offer.admitted for offer in offers if "reserved" in offer.name] == [False, False]
    assert "which this study does not admit" in map_words(rivalry_of(basis, nothing, tables))[0]


def test_figure_marks_the_plan_once(rivalry: Rivalry):
    """Nine facets of 48 cells and one ring; as SVG it stays small and names paths and rates."""
    at = plan_point(rivalry.basis)
    grid = lease_map(rivalry)
    drawn = svg(lease_map_figure(grid, at))
    assert drawn.count('stroke-width="2.2"') == 1
    for words in ("lease price −20 %/y", "lease price stays", "discount rate 14 %/y", "life, years"):
        assert words in drawn
    assert len(drawn) < 200_000
