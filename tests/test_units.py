"""Quantities as text: what is converted, what is refused; quarters and their hours."""

from __future__ import annotations

import datetime as dt

import pytest

from siting.units import first_day, hours_in, parse_quantity, parse_quarter, quarter_label


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("6 GUSD", "MUSD", 6000.0),
        ("6 MUSD", "MUSD", 6.0),
        ("1_500 kUSD", "MUSD", 1.5),
        ("250000 USD", "MUSD", 0.25),
        ("48 kUSD", "USD", 48_000.0),
        ("2.50 USD/GPU/h", "USD/GPU/h", 2.5),
        ("6 cent_per_h", "USD/GPU/h", None),
        ("65 USD/MWh", "USD/MWh", 65.0),
        ("0.065 USD/kWh", "USD/MWh", 65.0),
        ("0.15 GW", "MW", 150.0),
        ("150_000 kW", "MW", 150.0),
        ("10 MUSD/MW", "MUSD/MW", 10.0),
        ("10 USD/W", "MUSD/MW", 10.0),
        ("10 mile", "km", 16.09344),
        ("3 %/y", "%/y", 3.0),
        ("-12 %/y", "%/y", -12.0),
        ("0.75 %/quarter", "%/y", 3.0),
        ("25 %", "%", 25.0),
        ("1 s", "ms", 1000.0),
        ("1 square_mile", "acre", 640.0),
    ],
)
def test_quantities_are_converted(text: str, unit: str, value: float | None) -> None:
    """Prefixes, derived units, underscores; None stands for text that is refused."""
    if value is None:
        with pytest.raises(ValueError, match="expected text with a unit"):
            parse_quantity(text, unit)
    else:
        assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("bare", [6, 6.0, "6", None, True, "", "MUSD"])
def test_a_bare_value_is_refused(bare: object) -> None:
    """A number without a unit is refused with an example that has one."""
    with pytest.raises(ValueError, match="10 MUSD"):
        parse_quantity(bare, "MUSD")


@pytest.mark.parametrize(
    ("text", "unit"),
    [("6 MW", "MUSD"), ("6 MWh", "MW"), ("6 USD/h", "USD/GPU/h"), ("6 %", "%/y"), ("6 EUR", "MUSD"), ("nan MW", "MW")],
)
def test_another_dimension_is_refused(text: str, unit: str) -> None:
    """Energy is no power, a share no yearly share, a price an hour no price a GPU and hour."""
    with pytest.raises(ValueError, match="expected"):
        parse_quantity(text, unit)


def test_a_month_is_refused_where_hours_are_due() -> None:
    """720, 730 or 744 hours: nobody knows which."""
    with pytest.raises(ValueError, match="a month has no fixed number of hours"):
        parse_quantity("1800 USD/GPU/month", "USD/GPU/h")


def test_a_month_stands_where_the_field_is_monthly() -> None:
    """Rents are quoted so."""
    assert parse_quantity("150 USD/kW/month", "USD/kW/month") == pytest.approx(150)


def test_a_slip_of_the_prefix_is_refused() -> None:
    """A million billions, or a thousandth of a thousandth."""
    with pytest.raises(ValueError, match="is USD or kUSD meant"):
        parse_quantity("6e9 MUSD", "MUSD")
    with pytest.raises(ValueError, match="a small m is a thousandth"):
        parse_quantity("100 mW", "MW")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2024-Q2", "2024-Q2"),
        ("2024Q2", "2024-Q2"),
        (" 2024-Q2 ", "2024-Q2"),
        ("2024-05-27", "2024-Q2"),
        ("2024-03-31", "2024-Q1"),
        ("2024-04-01", "2024-Q2"),
        (dt.date(2025, 12, 31), "2025-Q4"),
    ],
)
def test_quarters_and_days(text: object, label: str) -> None:
    """A day stands for the quarter that holds it."""
    assert quarter_label(parse_quarter(text)) == label


@pytest.mark.parametrize("text", ["2024-Q5", "2024-Q0", "Q2 2024", "2024", "2024-02-30", "24-Q2", 2024, None])
def test_no_quarter(text: object) -> None:
    """Anything else, an impossible day among it, is refused."""
    with pytest.raises(ValueError, match=r"quarter|day"):
        parse_quarter(text)


def test_quarters_count_on_over_the_year() -> None:
    """The quarter after 2024-Q4 is 2025-Q1 and begins on the first of January."""
    following = parse_quarter("2024-Q4") + 1
    assert quarter_label(following) == "2025-Q1"
    assert first_day(following) == dt.date(2025, 1, 1)


@pytest.mark.parametrize(
    ("label", "hours"),
    [("2028-Q1", 2184), ("2027-Q1", 2160), ("2028-Q2", 2184), ("2028-Q3", 2208), ("2028-Q4", 2208), ("2100-Q1", 2160)],
)
def test_hours_of_a_quarter(label: str, hours: float) -> None:
    """91 days x 24 = 2,184 in a leap year's first quarter, 90 otherwise (2100 is no leap year)."""
    assert hours_in(parse_quarter(label)) == hours


@pytest.mark.parametrize("text", ["1 USD**9**9**9", "１ MUSD", "1 USD^3", "1 MUSD; 2"])
def test_nothing_but_a_plain_unit_is_parsed(text):
    """Powers, other alphabets and second values are refused at once, before any unit library sees them."""
    with pytest.raises(ValueError, match="expected text with a unit"):
        parse_quantity(text, "MUSD")


@pytest.mark.parametrize("text", ["0000-Q2", "9998-Q2", "1999-12-31", "2024-Q5"])
def test_years_outside_two_centuries_are_no_quarters(text):
    """A slip of the year is refused where it is read, not where a calendar gives up."""
    with pytest.raises(ValueError, match="expected a quarter"):
        parse_quarter(text)
