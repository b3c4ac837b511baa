"""The planner's own limits as text: what is read, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_studies import small_study

from siting.errors import InputError
from siting.study.expressions import Summand, parse_expression
from siting.study.toml import study_from


def test_a_sum_with_filters_and_dates():
    """Texas or Oklahoma, own campuses, by the end of 2026, less half of everything: 0.2 GW are 200 MW. Quarter numbers
    count from year 0: 4 x 2026 + 3."""
    found = parse_expression("sum(it_mw[state=TX|OK, tenure=own] @2026-Q4) - 0.5*sum(it_mw)@2026-Q4 >= 0.2 GW")
    assert found.summands == (
        Summand(1.0, "it_mw", (("state", ("TX", "OK")), ("tenure", ("own",))), (8107,), None),
        Summand(-0.5, "it_mw", (), (8107,), None),
    )
    assert (found.sense, found.bound, found.unit) == (">=", 200.0, "MW")


def test_quoted_names_years_and_counts():
    """A name with blanks stands in quotes; a count has no unit."""
    found = parse_expression('sum(accelerators[accelerator="H100 SXM 80GB"]) <= 1_000')
    assert found.summands[0].filters == (("accelerator", ("H100 SXM 80GB",)),) and found.bound == 1000.0
    assert parse_expression("sum(co2_t[year=2025|2026]) <= 9 t").summands[0].years == (2025, 2026)
    assert parse_expression("-sum(spend_musd[quarter=2026-Q1]) >= -2 GUSD").bound == -2000.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum(it_mv) <= 5 MW", "the nearest is 'it_mw'"),
        ("sum(it_mw[stat=TX]) <= 5 MW", "the nearest is 'state'"),
        ("sum(it_mw[interconnect=Easten]) <= 5 MW", "the nearest is 'Eastern'"),
        ("sum(capex_musd[state=TX]) <= 5 MUSD", "filter of capex_musd: one of quarter, year"),
        ("sum(it_mw[accelerator=H100]) <= 5 MW", "filter of it_mw"),
        ("sum(it_mw) <= 5", 'text with a unit such as "10 MW"'),
        ("sum(it_mw) <= 5 MWh", 'text with a unit such as "10 MW"'),
        ("sum(sites) <= 5 MW", "a number without unit after a count"),
        ("sum(it_mw) + sum(sites) <= 5", "sums of one unit"),
        ("sum(co2_t@2026-Q1) <= 5 t", "write co2_t[quarter=2026-Q1]"),
        ("sum(it_mw[state=TX, state=OK]) <= 5 MW", "every filter once, state comes twice"),
        ("sum(co2_t[year=26]) <= 5 t", "a year such as 2026"),
        ("sum(it_mw) < 5 MW", "breaks off at column 12"),
        ("it_mw <= 5 MW", "breaks off at column 1"),
        ("", "an expression such as"),
    ],
)
def test_what_cannot_be_read_is_refused(text, words):
    """In words, with the nearest name where there is one."""
    with pytest.raises(ValueError, match="expected") as refused:
        parse_expression(text)
    assert words in str(refused.value)


def test_faults_name_the_limit(tmp_path: Path):
    """A quantity that does not exist, a quarter after the horizon, an accelerator that is not bought: all at once."""
    tree = small_study(tmp_path).model_dump(mode="json", exclude_unset=True)
    tree["limits"] = [
        {"name": "one", "expr": "sum(it_mv) <= 5 MW"},
        {"name": "two", "expr": "sum(sites)@2030-Q1 <= 5"},
        {"name": "two", "expr": 'sum(h100e[accelerator="H100 SXM"]) <= 5'},
    ]
    with pytest.raises(InputError) as refused:
        study_from(tree, file="s.toml")
    keys = ["limits[0].expr", "limits[1].expr", "limits[2].expr", "limits[2].name"]
    assert sorted(fault.key for fault in refused.value.faults) == keys
    assert "the nearest is 'H100 SXM 80GB'" in str(refused.value)
