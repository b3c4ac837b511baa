"""The sections of the report, one function each: plan, study and tables in, HTML out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from siting.plan import Plan
from siting.printed import plural
from siting.report import answer as words
from siting.report import charts, html
from siting.report.belief import belief, cluster_megawatts
from siting.report.defaults import standing_defaults
from siting.report.items import payments
from siting.report.map import site_map
from siting.report.numbers import BLANK, in_service, megawatts, money, number, percent
from siting.report.place import place_decided
from siting.report.shown import plan_tables, shown
from siting.study import Study
from siting.tables.read import Tables
from siting.termination import Termination
from siting.units import quarter_label


def front(plan: Plan, study: Study) -> str:
    """Title, the answer in words, and what a reader must not miss."""
    title = f"<h1>{html.text(study.title or study.name)}</h1>"
    span = f"{quarter_label(study.start)} to {quarter_label(study.end - 1)}"
    under = html.paragraph(f"Study “{study.name}”, {span}, prices as known on {study.price_day}", "quiet")
    parts = [title, under, html.paragraph(words.headline(plan, study), "headline"), *_warnings(plan)]
    if plan.npv_cost_musd is not None:
        if len(plan.sites):
            first = min(in_service(site) for _, site in plan.sites.iterrows())
            built = [
                ("at the meter, peak", megawatts(plan.sites["utility_mw"].sum())),
                ("first site in service", first),
            ]
        else:
            built = [("newly leased", f"{number(words.new_leases(plan)['gpus'].sum())} GPUs")]
        parts.append(
            html.figures(
                [
                    ("cost, present value", money(plan.npv_cost_musd)),
                    ("paid within the horizon", money(words.total_musd(plan)[0])),
                    *built,
                    ("gap to the bound", percent(plan.gap, 2)),
                    ("grid check", words.grid_status(plan)),
                ]
            )
        )
    return "\n".join([*parts, "<h2>The answer</h2>", html.lines(words.answer(plan, study))])


def decided(plan: Plan, study: Study) -> str:
    """How far the place is decided by this data."""
    if plan.npv_cost_musd is None:
        return ""
    note = (
        "Counted over all priced candidates by their screen cost: what the plan would cost with its first hosting site "
        "moved there, all else kept. This data does not know costs to half a percent."
    )
    if len(study.power.time_to_power) > 1 and len(plan.sites):
        note += (
            " The study assumes another wait for power in each region: that assumption alone can decide the state, so "
            "change it before trusting it."
        )
    if "other_figures" in plan.facts:
        tried = plan.facts["other_figures"]
        note += (
            f" Each trial with other figures prices all candidates again and searches about {tried['candidates']} that "
            f"look best, to a gap of {percent(tried['gap'])}; the state counts as decided from 80 % on."
        )
    elif len(plan.sites):
        note += " How it holds up against errors in MW, power prices and dates was not tried: siting sure PLAN does."
    sentence = html.paragraph(place_decided(plan)[1])
    return html.section("How far the place is decided", sentence, _trials(plan), html.paragraph(note, "note"))


def _trials(plan: Plan) -> str:
    """Places at which trials with other figures build, the most frequent first; empty where none were made."""
    tried = plan.facts.get("other_figures")
    if not tried or not tried["by_place"]:
        return ""
    rows = [
        (row["name"], row["candidate"], number(row["trials"]), percent(row["share"], 0)) for row in tried["by_place"]
    ]
    frame = pd.DataFrame(rows, columns=["builds at", "candidate", "trials", "share of all"])
    return html.table(frame, ("trials", "share of all"))


def map_frame(plan: Plan) -> str:
    """The map's place in the page and its key."""
    read, inside = len(plan.tables["candidates"]), int(plan.tables["candidates"]["in_model"].sum())
    regions = len(plan.tables["regions"])
    key = (
        '<p class="key"><i style="background:#b4bfcb"></i>'
        f"candidates ({read:,})"
        f'<i style="background:#2f6db3"></i>in the model ({inside:,})'
        + (f'<i class="diamond" style="background:#a8741a"></i>demand regions ({regions:,})' if regions else "")
        + ('<i style="background:#c8322b"></i>sites of the plan' if len(plan.tables.get("sites", ())) else "")
        + "</p>"
    )
    note = "Point at a mark for its figures. "
    network = plan.facts.get("network") or {}
    if network.get("own"):
        note += f"Buses stand where the planner's files put them ({network['name']}). {'; '.join(network['notes'])}"
    else:
        note += "Substations stand where the synthetic grid puts them: places to ask about."
    return html.section("Map", '<div class="chart" id="map"></div>', key, html.paragraph(note, "note"))


