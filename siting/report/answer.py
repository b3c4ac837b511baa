"""The answer in plain words: (label, sentence) pairs, read by the page and by the terminal. Text, never HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from siting.plan import Plan
from siting.printed import of_all, plural
from siting.report.numbers import in_service, listed, megawatts, money, number, percent
from siting.report.over_all import passes_over_all
from siting.report.passes import passes_line
from siting.study import Study
from siting.study.states import place_name
from siting.termination import Termination, relative_gap
from siting.units import quarter_label

TENURE = {
    "own": "an owned campus",
    "retrofit": "a refitted building",
    "powered_shell": "a leased powered shell",
    "colocation": "rented colocation halls",
    "lease": "leased accelerators",
}
"""How each tenure reads inside a sentence."""
VERBS = {
    "own": "build and own a campus at",
    "retrofit": "buy and refit a building at",
    "powered_shell": "lease and fit out a powered shell at",
    "colocation": "rent colocation halls at",
}


def campuses(plan: Plan) -> pd.DataFrame:
    """Sites of the plan with halls of both cooling classes added up at their campus: MW, and clusters named at both."""
    sites = plan.sites
    if "annex_of" not in sites:
        return sites
    at = sites["candidate"].mask(sites["annex_of"] != "", sites["annex_of"])
    whole = sites[sites["annex_of"] == ""].copy()
    for column in ("it_mw", "utility_mw"):
        whole[column] = whole["candidate"].map(sites.groupby(at)[column].sum())
    return whole


def headline(plan: Plan, study: Study) -> str:
    """One sentence: what to do, or that there is no plan and why."""
    if plan.termination is Termination.INFEASIBLE:
        searched, usable = plan.facts["candidates_in_model"], plan.facts["candidates_usable"]
        if searched < usable:
            none = f"No plan over the {searched:,} of {usable:,} candidates that were searched meets this study."
        else:
            none = "No plan meets this study: its limits contradict each other."
        return f"{none} siting explain says which, and what change of one is enough."
    if plan.termination is Termination.NO_PLAN_FOUND:
        return f"No plan was found before the search stopped ({plan.last.limit}); this does not prove that none exists."
    sites, leases = campuses(plan), new_leases(plan)
    parts = [
        f"{VERBS[str(site['tenure'])]} {place_name(site['name'], site['state'])} ({megawatts(site['it_mw'])} IT), "
        f"in service {in_service(site)}"
        for _, site in sites.head(3).iterrows()
    ]
    if len(sites) > 3:
        parts.append(f"open {len(sites) - 3} more campuses")
    if len(leases):
        what = listed(sorted({f"{number(g)} {a}" for a, g in leases.groupby("accelerator")["gpus"].max().items()}))
        parts.append(f"lease {what} under {listed(sorted({f'“{o}”' for o in leases['offer']}), 3)}")
    sentence = "; ".join(parts) or "open nothing and sign nothing: what exists is enough"
    return f"{sentence[0].upper()}{sentence[1:]}. Present value of all cost: {money(plan.npv_cost_musd)}."


def answer(plan: Plan, study: Study) -> list[tuple[str, str]]:
    """The answer line by line; every line stands for itself. Without a plan: why, and what the money would carry."""
    if plan.npv_cost_musd is None:
        return _no_plan(plan, study)
    order = passes_line(plan, study)
    return [
        *([("Aims, in order", order)] if order else []),
        ("Where", _where(plan)),
        ("What", _what(plan)),
        ("Lease or own", _tenure(plan)),
        ("In service", _when(plan, study)),
        ("Cost", _cost(plan)),
        ("Money", _funding(plan, study)),
        ("How good", _proof(plan, study)),
        ("What limits it", _binding(plan)),
        ("Grid check", grid_check(plan)),
        ("Verified", verified(plan)),
    ]


def grid_check(plan: Plan) -> str:
    """`passed`, `failed` with the lines, or `not checked`, in words."""
    status, lines = _grid(plan)
    found = plan.facts.get("grid_check")
    after = isinstance(found, Mapping) and found.get("joint") == "n1"
    beyond = "its rating"
    if isinstance(found, Mapping) and after:
        beyond += ", nor beyond its emergency rating after the loss of any one"
        if least := float(found.get("least_factor") or 0.0):
            beyond += f" (a site that moves the line by less than {percent(least)} of its MW is held not to load it)"
    held = _rounds(plan)
    if plan.npv_cost_musd is not None and not len(plan.sites):
        return "not checked: nothing is built, so nothing new loads the grid."
    if status == "passed":
        return f"passed: with all sites drawing at once no line of {grid_name(plan)} is loaded beyond {beyond}.{held}"
    if status == "failed":
        named = f": {listed(lines, 5)}" if lines else ""
        return f"failed: with all sites drawing at once, lines of {grid_name(plan)} are overloaded{named}.{held}"
    return "not checked: no power flow was run for these sites, or they are tied to no substation."


def grid_name(plan: Plan) -> str:
    """The network in words: the shipped synthetic one, or the planner's."""
    network = plan.facts.get("network") or {}
    return f"the planner's network ({network['name']})" if network.get("own") else "the synthetic grid"


