"""Bad studies: each fault names file, key, value and what was expected; all of a file come at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from siting.errors import Fault, InputError
from siting.places import shipped
from siting.study.toml import read_study, study_from


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The template's tree with values set by dotted key; None removes the key."""
    tree = tomllib.loads((shipped("models") / "template.toml").read_text(encoding="utf-8"))
    for dotted, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step for step in dotted.split(".")]
        part: Any = tree
        for step in way:
            part = part[step]
        if value is None:
            del part[last]
        else:
            part[last] = value
    return tree


def faults(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(key, value, expected) of every fault of the changed template."""
    with pytest.raises(InputError) as refused:
        study_from(changed(changes), file="s.toml")
    assert {fault.file for fault in refused.value.faults} == {"s.toml"}
    return [(fault.key, fault.value, fault.expected) for fault in refused.value.faults]


H100 = "H100 SXM 80GB"

ONE_FAULT = {
    "bare number where a unit is due": (
        {"money.discount_rate": 0.1},
        ("money.discount_rate", "0.1", 'text with a unit such as "10 %/y", not the bare value 0.1'),
    ),
    "another dimension": (
        {"candidates.largest_campus_utility_mw": "500 MWh"},
        ("candidates.largest_campus_utility_mw", '"500 MWh"', 'text with a unit such as "10 MW"'),
    ),
    "a unit nobody knows": (
        {"money.funding.0.amount_musd": "6 GEUR"},
        ("money.funding[0].amount_musd", '"6 GEUR"', 'text with a unit such as "10 MUSD"'),
    ),
    "milliwatts for megawatts": (
        {"halls.module_it_mw": "10 mW"},
        (
            "halls.module_it_mw",
            '"10 mW"',
            'text with a unit such as "10 MW"; this is 1e-08 MW: a small m is a thousandth, M a million',
        ),
    ),
    "a price by month": (
        {"leases.bilateral.0.usd_per_gpu_h": "1440 USD/GPU/month"},
        (
            "leases.bilateral[0].usd_per_gpu_h",
            '"1440 USD/GPU/month"',
            'text with a unit such as "10 USD/GPU/h": a month has no fixed number of hours',
        ),
    ),
    "dollars written as millions": (
        {"money.funding.0.amount_musd": "6e9 MUSD"},
        (
            "money.funding[0].amount_musd",
            '"6e9 MUSD"',
            "at most 1,000,000 MUSD in one amount; this is 6,000,000,000 MUSD: is USD or kUSD meant?",
        ),
    ),
    "negative MW": (
        {"candidates.largest_campus_utility_mw": "-5 MW"},
        ("candidates.largest_campus_utility_mw", '"-5 MW"', "above 0 MW"),
    ),
    "a share above one": (
        {"operation": {"availability": "150 %"}},
        ("operation.availability", '"150 %"', "at most 100 %"),
    ),
    "a number that is none": (
        {"inference.peak_h100e_bf16": float("nan")},
        ("inference.peak_h100e_bf16", "NaN", "a finite number"),
    ),
    "a quantity that is none": (
        {"inference.rtt_target_ms": "nan ms"},
        ("inference.rtt_target_ms", '"nan ms"', 'text with a unit such as "10 ms"'),
    ),
    "a negative count": ({"clusters.0.gpus": -1}, ("clusters[0].gpus", "-1", "at least 1")),
    "true for a number": ({"clusters.0.gpus": True}, ("clusters[0].gpus", "true", "something else than true or false")),
    "half a quarter": ({"quarters": 12.5}, ("quarters", "12.5", "a whole number")),
    "no such quarter": (
        {"start": "2024-Q5"},
        ("start", '"2024-Q5"', 'a quarter such as "2024-Q2" or an ISO day such as "2024-05-27"'),
    ),
    "a year for a quarter": (
        {"clusters.0.by": 2025},
        ("clusters[0].by", "2025", 'a quarter such as "2024-Q2" or an ISO day such as "2024-05-27"'),
    ),
    "a choice that is none": ({"power.case": "middle"}, ("power.case", '"middle"', "one of 'low', 'mid' or 'high'")),
    "a key left out": (
        {"money.discount_rate": None},
        ("money.discount_rate", "nothing", "a value: it has no default"),
    ),
    "a misspelt key": (
        {"inference.rtt_traget_ms": "30 ms"},
        ("inference.rtt_traget_ms", "the unknown key 'rtt_traget_ms'", "a known key; the nearest is 'rtt_target_ms'"),
    ),
    "a misspelt table": ({"layer": []}, ("layer", "the unknown key 'layer'", "a known key; the nearest is 'layers'")),
    "MW of neither IT nor meter": (
        {"candidates.power_mw": 340},
        (
            "candidates.power_mw",
            "the unknown key 'power_mw'",
            "one of colocation, committed_utility_mw_by_county, committed_utility_mw_by_substation, file, grid,"
            " hosting, largest_campus_utility_mw (a field that holds MW says it or utility)",
        ),
    ),
    "an array where a table is due": (
        {"taxes": [{"equipment_life_years": 5}]},
        ("taxes", '[{"equipment_life_years": 5}]', "a table"),
    ),
    "a table where an array is due": (
        {"layers": {"path": "rivers.gpkg", "rule": "exclude"}},
        ("layers", '{"path": "rivers.gpkg", "rule": "exclude"}', "an array of tables"),
    ),
    "no funding": ({"money.funding": []}, ("money.funding", "nothing", "at least one round")),
    "money before the start": (
        {"money.funding.0.quarter": "2024-03-31"},
        ("money.funding[0].quarter", "2024-Q1", "the study's start, 2024-Q2, or later"),
    ),
    "a cluster before the start": (
        {"clusters.0.by": "2023-Q4"},
        ("clusters[0].by", "2023-Q4", "the study's start, 2024-Q2, or later"),
    ),
    "a lease before the start": (
        {"leases.bilateral.0.deliver_from": "2024-Q1"},
        ("leases.bilateral[0].deliver_from", "2024-Q1", "the study's start, 2024-Q2, or later"),
    ),
    "a cluster after the horizon": (
        {"clusters.0.by": "2028-Q2"},
        ("clusters[0].by", "2028-Q2", "a quarter before the horizon ends in 2028-Q2"),
    ),
    "an unknown state": (
        {"candidates.grid.states": ["TX", "tx"]},
        ("candidates.grid.states[1]", '"tx"', 'a two-letter US state; did you mean "TX"?'),
    ),
    "a territory": (
        {"candidates.grid.states": ["PR"]},
        (
            "candidates.grid.states[0]",
            '"PR"',
            "one of the 50 states: there is no grid, price or tax row for a territory",
        ),
    ),
    "an unknown interconnection": (
        {"power.time_to_power.0.where": ["ERCOT"]},
        (
            "power.time_to_power[0].where[0]",
            '"ERCOT"',
            "a two-letter US state or one of Eastern, Western, Texas",
        ),
    ),
    "an unknown accelerator": (
        {"clusters.0.accelerators": ["H100 SXM 80 GB"]},
        (
            "clusters[0].accelerators[0]",
            "'H100 SXM 80 GB'",
            "one of the study's accelerators; the nearest is 'H100 SXM 80GB'",
        ),
    ),
    "an accelerator of a lease": (
        {"leases.bilateral.0.accelerator": "TPU"},
        ("leases.bilateral[0].accelerator", "'TPU'", "one of the study's accelerators: H100 SXM 80GB"),
    ),
    "two prices": (
        {"leases.bilateral.0.total_musd": "10 GUSD"},
        ("leases.bilateral[0]", "usd_per_gpu_h and total_musd", "exactly one of usd_per_gpu_h and total_musd"),
    ),
    "a name twice": (
        {"accelerators": [{"name": H100}, {"name": " h100 sxm 80gb "}]},
        ("accelerators[1].name", "' h100 sxm 80gb '", "a name of its own: accelerators[0] has it"),
    ),
    "a cluster of no size": (
        {"clusters.0.gpus": None},
        ("clusters[0]", "none of them", "exactly one of gpus, h100e_bf16 and h100e_8bit"),
    ),
    "no candidates": (
        {"candidates.grid": None},
        ("candidates", "none", "at least one of candidates.grid, candidates.file, candidates.colocation"),
    ),
    "a box upside down": (
        {"candidates.grid.boxes": [{"south": 40, "north": 30, "west": -100, "east": -90}]},
        ("candidates.grid.boxes[0].south", "40.0", "less than north, 30.0 (degrees)"),
    ),
    "MW by county without unit": (
        {"candidates.committed_utility_mw_by_county": {"48001": 5}},
        (
            "candidates.committed_utility_mw_by_county.48001",
            "5",
            'text with a unit such as "10 MW", not the bare value 5',
        ),
    ),
}


@pytest.mark.parametrize(("changes", "fault"), ONE_FAULT.values(), ids=ONE_FAULT)
def test_one_thing_wrong_gives_that_fault_alone(changes, fault):
    """The template with one change: exactly the one fault, word for word."""
    assert faults(changes) == [fault]


def test_nothing_asked_for():
    """Neither a cluster nor inference: there is no question."""
    assert faults({"clusters": [], "inference": None}) == [
        ("the study", "neither", "at least one of clusters and inference: nothing is asked for")
    ]


def test_field_and_rule_faults_come_at_once():
    """A bare number, a misspelt key, a wrong state, an early date, an unknown accelerator, a double name: six."""
    cluster = {"name": "training", "gpus": 8, "accelerators": ["B300"], "by": "2023-Q1"}
    found = faults(
        {
            "money.discount_rate": 0.1,
            "halls.colling": "air",
            "candidates.grid.states": ["ZZ"],
            "clusters": [{"name": "Training", "gpus": 8, "accelerators": [H100], "by": "2025-Q4"}, cluster],
        }
    )
    assert {key for key, _, _ in found} == {
        "money.discount_rate",
        "halls.colling",
        "candidates.grid.states[0]",
        "clusters[1].accelerators[0]",
        "clusters[1].by",
        "clusters[1].name",
    }
    assert len(found) == 6


def test_a_rule_is_silent_about_a_field_that_was_refused():
    """`gpu` for `gpus` and a broken start: no talk of a cluster without size, nor of dates before an unknown start."""
    found = faults({"clusters.0.gpus": None, "clusters.0.gpu": 16384, "start": "soon"})
    assert sorted(key for key, _, _ in found) == ["clusters[0].gpu", "start"]


def test_first_wrong_entry_does_not_hide_the_second():
    """Each of two leases is wrong in its own way."""
    bad = {"name": "b", "accelerator": H100, "gpus": 8, "min_gpus": 9, "usd_per_gpu_h": "2 USD/GPU/h"}
    worse = {"name": "c", "accelerator": H100, "gpus": 8, "usd_per_gpu_h": 2, "term_quarters": 4, "lat": 30.0}
    found = faults({"leases.bilateral": [bad, worse]})
    assert sorted(key for key, _, _ in found) == [
        "leases.bilateral[0].deliver_from",
        "leases.bilateral[0].min_gpus",
        "leases.bilateral[0].term_quarters",
        "leases.bilateral[1].deliver_from",
        "leases.bilateral[1].lon",
        "leases.bilateral[1].usd_per_gpu_h",
    ]


def refused_file(path: Path) -> Fault:
    with pytest.raises(InputError) as refused:
        read_study(path)
    (fault,) = refused.value.faults
    return fault


def test_broken_toml_names_line_and_column(tmp_path):
    """An unclosed bracket on line 2."""
    file = tmp_path / "s.toml"
    file.write_text('name = "a"\nquarters = [1\n', encoding="utf-8")
    fault = refused_file(file)
    assert fault.file == str(file) and fault.key == "the file" and fault.expected == "TOML 1.0 in UTF-8"
    assert "line" in fault.value or "end of document" in fault.value


def test_same_key_twice_is_broken_toml(tmp_path):
    """The second `quarters` is refused, not taken."""
    file = tmp_path / "s.toml"
    file.write_text('name = "a"\nquarters = 4\nquarters = 8\n', encoding="utf-8")
    assert "Cannot overwrite a value" in refused_file(file).value


def test_utf_16_and_trailing_nul_are_refused_by_name(tmp_path):
    """Neither is TOML; both say so without a traceback."""
    text = (shipped("models") / "template.toml").read_text(encoding="utf-8")
    for name, content in (("utf16", text.encode("utf-16")), ("nul", text.encode() + b"\0\0")):
        file = tmp_path / f"{name}.toml"
        file.write_bytes(content)
        assert refused_file(file).expected == "TOML 1.0 in UTF-8"


def test_byte_order_mark_is_no_fault(tmp_path):
    """A study saved with a byte order mark reads as without."""
    text = (shipped("models") / "template.toml").read_bytes()
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + text)
    assert read_study(tmp_path / "bom.toml").digest() == read_study("models/template.toml").digest()


def test_accents_in_a_study_read_on_any_locale(tmp_path):
    """Names are UTF-8 whatever the machine's code page."""
    text = (shipped("models") / "template.toml").read_text(encoding="utf-8")
    file = tmp_path / "s.toml"
    file.write_bytes(text.replace('"rented fabric"', '"Bruyères-le-Châtel ”"').encode())
    assert read_study(file).leases.bilateral[0].name == "Bruyères-le-Châtel ”"


def test_missing_file_names_the_nearest(tmp_path):
    """Of the shipped studies for a bare name, of the same folder otherwise; a folder is no study."""
    assert refused_file(Path("models/tinny.toml")).expected == "a study in TOML; did you mean models/tiny.toml?"
    (tmp_path / "texas.toml").write_text("", encoding="utf-8")
    fault = refused_file(tmp_path / "texs.toml")
    assert fault.value == "nothing" and fault.expected == f"a study in TOML; did you mean {tmp_path / 'texas.toml'}?"
    folder = refused_file(tmp_path)
    assert folder.value == "a folder" and folder.expected == "a study in TOML"


def test_a_shipped_study_is_not_taken_for_a_file_missing_elsewhere(tmp_path):
    """`elsewhere/tiny.toml` does not exist; the shipped tiny study is another one."""
    assert refused_file(tmp_path / "tiny.toml").value == "nothing"