def megawatts_from_chips(plan: Plan, study: Study, tables: Tables) -> str:
    """IT and meter MW against the 100 MW belief."""
    rows = cluster_megawatts(plan, study, tables)
    columns: dict[str, tuple[str, int | None]] = {
        "cluster": ("cluster", None),
        "accelerator": ("accelerator", None),
        "gpus": ("accelerators", 0),
        "it_kw": ("kW IT each, with network", 2),
        "it_mw": ("critical IT, MW", 1),
        "pue_peak": ("PUE, peak", 2),
        "utility_mw": ("at the meter, MW", 1),
        "basis": ("basis", None),
    }
    printed = shown("", rows, columns)
    body = html.table(printed.frame, printed.numeric) if len(rows) else ""
    return html.section("Is 100 MW enough?", html.paragraph(belief(rows)), body)


def against_date(plan: Plan) -> str:
    """Money against date: the clusters' date moved and solved again."""
    points = pd.DataFrame(list(plan.facts.get("money_against_date") or []))
    if not len(points):
        return ""
    title, others = "Money against date", points[points["shift_quarters"] != 0]
    if len(others) and (others["termination"] == Termination.NO_PLAN_FOUND).all():
        left = "The study's time limit left too little for other dates: siting curve STUDY solves each of them."
        return html.section(title, html.paragraph(left))
    if points["value_musd"].isna().all():
        dates = ", ".join(points["by"].astype(str))
        return html.section(title, html.paragraph(f"No plan was found at any date that was tried: {dates}."))
    unit, name_of_unit = charts.money_unit(points["value_musd"].astype(float).max())
    digits = 3 if unit > 1.0 else 1
    kept: dict[str, tuple[str, int | None]] = {
        "by": ("clusters run by", None),
        "shift_quarters": ("moved, quarters", 0),
        "value": (f"cost, NPV, {name_of_unit}", digits),
        "bound": (f"bound, {name_of_unit}", digits),
        "gap_text": ("gap", None),
        "hosted_by": ("hosted by", None),
        "outcome": ("outcome", None),
    }
    rows = points.assign(
        value=points["value_musd"].astype(float) / unit,
        bound=points["bound_musd"].astype(float) / unit,
        gap_text=[percent(gap, 2) for gap in points["gap"]],
        outcome=points["termination"].astype(str).replace(str(Termination.NO_PLAN_FOUND), "none found in time"),
        hosted_by=points["hosted_by"].replace("", BLANK),
    )
    printed = shown("", rows, kept)
    chart = html.figure(charts.svg(charts.money_against_date(points)))
    lead = (
        "What an earlier or later date costs. Dates other than the study's are solved over fewer candidates, without a "
        "look at the lines between sites, and to a wider gap, so small differences mean nothing; the tick under each "
        "point is the proved bound."
    )
    return html.section(title, html.paragraph(lead), chart, html.table(printed.frame, printed.numeric))