def _rounds(plan: Plan) -> str:
    rounds = (plan.facts.get("grid") or {}).get("rounds") or []
    if len(rounds) < 2:
        return ""
    found = sum(int(one["overloads"]) for one in rounds[:-1])
    became = f"{plural(found, 'overloaded line')} became limits"
    return f" {became} in {plural(len(rounds) - 1, 'further search', 'further searches')}."


def grid_status(plan: Plan) -> str:
    """passed | failed | not checked."""
    return _grid(plan)[0]


def bound_covers(plan: Plan) -> str:
    """What the bound was proved over."""
    inside, read = plan.facts.get("candidates_in_model"), plan.facts.get("candidates_read")
    usable = plan.facts.get("candidates_usable", read)
    if inside is None:
        return "How many candidates the bound covers was not recorded."
    if usable is not None and inside >= usable:
        return f"The bound holds for {of_all(usable, usable, 'usable candidate')}."
    everyone = plan.facts.get("everyone", {})
    if everyone.get("passes"):
        return passes_over_all(plan) + _searched_only(plan)
    if "bound_musd" in everyone and plan.npv_cost_musd is not None:
        return _over_all(plan, everyone)
    if "unpriced" in everyone:
        unpriced = f" No bound over all of them is claimed, for want of a price of {listed(everyone['unpriced'])}."
    else:
        unpriced = ""
    return (
        f"The bound holds for the {number(inside)} screened candidates only: {number(read)} were read and "
        f"{number(usable)} priced, and the {number(inside)} that looked best one at a time entered the model.{unpriced}"
    )


def _searched_only(plan: Plan) -> str:
    inside = number(plan.facts["candidates_in_model"])
    return f" Bounds and gaps of the search itself are over the {inside} candidates that entered the model."


def _over_all(plan: Plan, everyone: Mapping[str, Any]) -> str:
    """What is proved over all candidates, and how."""
    cost, bound = float(plan.npv_cost_musd or 0.0), float(everyone["bound_musd"])
    gap = percent(relative_gap(cost - bound, cost), 2)
    dear, rest = int(everyone["too_dear"]), int(everyone["candidates"]) - int(everyone["too_dear"])
    dated = " for the date that was found" if plan.passes[0].objective.startswith("time_to_compute") else ""
    many, alone, crowds = number(everyone["candidates"]), number(everyone["alone"]), int(everyone["crowds"])
    those = f"{number(dear)} of them cannot be in a better plan; the other {number(rest)}" if dear else "All of them"
    how = (
        f" {those} were searched, {alone} alone and the rest in {plural(crowds, 'crowd')}, each as good as "
        "the best of its members."
        if everyone["rounds"]
        else ""
    )
    if groups := int(everyone.get("host_groups", 0)):
        how += f" Places for the cluster were looked at in {plural(groups, 'group')}, each with prices of its own."
    alone_musd = float(everyone.get("certificate", {}).get("musd", everyone["priced_musd"]))
    whose = (
        f"The saved prices alone give {money(alone_musd, 3)}, as siting verify finds again; the rest is the solver's "
        "word."
        if bound - alone_musd > 1e-6 * abs(bound)
        else "The saved prices alone give that, as siting verify finds again."
    )
    least = f"no plan{dated} costs less than {money(bound, 3)}, a gap of {gap}"
    return f"Over all {many} usable candidates {least}.{how} {whose}"


def new_leases(plan: Plan) -> pd.DataFrame:
    """Leases the plan signs; `offer` names a public offer by its provider, a bilateral one by its own name."""
    leases = plan.tables.get("leases", pd.DataFrame({"existing": []}))
    signed = leases[~leases["existing"].astype(bool)]
    if not len(signed):
        return signed
    public = signed["lease"].astype(str).str.startswith("public:")
    return signed.assign(offer=signed["provider"].where(public, signed["lease"]))


def total_musd(plan: Plan) -> tuple[float, float]:
    """Undiscounted musd within the horizon, and contract payments after it."""
    after = plan.tables.get("after_horizon", pd.DataFrame()).drop(columns="quarter", errors="ignore")
    return float(plan.tables["cash"]["total"].sum()), float(after.to_numpy(dtype=float).sum()) if after.size else 0.0


