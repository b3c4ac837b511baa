"""The search for the smallest change, on functions whose answer is known by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from siting.explanation.change import Change, Search
from siting.explanation.ground import Difference, LeastCost, apart, less, more

BASE = LeastCost(value_musd=100.0, bound_musd=100.0)


def searched(left: Callable[[], bool] = lambda: True) -> Search:
    """A search for a tie with 100 musd; without a change it costs 130."""
    search = Search(base=BASE, gap=0.0, left=left)
    search.note(0.0, LeastCost(value_musd=130.0, bound_musd=130.0))
    return search


def test_a_price_is_found_where_the_plan_at_hand_ties() -> None:
    """Three plans: 130 whatever the price, 140 - 2 d, 190 - 6 d. The least is 100 first where 6 d = 90, d = 15; from 40
    on that takes two searches and the one that proves that 1 % less is not enough."""
    plans, tried = [(130.0, 0.0), (140.0, 2.0), (190.0, 6.0)], []

    def answer(amount: float) -> LeastCost:
        tried.append(amount)
        cost, units = min((c - r * amount, r) for c, r in plans)
        return LeastCost(value_musd=cost, bound_musd=cost, decisions=units)  # type: ignore[arg-type]

    search = searched()
    search.by_price(answer, lambda _, units: units, 40.0)  # type: ignore[arg-type,return-value]
    assert search.enough == pytest.approx(15.0) and search.complete
    assert search.low == pytest.approx(0.99 * 15.0)
    assert len(tried) == 3


def test_megawatts_are_found_to_one_per_cent() -> None:
    """2.435 MW more are a second module: enough to 1 %, and 1 % less is proved not to be."""
    search = searched()
    search.by_halving(_step(2.435), 498.0, None)
    assert search.enough is not None and 2.435 <= search.enough <= 2.435 * 1.011
    assert search.low >= 0.99 * search.enough - 1e-9


@pytest.mark.parametrize("needed", [1, 2, 5, 9])
def test_quarters_are_found_exactly(needed: int) -> None:
    """So many quarters earlier are enough and one less is not."""
    search = searched()
    search.by_halving(_step(float(needed)), 9.0, 1.0)
    assert (search.enough, search.low) == (needed, needed - 1)


def test_what_no_change_does_and_what_the_time_left_open_differ() -> None:
    """With the largest change still dearer: proved. Without time: not decided, and said so."""
    hopeless, late = searched(), searched(left=lambda: False)
    hopeless.by_price(_step(math.inf), lambda *_: 1.0, 40.0)
    late.by_price(_step(1.0), lambda *_: 1.0, 40.0)
    assert (hopeless.enough, hopeless.low, hopeless.complete) == (None, 40.0, True)
    assert (late.enough, late.complete) == (None, False)
    known = {"figure": "price of energy", "unit": "USD/MWh", "now": 62.0, "sign": -1, "needed": None, "most": 62.0}
    assert str(Change(**known, low=62.0)) == "price of energy: no change of it alone is enough, not even 0.00 USD/MWh"
    assert str(Change(**known, low=0.0, complete=False)) == "price of energy: not decided in the time"


def test_differences_carry_the_gaps_of_both_searches() -> None:
    """Value 100 bound 98 against value 97 bound 90 of a looser limit: it saves 3, between 1 and 10. Against value 104
    bound 99 of a tighter one: it costs 4, between 0 and 6, which may be nothing. Against value 104 bound 101 of one
    that is neither: it saves -4, between -6 and -1."""
    base = LeastCost(value_musd=100.0, bound_musd=98.0)
    looser, tighter = LeastCost(value_musd=97.0, bound_musd=90.0), LeastCost(value_musd=104.0, bound_musd=99.0)
    assert less(looser, base) == Difference(low=1.0, point=3.0, high=10.0)
    assert more(tighter, base) == Difference(low=0.0, point=4.0, high=6.0)
    assert more(tighter, base).open and not less(looser, base).open
    unknown = LeastCost(value_musd=None, bound_musd=None)
    dearer = LeastCost(value_musd=104.0, bound_musd=101.0)
    assert apart(dearer, base) == Difference(low=-6.0, point=-4.0, high=-1.0)
    assert apart(unknown, base) == Difference(low=-np.inf, point=None, high=np.inf)
    assert less(unknown, base) == Difference(low=0.0, point=0.0, high=np.inf)
    assert more(unknown, base) == Difference(low=0.0, point=None, high=np.inf)


def _step(needed: float) -> Callable[[float], LeastCost]:
    """90 musd from an amount on, 130 below it."""

    def answer(amount: float) -> LeastCost:
        musd = 90.0 if amount >= needed - 1e-12 else 130.0
        return LeastCost(value_musd=musd, bound_musd=musd)

    return answer


def _of_list(*musd: float) -> Callable[[float], LeastCost]:
    """A function of whole amounts, 1 first."""
    return lambda amount: LeastCost(value_musd=musd[round(amount) - 1], bound_musd=musd[round(amount) - 1])


def test_where_sooner_may_cost_every_quarter_is_searched() -> None:
    """Two quarters sooner are enough, three and the largest change, five, are not: halving would say that none is. The
    least that is enough is found where the largest is enough too, and what comes before is proved."""
    search = searched()
    search.by_steps(_of_list(120.0, 99.0, 110.0, 115.0, 118.0), 5.0)
    assert (search.enough, search.low, search.complete) == (2.0, 1.0, True)
    halved = searched()
    halved.by_halving(_of_list(120.0, 99.0, 110.0, 115.0, 118.0), 5.0, 1.0)
    assert halved.enough is None
    search = searched()
    search.by_steps(_of_list(120.0, 110.0, 99.0, 115.0, 98.0), 5.0)
    assert (search.enough, search.low) == (3.0, 2.0)


def test_every_quarter_without_one_that_is_enough_is_proved_only_to_the_end() -> None:
    """None of four is enough: proved, and said of all. With time for two searches, or where one is open: not
    decided."""
    search = searched()
    search.by_steps(_of_list(120.0, 110.0, 112.0, 105.0), 4.0)
    assert search.enough is None and search.complete and search.low == 4.0
    times = iter([True, True, False])
    late = searched(left=lambda: next(times))
    late.by_steps(_of_list(120.0, 110.0, 112.0, 105.0), 4.0)
    assert late.enough is None and not late.complete and late.low == 1.0
    unproved = searched()
    unproved.by_steps(lambda amount: LeastCost(value_musd=110.0, bound_musd=99.0 if amount == 2.0 else 105.0), 4.0)
    assert unproved.enough is None and not unproved.complete and unproved.low == 1.0