def over_time(plan: Plan, study: Study) -> str:
    """MW and cash over time."""
    if plan.npv_cost_musd is None:
        return ""
    power = html.figure(charts.svg(charts.mw_over_time(plan))) if len(plan.tables["power"]) else ""
    rounds = [
        f"{quarter_label(r.quarter)}: {money(r.amount_musd)}, {r.status}" + (f" ({r.note})" if r.note else "")
        for r in study.money.funding
    ]
    return html.section(
        "MW and cash over time",
        "<h3>Power, all sites together</h3>" + power if power else "",
        html.paragraph(
            "Running MW never exceed what the grid energizes and firm units on the campus give in the quarter; halls "
            "may stand before power.",
            "note",
        )
        if power
        else "",
        "<h3>Cash by quarter</h3>",
        html.figure(charts.svg(charts.cash_by_item(plan))),
        "<h3>Spending against funding</h3>",
        html.figure(charts.svg(charts.cash_against_funding(plan, study))),
        html.paragraph("Funding rounds; those marked assumed are the planner's hope, not money in the bank:", "note"),
        html.bullets(rounds),
    )


def time_to_power(plan: Plan, study: Study) -> str:
    """The assumption beside every open quarter."""
    lead = (
        "Time to power is the study's assumption. No public table says how long a load waits for grid power in the "
        "United States; generator queues measure something else and are not used."
    )
    rules = pd.DataFrame(
        [
            (", ".join(r.where) or "everywhere else", r.low_quarters, r.mid_quarters, r.high_quarters, r.note)
            for r in study.power.time_to_power
        ],
        columns=["where", "low, quarters", "mid, quarters", "high, quarters", "why"],
    )
    sites = html.table(_site_dates(plan, study)) if "sites" in plan.tables and len(plan.sites) else ""
    used = html.paragraph(f"The study's table; this plan uses the {study.power.case} case.", "note")
    return html.section(
        "Time to power", html.paragraph(lead), sites, html.table(rules, [c for c in rules if "quarters" in c]), used
    )


def sources(plan: Plan) -> str:
    """Where each figure comes from, and which of them nobody could have known on the study's date."""
    rows = pd.DataFrame(list(plan.facts.get("sources") or []))
    if not len(rows):
        return ""
    names = {"item": "figure", "value": "value", "source": "source", "date": "date", "confidence": "confidence"}
    frame = rows.reindex(columns=list(names)).fillna("").astype(str).replace("", BLANK).rename(columns=names)
    later = pd.DataFrame(list(plan.facts.get("dated_after") or []))
    told = (
        html.bullets(
            f"{row.get('item', row.get('table', 'a row'))}: {row.get('date', '')}" for row in later.to_dict("records")
        )
        if len(later)
        else html.paragraph("None.")
    )
    lead = (
        "Slow and technical figures (construction, residual value, PUE, round trip) are the nearest row in time, so "
        "they may be younger than the study; prices never are."
    )
    return html.section(
        "Sources and confidence",
        html.table(frame),
        "<h3>Dated after the study</h3>",
        html.paragraph(lead, "note"),
        told,
    )


def assumptions(plan: Plan, study: Study) -> str:
    """What the planner assumes, the assumed rounds, and every default that stood in."""
    assumed = [r for r in study.money.funding if r.status == "assumed"]
    listed = [*study.assumptions, *map(str, plan.facts.get("assumptions") or [])]
    listed += [f"Funding of {money(r.amount_musd)} in {quarter_label(r.quarter)} is assumed." for r in assumed]
    if not (study.candidates.committed_utility_mw_by_substation or study.candidates.committed_utility_mw_by_county):
        listed.append("MW that others already hold at each substation are unknown and taken as 0.")
    if study.halls.om_usd_per_it_kw_year == 0:
        listed.append("Upkeep and staff of halls are not known publicly and taken as 0.")
    frame = pd.DataFrame(standing_defaults(study), columns=["key of the study", "value used"])
    folded = (
        f"<details><summary>Values that stand at their default ({len(frame)})</summary>{html.table(frame)}</details>"
    )
    return html.section("Assumptions", html.bullets(dict.fromkeys(listed)), folded)


