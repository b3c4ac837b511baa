"""Every row that a family writes for the hand-made problem, coefficient by coefficient."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from hand_made import hand_made
from row_tests import coefficients, registered, rows, rows_of

from siting.formulation.build import FAMILIES, build_model, build_relaxation
from siting.formulation.fleet import add_fleet
from siting.formulation.leases import add_leases
from siting.formulation.measures import add_measures, add_objective
from siting.formulation.money import add_money, add_payments
from siting.formulation.power import add_power
from siting.formulation.service import add_service
from siting.formulation.sites import add_sites
from siting.formulation.totals import add_totals
from siting.formulation.training import add_training
from siting.problem.goals import Goal
from siting.solver.compile import InfeasibleRowError, compile_model


def test_rows_are_read_alike_from_either_side() -> None:
    """2 x >= y + 3 is -2 x + y <= -3."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(), pyo.Var()
    m.c = pyo.Constraint(expr=2 * m.x >= m.y + 3)
    (row,) = rows(m, "c").values()
    assert row == ({"x": -2.0, "y": 1.0}, "<=", -3.0)


@rows_of(add_sites, "stay_open", "modules_stay", "modules_within_site", "first_phase")
def test_sites() -> None:
    """Two candidates, live from 0 and from 1: (0,0), (0,1), (1,1); 2 to 4 modules once open, and nothing shrinks."""
    m = build_model(hand_made())
    assert rows(m, "stay_open") == {(0, 1): ({"Z00": 1, "Z01": -1}, "<=", 0)}
    assert rows(m, "modules_stay") == {(0, 1): ({"V00": 1, "V01": -1}, "<=", 0)}
    assert rows(m, "modules_within_site") == {
        (0, 0): ({"V00": 1, "Z00": -4}, "<=", 0),
        (0, 1): ({"V01": 1, "Z01": -4}, "<=", 0),
        (1, 1): ({"V11": 1, "Z11": -4}, "<=", 0),
    }
    assert rows(m, "first_phase") == {
        (0, 0): ({"V00": -1, "Z00": 2}, "<=", 0),
        (0, 1): ({"V01": -1, "Z01": 2}, "<=", 0),
        (1, 1): ({"V11": -1, "Z11": 2}, "<=", 0),
    }
    assert all(v.is_integer() and v.bounds == (0, 4) for v in m.V.values())
    assert all(z.is_integer() and z.bounds == (0, 1) for z in m.Z.values())


@rows_of(add_fleet, "pods_stay", "pods_within_halls", "vendor_supply")
def test_fleet() -> None:
    """Pods of 2 MW in modules of 10 MW; 64 accelerators a pod, 128 shipped a quarter over all sites."""
    m = build_model(hand_made())
    assert rows(m, "pods_stay") == {(0, 0, 1): ({"B000": 1, "B001": -1}, "<=", 0)}
    assert rows(m, "pods_within_halls") == {
        (0, 0): ({"B000": 2, "V00": -10}, "<=", 0),
        (0, 1): ({"B001": 2, "V01": -10}, "<=", 0),
        (1, 1): ({"B101": 2, "V11": -10}, "<=", 0),
    }
    assert rows(m, "vendor_supply") == {
        (0, 0): ({"B000": 64}, "<=", 128),
        (0, 1): ({"B001": 64, "B000": -64, "B101": 64}, "<=", 128),
    }
    short = build_model(hand_made(pod_life=np.array([1])))
    assert rows(short, "pods_within_halls")[0, 1] == ({"B001": 2, "B000": -2, "V01": -10}, "<=", 0)
    assert rows(short, "running_within_installed")[0, 0, 1][0]["B000"] == 1
    unlimited = build_model(hand_made(supply=np.full((1, 2), np.inf), deliver_from=np.array([1])))
    assert rows(unlimited, "vendor_supply") == {}
    assert set(unlimited.B) == {(0, 0, 1), (1, 0, 1)}