def _no_plan(plan: Plan, study: Study) -> list[tuple[str, str]]:
    reasons = [str(reason) for reason in plan.facts.get("reasons", [])]
    why = reasons or ["no single limit explains it by arithmetic; several limits together exclude every plan"]
    lines = [("Why", reason[0].upper() + reason[1:] + ".") for reason in why]
    carries = plan.facts.get("carries_gpus")
    if carries is not None:
        cluster = study.clusters[0]
        lines.append(
            (
                "What it would carry",
                f"At least {number(carries)} {' or '.join(cluster.accelerators)} in {cluster.name} by "
                f"{quarter_label(cluster.by)}, of the {number(cluster.gpus)} wanted, everything else as stated (by "
                "bisection; more may be possible).",
            )
        )
    lines.append(("Candidates", bound_covers(plan).replace("The bound holds for", "The search covered")))
    return lines


def _where(plan: Plan) -> str:
    sites = campuses(plan)
    if not len(sites):
        return "No campus is opened."
    texts = [
        f"{place_name(site['name'], site['state'])} ({site['lat']:.2f}, {site['lon']:.2f}; "
        f"candidate {site['candidate']}), {megawatts(site['final_utility_mw'])} contracted at the meter"
        for _, site in sites.head(6).iterrows()
    ]
    return "; ".join(texts) + (f"; and {len(sites) - 6} more (see the table of sites)." if len(sites) > 6 else ".")


def _shells(plan: Plan) -> str:
    """How many shells stand at the end, and what each can hold; empty where halls are whole modules."""
    table = plan.tables.get("shells", pd.DataFrame())
    if not len(table):
        return ""
    last = table[table["quarter"] == table["quarter"].max()]
    return f" in {number(last['shells'].sum())} shells of {megawatts((last['shell_it_mw'] / last['shells']).iloc[0])}"


def _what(plan: Plan) -> str:
    clusters = plan.tables["clusters"]
    divided = clusters["cluster"].duplicated(keep=False).tolist()
    parts = [
        f"{cluster['cluster']}: {number(cluster['gpus'])} {cluster['accelerator']} on one fabric"
        + (f", its part at {cluster['host']}" if part else "")
        for part, (_, cluster) in zip(divided, clusters.iterrows(), strict=True)
    ]
    if len(plan.sites):
        it_mw, utility_mw = plan.sites["it_mw"].sum(), plan.sites["utility_mw"].sum()
        shells = _shells(plan)
        parts.append(
            f"halls for {megawatts(it_mw)} of critical IT{shells}, {megawatts(utility_mw)} at the meter at peak"
        )
    deliveries = plan.tables.get("deliveries", pd.DataFrame())
    for name, frame in deliveries.groupby("accelerator") if len(deliveries) else ():
        parts.append(f"{number(frame['accelerators'].sum())} {name} bought")
    return "; ".join(parts) + "."


def _tenure(plan: Plan) -> str:
    hosts = [
        f"{c['cluster']} stands on {TENURE.get(str(c['tenure']), str(c['tenure']))}"
        for _, c in plan.tables["clusters"].iterrows()
    ]
    leases = new_leases(plan)
    signed = [
        f"{number(x['gpus'])} {x['accelerator']} leased under “{x['offer']}” from {x['quarter']} for "
        f"{plural(int(x['term_quarters']), 'quarter')} at {number(x['usd_per_gpu_h'], 2)} USD per GPU-hour"
        for _, x in leases.head(4).iterrows()
    ]
    if len(leases) > 4:
        signed.append(f"{len(leases) - 4} more lease contracts")
    every = plan.tables["leases"]
    existing = every[every["existing"].astype(bool)]
    kept = f"the {number(existing['gpus'].sum())} accelerators already rented run on to the end of their contract"
    text = "; ".join([*hosts, *(signed or ["no new lease is signed"]), *([kept] if len(existing) else [])])
    return f"{text[0].upper()}{text[1:]}."


def _when(plan: Plan, study: Study) -> str:
    wait = (
        f"power from {{energization}}: the {study.power.case} case of the study's time-to-power table, an assumption, "
        "not a utility's promise"
    )
    stated = set(plan.facts.get("own_power_dates") or [])
    own_date = "power from {energization}, the date that the planner's file states"
    words = [
        "handed over {energization}" if s["tenure"] == "colocation" else own_date if s["candidate"] in stated else wait
        for _, s in plan.sites.head(4).iterrows()
    ]
    parts = [
        f"{s['name']}: first halls {s['open_quarter']}, {said.format(energization=s['energization'])}"
        for said, (_, s) in zip(words, plan.sites.head(4).iterrows(), strict=True)
    ]
    clusters = plan.tables["clusters"].drop_duplicates("cluster")
    parts += [f"{c['cluster']} runs from {c['by']}" for _, c in clusters.iterrows()]
    return "; ".join(parts) + "."


