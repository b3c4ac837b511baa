"""Energy by contract, read a second time: from the tables `supply` and `power_contracts` and the study alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from siting.study.supply import GRID, PowerContract
from siting.units import hours_in, parse_quarter, quarter_label
from siting.verification.cash import accelerator_figure
from siting.verification.parts import Context, Part
from siting.verification.places import Place
from siting.verification.stated import differs

MWH = 1e-3
"""MWh that a sum of the table may miss."""
TABLES = {
    "supply": ("candidate", "quarter", "source", "mwh", "musd"),
    "power_contracts": ("contract", "quarter", "signed_mw", "taken_mwh", "paid_mwh", "usd_per_mwh", "musd"),
}


def grid_usd_per_mwh(context: Context, place: Place, quarter: int) -> float:
    """Price of energy that no contract gives, in a quarter from the start."""
    return float(place.usd_per_mwh * (1.0 + context.study.power.escalator) ** (quarter / 4.0))


def load_mwh(context: Context, candidate: str, place: Place, quarter: int) -> float:
    """Energy at the meter of what runs at a site in a quarter."""
    study, kw = context.study, 0.0
    for item in study.accelerators:
        count = context.read.running.get((candidate, item.name), {}).get(quarter, 0.0)
        kw += count * accelerator_figure(study, context.tables, item.name, "it_kw")
    return kw / 1e3 * study.power.load_factor * place.pue_mean * hours_in(study.start + quarter)


def bought_mwh(context: Context, candidate: str, place: Place, quarter: int) -> float:
    """The same less what the campus generates."""
    own = sum(part.onsite_mwh(candidate, quarter) for part in context.limits.parts)
    return load_mwh(context, candidate, place, quarter) - own


class Contracts(Part):
    """Shares, signed MW, minimum take and prices of power.contracts."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.wanted = {contract.name: contract for contract in context.study.power.contracts}
        self.taken: dict[tuple[str, str, int], float] = {}
        self.bound: dict[tuple[str, int], tuple[float, float, float]] = {}
        self.wrong: list[str] = []
        if self.wanted:
            self._read()

    def _read(self) -> None:
        start = self.context.study.start
        for name, columns in TABLES.items():
            frame = self.context.plan.tables.get(name)
            if frame is None or set(columns) - set(frame.columns):
                self.wrong.append(f"table {name}: missing, or without some of {', '.join(columns)}")
                return
            if frame.duplicated([columns[0], "quarter", *(["source"] if name == "supply" else [])]).any():
                self.wrong.append(f"table {name}: rows repeat")
        try:
            for row in self.context.plan.tables["supply"].itertuples():
                self.taken[str(row.candidate), str(row.source), parse_quarter(row.quarter) - start] = float(row.mwh)
            for row in self.context.plan.tables["power_contracts"].itertuples():
                key = str(row.contract), parse_quarter(row.quarter) - start
                self.bound[key] = float(row.signed_mw), float(row.taken_mwh), float(row.paid_mwh)
        except ValueError as error:
            self.wrong.append(f"tables of energy by contract: {error}")

    def post(self) -> None:
        """Energy at another price than the grid's, and what is paid without being taken."""
        for (candidate, source, t), mwh in self.taken.items():
            place, contract = self.context.places.get(candidate), self.wanted.get(source)
            if place is not None and contract is not None:
                dearer = self.price(contract, t) + contract.delivery_usd_per_mwh
                musd = mwh * (dearer - grid_usd_per_mwh(self.context, place, t)) / 1e6
                self.context.book.pay("energy", t, musd, candidate)
        for (name, t), (_, taken, paid) in self.bound.items():
            if (contract := self.wanted.get(name)) is not None:
                net = self.price(contract, t) - contract.resale_usd_per_mwh
                self.context.book.pay("minimum_take", t, (paid - taken) * net / 1e6)

    def price(self, contract: PowerContract, quarter: int) -> float:
        """Nominal USD/MWh in a quarter from the study's start; 0 where the study has none."""
        start = self.context.study.start
        if contract.price_usd_per_mwh is None:
            return contract.prices.get(str((start + quarter) // 4), 0.0)
        first = start if contract.start is None else contract.start
        return float(contract.price_usd_per_mwh * (1.0 + contract.escalator) ** ((start + quarter - first) / 4.0))

    def _runs(self, contract: PowerContract, quarter: int) -> bool:
        study = self.context.study
        first = (study.start if contract.start is None else contract.start) - study.start
        last = study.quarters if contract.term_years is None else first + 4 * contract.term_years
        if contract.kind != "ppa":
            last = min(last, study.quarters)
        return first <= quarter < last

    def _covers(self, contract: PowerContract, candidate: str, place: Place) -> bool:
        return (
            place.tenure != "colocation"
            and (not contract.states or place.state in contract.states)
            and (not contract.candidates or (place.campus or candidate) in contract.candidates)
        )

    def faults(self) -> Iterator[str]:
        if not self.wanted:
            return
        yield from self.wrong
        if self.wrong:
            return
        yield from self._sources()
        yield from self._site_sums()
        for contract in self.wanted.values():
            yield from self._shares(contract)
            yield from self._signed(contract)
        yield from self._figures()

    def _sources(self) -> Iterator[str]:
        for (candidate, source, t), mwh in self.taken.items():
            where = f"supply, {candidate}, {self._label(t)}, {source}"
            place = self.context.places.get(candidate)
            if place is None:
                yield f"{where}: no such candidate in the study"
            elif not mwh >= -MWH:
                yield f"{where}: {mwh} is no amount from 0"
            elif source != GRID and source not in self.wanted:
                yield f"{where}: no such contract in the study"
            elif source != GRID and not self._runs(self.wanted[source], t):
                yield f"{where}: the contract does not run then"
            elif source != GRID and not self._covers(self.wanted[source], candidate, place):
                yield f"{where}: the contract does not cover it"
        for name, t in self.bound:
            if name not in self.wanted or not self._runs(self.wanted[name], t):
                yield f"power_contracts, {name}, {self._label(t)}: no such contract then"

    def _site_sums(self) -> Iterator[str]:
        """Energy of all sources is the energy of what runs."""
        found: dict[tuple[str, int], float] = defaultdict(float)
        for (candidate, _, t), mwh in self.taken.items():
            found[candidate, t] += mwh
        for candidate in {c for c, _ in self.context.read.running} | {c for c, _ in found}:
            place = self.context.places.get(candidate)
            for t in range(self.context.study.quarters) if place is not None else ():
                assert place is not None
                due = bought_mwh(self.context, candidate, place, t)
                if not abs(found[candidate, t] - due) <= MWH + 1e-6 * abs(due):
                    yield (
                        f"supply, {candidate}, {self._label(t)}: {found[candidate, t]:.3f} MWh, {due:.3f} are bought"
                    )

    def _shares(self, contract: PowerContract) -> Iterator[str]:
        """Between least and largest share, of each site or of all together."""
        groups: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for candidate in sorted({c for c, _ in self.context.read.running}):
            place = self.context.places.get(candidate)
            if place is None or not self._covers(contract, candidate, place):
                continue
            group = candidate if contract.share_of == "site" else "all covered sites"
            for t in range(self.context.study.quarters):
                if self._runs(contract, t):
                    groups[group, t][0] += self.taken.get((candidate, contract.name, t), 0.0)
                    groups[group, t][1] += bought_mwh(self.context, candidate, place, t)
        for (group, t), (taken, bought) in groups.items():
            slack = MWH + 1e-6 * abs(bought)
            if not contract.min_share * bought - slack <= taken <= contract.max_share * bought + slack:
                least, most = contract.min_share * bought, contract.max_share * bought
                yield (
                    f"contract {contract.name}, {group}, {self._label(t)}: {taken:.3f} MWh taken, "
                    f"between {least:.3f} and {most:.3f} are allowed"
                )

    def _signed(self, contract: PowerContract) -> Iterator[str]:
        """One size for the whole term, energy inside it, and the minimum take paid in every quarter."""
        rows = {t: figures for (name, t), figures in self.bound.items() if name == contract.name}
        ppa = contract.kind == "ppa"
        sizes = {round(mw, 9) for mw, _, _ in rows.values()} if ppa else {0.0}
        size = max(sizes, default=0.0)
        if ppa and (len(sizes) > 1 or not 0.0 <= size <= (contract.ppa_mw_max or 0.0) * (1 + 1e-9)):
            yield f"contract {contract.name}: signed for {sorted(sizes)} MW, one size up to {contract.ppa_mw_max:g}"
            return
        first = (contract.start or self.context.study.start) - self.context.study.start
        for t in range(first, first + 4 * (contract.term_years or 0) if ppa else self.context.study.quarters):
            if not self._runs(contract, t):
                continue
            where = f"contract {contract.name}, {self._label(t)}"
            again = sum(mwh for (_, source, at), mwh in self.taken.items() if source == contract.name and at == t)
            _, taken, paid = rows.get(t, (size, 0.0, 0.0))
            if abs(taken - again) > MWH + 1e-6 * again:
                yield f"{where}: {taken:.3f} MWh taken, sites take {again:.3f}"
            yielded = size * contract.capacity_factor * hours_in(self.context.study.start + t)
            slack = MWH + 1e-6 * yielded
            if ppa and taken > yielded + slack:
                yield f"{where}: {taken:.3f} MWh taken, the signed MW give {yielded:.3f}"
            least = max(taken, contract.min_take_share * yielded) if ppa else taken
            if not abs(paid - least) <= slack if not ppa or t >= self.context.study.quarters else paid < least - slack:
                yield f"{where}: {paid:.3f} MWh paid, {least:.3f} are due"

    def _figures(self) -> Iterator[str]:
        """Prices and amounts that the tables state."""
        for row in self.context.plan.tables["supply"].itertuples():
            t, place = parse_quarter(row.quarter) - self.context.study.start, self.context.places.get(row.candidate)
            if place is None:
                continue
            contract = self.wanted.get(str(row.source))
            price = grid_usd_per_mwh(self.context, place, t)
            if contract is not None:
                price = self.price(contract, t) + contract.delivery_usd_per_mwh
            if differs(row.musd, row.mwh * price / 1e6):
                yield f"supply, {row.candidate}, {row.quarter}, musd: the plan says {row.musd}"
        for row in self.context.plan.tables["power_contracts"].itertuples():
            contract = self.wanted.get(str(row.contract))
            if contract is None:
                continue
            price = self.price(contract, parse_quarter(row.quarter) - self.context.study.start)
            net = price - contract.resale_usd_per_mwh
            musd = row.taken_mwh * (price + contract.delivery_usd_per_mwh) + (row.paid_mwh - row.taken_mwh) * net
            if differs(row.usd_per_mwh, price) or differs(row.musd, musd / 1e6):
                yield f"power_contracts, {row.contract}, {row.quarter}: price or amount is not the study's"

    def _label(self, quarter: int) -> str:
        return quarter_label(self.context.study.start + quarter)