@rows_of(add_totals, "modules_in_total", "pods_in_total")
def test_totals() -> None:
    """Quarter 1 adds up both candidates, quarter 0 the one that can be live; totals are whole numbers."""
    m = build_model(hand_made())
    assert rows(m, "modules_in_total") == {
        0: ({"M0": 1, "V00": -1}, "==", 0),
        1: ({"M1": 1, "V01": -1, "V11": -1}, "==", 0),
    }
    turned = {index: {v: -c for v, c in row[0].items()} for index, row in rows(m, "pods_in_total").items()}
    assert turned == {(0, 0): {"N00": 1, "B000": -1}, (0, 1): {"N01": 1, "B001": -1, "B101": -1}}
    assert {row[1:] for row in rows(m, "pods_in_total").values()} == {("==", 0)}
    assert all(v.is_integer() for v in (*m.M.values(), *m.N.values()))


@rows_of(add_training, "hosted_once", "host_is_open", "host_has_halls", "contract_in_force", "reserved_by_host")
def test_training() -> None:
    """6 pods of 2 MW take 2 modules of 10 MW; candidate 1 is live too late; a contract of two quarters that starts in
    0 is still in force in 1.
    """
    m = build_model(hand_made())
    assert rows(m, "hosted_once") == {0: ({"W000": 1, "U00": 1}, "==", 1)}
    assert rows(m, "host_is_open") == {(0, 0): ({"W000": 1, "Z00": -1}, "<=", 0)}
    assert rows(m, "host_has_halls") == {(0, 0): ({"W000": 2, "V00": -1}, "<=", 0)}
    assert rows(m, "contract_in_force") == {
        (0, 0, 0): ({"U00": 1, "R000": -1}, "<=", 0),
        (0, 0, 1): ({"U00": 1, "R000": -1, "R001": -1}, "<=", 0),
    }
    assert rows(m, "reserved_by_host") == {
        (0, 0, 0): ({"R000": 1, "U00": -1}, "<=", 0),
        (0, 0, 1): ({"R001": 1, "U00": -1}, "<=", 0),
    }
    with pytest.raises(InfeasibleRowError):
        compile_model(build_model(hand_made(cluster_pods=np.array([[0]]), cluster_lease_gpus=np.array([[0]]))))


@rows_of(add_power, "running_within_installed", "power_balance")
def test_power() -> None:
    """A pod draws 2 x 1.25 MW at candidate 0, 2 x 1.5 MW at candidate 1; the cluster's six draw 15 MW."""
    m = build_model(hand_made())
    assert rows(m, "running_within_installed") == {
        (0, 0, 0): ({"Q000": 1, "W000": 6, "B000": -1}, "<=", 0),
        (0, 0, 1): ({"Q001": 1, "W000": 6, "B001": -1}, "<=", 0),
        (1, 0, 1): ({"Q101": 1, "B101": -1}, "<=", 0),
    }
    assert rows(m, "power_balance") == {
        (0, 0): ({"Q000": 2.5, "W000": 15, "Z00": -20}, "<=", 0),
        (0, 1): ({"Q001": 2.5, "W000": 15, "Z01": -25}, "<=", 0),
        (1, 1): ({"Q101": 3, "Z11": -40}, "<=", 0),
    }