def all_tables(plan: Plan) -> str:
    """Every table of the plan."""
    items = [item for item in (*plan_tables(plan), payments(plan)) if item is not None]
    return html.section("Tables", *(html.shown_table(item) for item in items)) if items else ""


def making(plan: Plan, study: Study) -> str:
    """Seconds by phase, memory, versions and hashes."""
    seconds = pd.DataFrame(
        [(phase, number(taken, 1)) for phase, taken in plan.seconds.items()]
        + [("all", number(sum(plan.seconds.values()), 1))],
        columns=["phase", "seconds"],
    )
    versions = pd.DataFrame(list(plan.versions.items()), columns=["program", "version"])
    hashes = pd.DataFrame([("study", plan.study_digest), *plan.data_hashes.items()], columns=["file", "SHA-256"])
    stopped = f"Search ended: {str(plan.termination).replace('_', ' ')}"
    stopped += f" ({plan.last.limit})" if plan.last.limit else ""
    counts = [plural(int(plan.facts.get(f"candidates_{k}", 0)), "candidate") + f" {w}" for k, w in _COUNTS.items()]
    size = plan.facts.get("model") or {}
    model = ", ".join(f"{number(count)} {name}" for name, count in size.items())
    return html.section(
        "How it was made",
        html.paragraph(f"{stopped}. {', '.join(counts)}. Peak memory {number(plan.peak_mb)} MB."),
        html.paragraph(f"Model: {model}.") if model else "",
        html.table(seconds, ["seconds"]),
        html.table(versions),
        f"<details><summary>Hashes of the inputs</summary>{html.table(hashes, hashes=['SHA-256'])}</details>",
    )


_COUNTS = {"read": "read", "usable": "priced", "in_model": "in the model"}


def _warnings(plan: Plan) -> list[str]:
    """What page one must say before anything else."""
    found = []
    verdict = plan.facts.get("verification") or {}
    if verdict and not verdict.get("ok"):
        found.append(html.paragraph(f"Verification {words.verified(plan)}", "warning"))
    if plan.npv_cost_musd is None:
        return found
    if words.grid_status(plan) == "failed":
        found.append(html.paragraph(f"grid_check: {words.grid_check(plan)}", "warning"))
    if not place_decided(plan)[0]:
        found.append(html.paragraph(place_decided(plan)[1].split(" The site named")[0], "caution"))
    if plan.termination is Termination.FEASIBLE:
        found.append(
            html.paragraph(f"The search stopped early ({plan.last.limit}): a better plan may exist.", "caution")
        )
    return found


def _site_dates(plan: Plan, study: Study) -> pd.DataFrame:
    """Each site's opening beside what the time-to-power table says of it."""
    rows = []
    for _, site in plan.sites.iterrows():
        rule = next(
            r for r in study.power.time_to_power if not r.where or {site["state"], site["interconnect"]} & set(r.where)
        )
        low, mid, high = (
            quarter_label(study.start + n) for n in (rule.low_quarters, rule.mid_quarters, rule.high_quarters)
        )
        chosen = quarter_label(study.start + int(getattr(rule, f"{study.power.case}_quarters")))
        note = rule.note if "assum" in rule.note.lower() else f"assumption: {rule.note}"
        basis = f"{study.power.case} case; {note}"
        if site["tenure"] == "colocation":
            low = mid = high = BLANK
            basis = "hand-over stated in the study"
        elif site["candidate"] in (plan.facts.get("own_power_dates") or []):
            low = mid = high = BLANK
            basis = "date stated in the planner's file"
        elif chosen != site["energization"]:
            basis = "date stated for this candidate"
        rows.append((site["name"], site["state"], site["open_quarter"], site["energization"], low, mid, high, basis))
    columns = ["site", "state", "first halls", "power from", "low case", "mid case", "high case", "basis"]
    return pd.DataFrame(rows, columns=columns)


def live_charts(plan: Plan) -> dict[str, Any]:
    """Charts that answer the pointer, by the id of their element."""
    return {"map": site_map(plan)}