def _cost(plan: Plan) -> str:
    within, after = total_musd(plan)
    credits = plan.tables.get("credits", pd.DataFrame({"musd": []}))["musd"].sum()
    later = f", and {money(after)} of contract payments after it" if after > 0.05 else ""
    return (
        f"{money(plan.npv_cost_musd)} in present value, after crediting {money(credits)} for what is left at the "
        f"horizon. Money paid out: {money(within)} within the horizon{later}. Before income tax."
    )


def _funding(plan: Plan, study: Study) -> str:
    closed = sum(r.amount_musd for r in study.money.funding if r.status == "closed")
    assumed = sum(r.amount_musd for r in study.money.funding if r.status == "assumed")
    cash = plan.tables["cash"]
    room = cash["funding_cumulative"] - cash["cumulative"]
    least = f"Least money left: {money(room.min())}, in {cash['quarter'].loc[room.idxmin()]}."
    if not assumed:
        return f"{money(closed)} of closed funding pays for it. {least}"
    in_bank = [
        sum(r.amount_musd for r in study.money.funding if r.status == "closed" and r.quarter <= study.start + t)
        for t in range(len(cash))
    ]
    beyond = cash.loc[cash["cumulative"] > pd.Series(in_bank, index=cash.index) + 1e-6, "quarter"]
    needs = (
        f"The plan needs the assumed rounds from {beyond.iloc[0]} on"
        if len(beyond)
        else "The plan stays within the closed rounds"
    )
    return f"{money(closed)} closed, {money(assumed)} assumed. {needs}. {least}"


def _proof(plan: Plan, study: Study) -> str:
    value = f"This plan costs {money(plan.npv_cost_musd, 3)}; no plan over the candidates in the model costs less than "
    value += money(plan.bound_musd, 3)
    nothing_left = plan.gap is not None and plan.gap < 5e-5
    gap = (
        "so none of them is better: gap 0.00 %"
        if nothing_left
        else f"so it is at most {percent(plan.gap, 2)} from the best"
    )
    asked = f"({percent(study.search.gap, 2)} was asked for)"
    stop = "" if plan.last.limit is None else f" The search was stopped by its limit: {plan.last.limit}."
    if plan.bound_musd is None:
        return f"Nothing was proved about better plans.{stop} {bound_covers(plan)}"
    rounding = plan.facts.get("rounding_musd")
    whole = f" Buying in whole pods makes {money(rounding)} of the difference." if rounding and rounding >= 0.05 else ""
    return f"{value}, {gap} {asked}.{whole}{stop} {bound_covers(plan)}"


def _binding(plan: Plan) -> str:
    binding = [str(limit) for limit in plan.facts.get("binding", [])]
    sized = "the demand alone sizes" if len(plan.passes) < 2 else "demand, aims and whole units size"
    text = "; ".join(binding) or f"no limit of money or power is met without room; {sized} the plan"
    return f"{text[0].upper()}{text[1:]}."


def verified(plan: Plan) -> str:
    """What came of recomputing the plan from study and tables."""
    verdict: Mapping[str, Any] = plan.facts.get("verification") or {}
    if not verdict:
        return "Not recomputed yet."
    if verdict.get("ok"):
        return "Every limit and every cash flow was recomputed without the model and agrees."
    return f"failed: {listed([str(fault) for fault in verdict.get('faults', [])], 5)}"


def _grid(plan: Plan) -> tuple[str, list[str]]:
    found = plan.facts.get("grid_check", "not checked")
    if not isinstance(found, Mapping):
        status, lines = str(found), plan.facts.get("grid_overloads", [])
    else:
        status = str(found.get("status", found.get("verdict", "not checked")))
        lines = [*found.get("overloads", found.get("lines", [])), *found.get("outage_overloads", [])]
    named = [_line(line) for line in lines]
    plain = status.lower().replace("_", " ")
    known = {"passed": "passed", "ok": "passed", "failed": "failed"}
    return known.get(plain.split(":")[0].strip(), "not checked"), named


def _line(line: object) -> str:
    if not isinstance(line, Mapping):
        return str(line)
    return ", ".join(
        f"{key.replace('_', ' ')} {number(v, 1) if isinstance(v, float) else v}" for key, v in line.items()
    )