@rows_of(add_leases, "least_contract", "most_contract", "offer_size", "reserved_within_contract")
def test_leases() -> None:
    """16 to 100 GPUs a contract, 100 in force at once, 24 reserved; an existing contract is all its GPUs, unsigned."""
    m = build_model(hand_made())
    assert rows(m, "least_contract") == {
        (0, 0): ({"Y00": 16, "X00": -1}, "<=", 0),
        (0, 1): ({"Y01": 16, "X01": -1}, "<=", 0),
    }
    assert rows(m, "most_contract") == {
        (0, 0): ({"X00": 1, "Y00": -100}, "<=", 0),
        (0, 1): ({"X01": 1, "Y01": -100}, "<=", 0),
    }
    assert rows(m, "offer_size") == {(0, 1): ({"X00": 1, "X01": 1}, "<=", 100)}
    assert rows(m, "reserved_within_contract") == {
        (0, 0): ({"R000": 24, "X00": -1}, "<=", 0),
        (0, 1): ({"R001": 24, "X01": -1}, "<=", 0),
    }
    forced = build_model(hand_made(lease_forced=np.array([True]), lease_start=np.array([[True, False]])))
    assert {index: x.bounds for index, x in forced.X.items()} == {(0, 0): (100.0, 100.0)}
    assert not len(forced.Y)


@rows_of(add_service, "demand_served", "service_within_capacity")
def test_service() -> None:
    """Class 0 (candidate 1, the offer) reaches the town, class 1 (candidate 0) both; 0.8 x 100 H100e a pod and
    0.8 x 0.5 a GPU, less 24 x 0.4 where the cluster holds a contract.
    """
    m = build_model(hand_made())
    assert rows(m, "demand_served") == {
        (0, 0): ({"F000": -1, "F100": -1}, "<=", -40),
        (0, 1): ({"F001": -1, "F101": -1}, "<=", -60),
        (1, 1): ({"F111": -1}, "<=", -30),
    }
    assert rows(m, "service_within_capacity") == {
        (0, 0): ({"F000": 1, "X00": -0.4, "R000": 9.6}, "<=", 0),
        (0, 1): ({"F001": 1, "Q101": -80, "X00": -0.4, "X01": -0.4, "R000": 9.6, "R001": 9.6}, "<=", 0),
        (1, 0): ({"F100": 1, "Q000": -80}, "<=", 0),
        (1, 1): ({"F101": 1, "F111": 1, "Q001": -80}, "<=", 0),
    }
    with pytest.raises(InfeasibleRowError):
        compile_model(build_model(hand_made(reach=np.zeros((2, 2), dtype=bool))))


@rows_of(add_payments)
@rows_of(add_money, "spending", "funding")
def test_money() -> None:
    """Module of candidate 0: live in 0 pays 5.75 then 0.75, live in 1 pays 5.75 in 1. So V00 pays 5.75 in 0 and
    0.75 - 5.75 = -5 in 1. A pod: 2 x 1.1 + 0.1 = 2.3, then 0.1: B000 pays 2.3, then 0.1 - 2.3 = -2.2. Energy is
    0.18 / 0.9 = 0.2 a pod, 1.2 for six. Candidate 1 pays its opening in 0.
    """
    m = build_model(hand_made())
    paid = rows(m, "spending")
    signs = {index: -row[0][f"Spend{index}"] for index, row in paid.items()}
    entries = {t: {v: round(signs[t] * c, 9) for v, c in row[0].items()} for t, row in paid.items()}
    assert entries == {
        0: {"Spend0": -1, "Z00": 12, "Z11": 20, "V00": 5.75, "B000": 2.3, "Q000": 0.2, "W000": 1.2, "X00": 0.01},
        1: {
            "Spend1": -1,
            "Z00": -12,
            "Z01": 12,
            "V00": -5,
            "V01": 5.75,
            "V11": 6,
            "B000": -2.2,
            "B001": 2.3,
            "B101": 2.1,
            "Q001": 0.2,
            "Q101": 0.1,
            "W000": 1.2,
            "X00": 0.01,
            "X01": 0.01,
        },
    }
    assert {row[1:] for row in paid.values()} == {("==", 0)}
    assert rows(m, "funding") == {
        0: ({"Spend0": 1}, "<=", 500),
        1: ({"Spend0": 1, "Spend1": 1}, "<=", 900),
    }


