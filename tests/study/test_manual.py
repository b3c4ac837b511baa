"""The manual is the schema: every field is in it, with a meaning."""

from __future__ import annotations

from siting.study.manual import manual


def test_every_field_has_a_meaning_and_a_default_or_is_required() -> None:
    """Nobody adds a field without saying what it is."""
    entries = manual()
    assert len(entries) > 120
    silent = [entry.key for entry in entries if entry.takes != "table" and not entry.meaning]
    assert silent == [], silent
    assert len({entry.key for entry in entries}) == len(entries)


def test_entries_say_what_they_take() -> None:
    """Units, quarters, choices, lists of tables."""
    by_key = {entry.key: entry for entry in manual()}
    assert by_key["halls.module_it_mw"].takes == 'text with a unit, e.g. "10 MW"'
    assert by_key["halls.module_it_mw"].default == "10"
    assert by_key["start"].takes.startswith("a quarter") and by_key["start"].default == "required"
    assert by_key["power.case"].takes == "'low' | 'mid' | 'high'"
    assert by_key["clusters[].by"].default == "required"
    assert by_key["priorities[].objective"].takes.startswith("'time_to_compute'")
    assert manual("operation.")[0].key == "operation.availability"
