"""Every limit has a case in which it binds, and switching it off changes the plan. Sums in musd, by hand.

The hand problem: opening 10 at c0 and 30 at c1, a module of 10 MW IT 5, a pod of 1 MW IT and 100 H100e 2, a running
pod 0.1 a quarter, PUE 1.25, 50 MW at the meter, two quarters, no discounting. So 500 H100e in quarter 1 cost
10 + 5 + 5 x 2.1 = 25.5 and 2,000 cost 10 + 2 x 5 + 20 x 2.1 = 62, both at c0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import changed, hand_problem, one_cluster, one_offer

from siting.problem import Problem


def asks(h100e: float, **changes: Any) -> Problem:
    """The hand problem with a demand in quarter 1."""
    return hand_problem(demand_h100e=np.array([[0.0, h100e]]), **changes)


def modules(p: Problem, **options: Any) -> list[int]:
    """Modules of every candidate at the end."""
    return optimum(p, **options).plan.modules.sum(axis=1).tolist()


def costs(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


def test_nothing_binds() -> None:
    """500 H100e: one module at c0, 25.5. 2,000: two, 62."""
    assert (optimum(asks(500)).value, optimum(asks(2000)).value) == (costs(25.5), costs(62.0))
    assert (modules(asks(500)), modules(asks(2000))) == ([1, 0], [2, 0])


def test_module_cap() -> None:
    """One module a site: 20 pods need both sites, 10 + 5 + 30 + 5 + 42 = 92. Without the cap c0 alone, 62."""
    capped = asks(2000, modules_max=np.array([1, 1]))
    assert optimum(capped).value == costs(92.0)
    assert modules(capped) == [1, 1]
    assert modules(changed(capped, modules_max=np.array([4, 4]))) == [2, 0]


def test_first_phase() -> None:
    """At least three modules: two idle ones more, 25.5 + 10 = 35.5."""
    phased = asks(500, modules_first=np.array([3, 3]))
    assert optimum(phased).value == costs(35.5)
    assert modules(phased) == [3, 0]
    assert optimum(phased, off=("first_phase",)).value == costs(25.5)
    assert modules(phased, off=("first_phase",)) == [1, 0]


def test_halls() -> None:
    """20 pods of 1 MW stand in two modules. Were pods not bound to halls, the first module would do: 62 - 5 = 57."""
    assert modules(asks(2000)) == [2, 0]
    assert optimum(asks(2000), off=("pods_within_halls",)).value == costs(57.0)
    assert modules(asks(2000), off=("pods_within_halls",)) == [1, 0]


def test_end_of_life() -> None:
    """A cluster of five pods in both quarters, pods that stand one quarter: ten are bought in all, 10 + 5 + 20 + 1.
    Pods that stand two: five, 26.
    """
    short = hand_problem(**one_cluster(5), pod_life=np.array([1]))
    assert optimum(short).value == costs(36.0)
    assert optimum(short).plan.pods.tolist() == [[[5, 5]], [[0, 0]]]
    assert optimum(changed(short, pod_life=np.array([2]))).value == costs(26.0)


def test_what_is_gone_leaves_its_hall() -> None:
    """20 pods run in either quarter in two modules although 40 are delivered."""
    p = hand_problem(demand_h100e=np.array([[2000.0, 2000.0]]), pod_life=np.array([1]))
    assert optimum(p).value == costs(10 + 10 + 40 * 2 + 4)
    assert modules(p) == [2, 0]


def test_vendor_allocation() -> None:
    """Pods at 2 in quarter 0 and 1.5 in quarter 1; 5 pods are allotted in quarter 0, 15 in quarter 1: two modules,
    10 + 10, pods 10 + 22.5, energy 2. Nothing allotted in quarter 1: all twenty come early, 62.
    """
    cheaper_later = np.tile([2.0, 1.5], (2, 1, 1))
    allotted = asks(2000, npv_pod_musd=cheaper_later, supply=np.array([[320.0, 960.0]]))
    assert optimum(allotted).value == costs(10 + 10 + 10 + 22.5 + 2)
    assert optimum(allotted).plan.pods.sum(axis=(0, 1)).tolist() == [5, 15]
    early = asks(2000, npv_pod_musd=cheaper_later, supply=np.array([[np.inf, 0.0]]))
    assert optimum(early).value == costs(62.0)


def test_serving_factor() -> None:
    """A pod of 100 H100e that serves 50: 500 H100e of inference take ten pods, 10 + 5 + 10 x 2.1 = 36."""
    slow = asks(500, pod_serve=np.array([50.0]))
    assert optimum(slow).value == costs(36.0)
    assert optimum(slow).plan.pods.sum() == 10


def test_vendor_supply() -> None:
    """Pods at 2 in quarter 0 and 1.5 in quarter 1, 640 accelerators (10 pods) a quarter: ten must come early, so
    20 + 20 + 15 + 2 = 57. Without the cap all come late: 20 + 30 + 2 = 52.
    """
    cheaper_later = np.tile([2.0, 1.5], (2, 1, 1))
    scarce = asks(2000, npv_pod_musd=cheaper_later, supply=np.full((1, 2), 640.0))
    assert optimum(scarce).value == costs(57.0)
    assert optimum(scarce).plan.pods.sum(axis=(0, 1)).tolist() == [10, 10]
    assert optimum(scarce, off=("vendor_supply",)).value == costs(52.0)
    assert optimum(scarce, off=("vendor_supply",)).plan.pods.sum(axis=(0, 1)).tolist() == [0, 20]


def test_energized_power() -> None:
    """12.5 MW at c0 run 10 pods at 1.25; 20 pods go to c1, 62 + 20 = 82, less than both sites at 92."""
    weak = asks(2000, energized_mw=np.array([[12.5, 12.5], [50.0, 50.0]]))
    assert optimum(weak).value == costs(82.0)
    assert modules(weak) == [0, 2]
    assert optimum(weak, off=("power_balance",)).value == costs(62.0)
    assert modules(weak, off=("power_balance",)) == [2, 0]


@pytest.mark.parametrize(
    "late", [{"live_from": np.array([1, 0])}, {"energized_mw": np.array([[0.0, 50.0], [50.0, 50.0]])}]
)
def test_cluster_date(late: dict[str, Any]) -> None:
    """Ten pods from quarter 0 on; c0 has halls, or power, in quarter 1 only. c1: 30 + 5 + 20 + 2 = 57. A cluster that
    begins in quarter 1 stands at c0: 10 + 5 + 20 + 1 = 36.
    """
    dated = hand_problem(**late, **one_cluster(10))
    assert optimum(dated).value == costs(57.0)
    assert optimum(dated).plan.host == (("campus", 1, 0),)
    later = changed(dated, cluster_from=np.array([1]))
    assert optimum(later).value == costs(36.0)
    assert optimum(later).plan.host == (("campus", 0, 0),)


def test_cluster_is_hosted() -> None:
    """Ten pods for two quarters at c0: 10 + 5 + 20 + 2 = 37. Were no host asked for, nothing would be built."""
    p = hand_problem(**one_cluster(10))
    assert optimum(p).value == costs(37.0)
    assert optimum(p, off=("hosted_once",)).value == costs(0.0)


def test_cluster_in_one_place() -> None:
    """15 pods and one module a site: neither holds them, so there is no plan, though both together would."""
    apart = hand_problem(modules_max=np.array([1, 1]), **one_cluster(15))
    assert optimum(apart).decisions is None
    assert modules(changed(apart, modules_max=np.array([2, 1]))) == [2, 0]


def test_contracts_of_a_cluster_follow_one_another() -> None:
    """100 GPUs in both quarters, contracts of one quarter at 0.01: two of them, 2 musd. Not in force: none."""
    p = hand_problem(**one_offer(2, price_musd=0.01, most=500.0), **one_cluster(10, gpus=100))
    assert optimum(p).value == costs(2.0)
    assert optimum(p).plan.lease_gpus.tolist() == [[100, 100]]
    assert optimum(p, off=("contract_in_force",)).value == costs(0.0)


def test_reserved_gpus_do_not_serve() -> None:
    """100 GPUs for the cluster and 500 for the town in quarter 1 at 0.01: 1 + 6 = 7 musd, 600 GPUs at last."""
    offer = one_offer(2, price_musd=0.01, most=600.0)
    p = hand_problem(demand_h100e=np.array([[0.0, 500.0]]), **offer, **one_cluster(10, gpus=100))
    assert optimum(p).value == costs(7.0)
    assert optimum(p).plan.lease_gpus.tolist() == [[100, 600]]


def test_least_contract() -> None:
    """500 GPUs at 0.01 serve 500 H100e for 5 musd; a contract takes at least 1,000, so 10. Nothing less: 500."""
    least = asks(500, **one_offer(2, price_musd=0.01, most=5000.0, least=1000.0))
    assert optimum(least).value == costs(10.0)
    assert optimum(least).plan.lease_gpus.sum() == 1000
    assert optimum(least, off=("least_contract",)).value == costs(5.0)
    assert optimum(least, off=("least_contract",)).plan.lease_gpus.sum() == 500


def test_least_contract_below_one_server() -> None:
    """4 GPUs would do, the least is 6: however small, it binds."""
    least = asks(4, **one_offer(2, price_musd=0.01, most=5000.0, least=6.0))
    assert optimum(least).value == costs(0.06)
    assert optimum(least).plan.lease_gpus.sum() == 6


def test_most_of_an_offer() -> None:
    """300 GPUs of the 500 asked for, and two pods: 3 + 10 + 5 + 4.2 = 22.2. A larger offer needs no campus: 5."""
    most = asks(500, **one_offer(2, price_musd=0.01, most=300.0))
    assert optimum(most).value == costs(22.2)
    assert (optimum(most).plan.lease_gpus.sum(), modules(most)) == (300, [1, 0])
    larger = changed(most, lease_max=np.array([5000.0]))
    assert optimum(larger).value == costs(5.0)
    assert modules(larger) == [0, 0]


def test_most_of_an_offer_over_contracts() -> None:
    """300 then 500 GPUs asked for, contracts of two quarters at 0.01, 300 in force at once. The contract of quarter 0
    costs 6 and fills the offer; two pods serve the rest, 10 + 5 + 4.2: 25.2. Were contracts counted one by one, 200
    GPUs more from quarter 1 would cost 4: 10.
    """
    offer = one_offer(2, price_musd=0.01, most=300.0, term=2)
    p = hand_problem(demand_h100e=np.array([[300.0, 500.0]]), **offer)
    assert optimum(p).value == costs(25.2)
    assert optimum(p).plan.lease_gpus.tolist() == [[300, 0]]
    assert optimum(p, off=("offer_size",)).value == costs(10.0)
    assert optimum(p, off=("offer_size",)).plan.lease_gpus.tolist() == [[300, 200]]


def test_existing_contract_is_paid_whatever_it_serves() -> None:
    """200 GPUs at 0.01 already leased for quarter 0, where nothing is asked: 2 musd more than 25.5."""
    p = asks(500, **one_offer(2, price_musd=0.01, most=200.0, starts=(0,), forced=True))
    assert optimum(p).value == costs(27.5)
    assert optimum(changed(p, lease_forced=np.array([False]))).value == costs(25.5)


def test_reach() -> None:
    """c0 lies too far from the town: c1 at 25.5 + 20 = 45.5."""
    far = asks(500, reach=np.array([[False], [True]]))
    assert optimum(far).value == costs(45.5)
    assert modules(far) == [0, 1]
    assert modules(changed(far, reach=np.array([[True], [True]]))) == [1, 0]


def test_demand() -> None:
    """Without the demand nothing is built; one H100e above 500 takes a sixth pod, bought once and fully run at need:
    12 + 15 + 0.501 = 27.501.
    """
    assert modules(asks(500)) == [1, 0]
    assert optimum(asks(500), off=("demand_served",)).value == costs(0.0)
    assert modules(asks(500), off=("demand_served",)) == [0, 0]
    assert optimum(asks(501)).value == costs(27.501)


def test_service_capacity() -> None:
    """Flows come from running pods: without that row nothing needs to be built."""
    assert optimum(asks(500), off=("service_within_capacity",)).value == costs(0.0)


def test_running_pods_are_installed_ones() -> None:
    """Pods that run but were never bought would cost energy and a site: 10 + 5 + 0.5 = 15.5."""
    assert optimum(asks(500), off=("running_within_installed",)).value == costs(15.5)


def test_funding() -> None:
    """20 musd do not pay a campus of 25.5. A lease of two quarters from quarter 1 at 0.035 pays 17.5 inside the
    horizon and as much beyond: 35, dearer but within the money.
    """
    offer = one_offer(2, price_musd=0.035, most=5000.0, term=2, starts=(1,))
    poor = asks(500, funding_musd=np.array([20.0, 20.0]), **offer)
    assert optimum(poor).value == costs(35.0)
    assert (modules(poor), optimum(poor).plan.lease_gpus.sum()) == ([0, 0], 500)
    assert optimum(poor, off=("funding",)).value == costs(25.5)
    assert modules(poor, off=("funding",)) == [1, 0]


def test_funding_comes_in_its_quarter() -> None:
    """Pods at 2 in quarter 0 and 2.5 in quarter 1: bought early, 25.5. Money that comes in quarter 1 pays nothing
    before: 10 + 5 + 12.5 + 0.5 = 28.
    """
    dearer_later = np.tile([2.0, 2.5], (2, 1, 1))
    late = asks(500, npv_pod_musd=dearer_later, funding_musd=np.array([0.0, 1000.0]))
    assert optimum(late).value == costs(28.0)
    assert optimum(late).plan.pods.sum(axis=(0, 1)).tolist() == [0, 5]
    early = changed(late, funding_musd=np.array([1000.0, 1000.0]))
    assert optimum(early).value == costs(25.5)
    assert optimum(early).plan.pods.sum(axis=(0, 1)).tolist() == [5, 0]