@rows_of(add_objective)
def test_objective() -> None:
    """A cumulative variable costs c_t - c_t+1: Z00 11 - 10, V00 5 - 4.5, B000 2 - 1.9; the cluster runs six pods for
    two quarters, 6 x 0.38 = 2.28.
    """
    m = build_model(hand_made())
    entries, constant = coefficients(m.objective.expr)
    assert m.objective.sense == pyo.minimize
    assert constant == 0
    assert entries == {
        "Z00": 1,
        "Z01": 10,
        "Z11": 18,
        "V00": 0.5,
        "V01": 4.5,
        "V11": 5.5,
        "B000": 0.1,
        "B001": 1.9,
        "B101": 1.7,
        "Q000": 0.2,
        "Q001": 0.18,
        "Q101": 0.09,
        "W000": 2.28,
        "X00": 0.02,
        "X01": 0.03,
    }


@rows_of(add_measures, "peak_of_spending", "goal")
def test_measures() -> None:
    """Carbon: a pod of 2 MW IT uses 4,000 MWh at 0.4 or 0.5 t. Compute: a pod gives 100 H100e, the cluster six pods for
    two quarters; a GPU 0.5 from its start to the horizon. A goal that is a maximum turns round. The peak is above all
    cumulative spending.
    """
    goals = (Goal(objective="carbon", limit=9000.0), Goal(objective="compute", limit=500.0))
    m = build_model(hand_made(goals=goals, objective="peak_funding"))
    carbon = {"Q000": 1600.0, "Q001": 1600.0, "Q101": 2000.0, "W000": 19200.0}
    compute = {"Q000": 100.0, "Q001": 100.0, "Q101": 100.0, "W000": 1200.0, "X00": 1.0, "X01": 0.5}
    assert rows(m, "goal") == {
        0: (carbon, "<=", 9000.0),
        1: ({name: -value for name, value in compute.items()}, "<=", -500.0),
    }
    assert rows(m, "peak_of_spending") == {
        0: ({"Spend0": 1.0, "Peak": -1.0}, "<=", 0.0),
        1: ({"Spend0": 1.0, "Spend1": 1.0, "Peak": -1.0}, "<=", 0.0),
    }
    assert coefficients(m.objective.expr) == ({"Peak": 1.0}, 0.0)
    assert m.objective.sense == pyo.minimize
    assert build_model(hand_made(objective="compute")).objective.sense == pyo.maximize


def test_latency_weighs_every_flow_by_its_round_trip() -> None:
    """30 and 20 H100e are asked in both quarters: a flow of 10 ms counts 10 / 100, one of 20 ms 20 / 100."""
    rtt = {"rtt_ms": np.array([[10.0, 20.0], [12.0, np.inf]]), "lease_rtt_ms": np.array([[8.0, np.inf]])}
    p = hand_made(objective="latency", **rtt)
    asked = float(p.demand_h100e.sum())
    entries, _ = coefficients(build_model(p).objective.expr)
    assert set(entries.values()) == {round(ms / asked, 9) for ms in (10.0, 20.0, 12.0, 8.0)}


def test_every_family_and_every_constraint_has_a_row_test() -> None:
    """A family, or a constraint of the model, that no test reads is named here."""
    tested = registered()
    assert set(tested) == {family.__name__ for family in FAMILIES}
    written = {c.local_name for c in build_model(hand_made()).component_objects(pyo.Constraint)}
    assert written <= set().union(*tested.values())


def test_capacity() -> None:
    """In a relaxation by cuts a class serves what its pods can: as `service_within_capacity`, without flows."""
    whole, m = build_model(hand_made()), build_relaxation(hand_made())
    capped = rows(m, "class_capacity")
    assert capped
    flows = rows(whole, "service_within_capacity")
    for index, (terms, sense, limit) in capped.items():
        serving = {name: value for name, value in flows[index][0].items() if not name.startswith("F")}
        assert {name: value for name, value in terms.items() if not name.startswith("Cap")} == serving
        assert [value for name, value in terms.items() if name.startswith("Cap")] == [1]
        assert (sense, limit) == ("<=", 0)
