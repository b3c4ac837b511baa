"""What a study asks of the search: objectives in order, and how long and how closely."""

from __future__ import annotations

from siting.solver.highs import Options
from siting.solver.passes import Aim
from siting.solver.rounds import Look
from siting.study import Study


def aims_of(study: Study) -> list[Aim]:
    """Linear objectives in order; the cost comes last when it is not named."""
    named = [Aim(objective=x.objective, tolerance=x.tolerance) for x in study.priorities]
    aims = [aim for aim in named if aim.objective != "time_to_compute"]
    if all(aim.objective != "npv_cost" for aim in aims):
        aims.append(Aim(objective="npv_cost", tolerance=0.0))
    return aims


def options_of(study: Study) -> Options:
    """Gap, limit, threads and seed of the study."""
    wish = study.search
    return Options(gap=wish.gap, time_limit_s=wish.time_limit_s, threads=wish.threads, seed=wish.seed)


def look_of(study: Study) -> Look:
    """How all sites are looked at on the network together."""
    wish = study.grid
    return Look(joint=wish.joint, emergency_share=wish.emergency_share, least_factor=wish.least_factor)


def cost_alone(study: Study) -> bool:
    """Whether the cost is all that is aimed at, once the clusters have their dates."""
    return [aim.objective for aim in aims_of(study)] == ["npv_cost"]


def proof_asked(study: Study) -> bool:
    """Whether a bound over all candidates is asked for that the search over crowds may raise: of the cost alone. With
    other priorities every pass has one by prices (`run_aims_over`)."""
    return study.search.prove_all and cost_alone(study)
