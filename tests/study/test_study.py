"""A study read right: units, defaults and their origin, changes as new copies."""

from __future__ import annotations

import pydantic
import pytest

from siting.errors import InputError
from siting.places import shipped
from siting.study import Study, read_study, show_study
from siting.study.strict import Strict


@pytest.fixture
def study() -> Study:
    return read_study("models/template.toml")


def test_quantities_are_read_in_any_unit_of_the_dimension(study):
    """2.5 GUSD are 2,500 MUSD; 0.5 GW are 500 MW; 10 %/y is 0.1."""
    changed = study.update({"candidates.largest_campus_utility_mw": "0.5 GW"})
    assert study.money.funding[0].amount_musd == 2_500.0
    assert changed.candidates.largest_campus_utility_mw == 500.0
    assert study.money.discount_rate == pytest.approx(0.1)


def test_update_is_a_new_validated_copy(study):
    """The old study stays; a name that matches nothing and a wrong value are refused."""
    other = study.update({"money.discount_rate": "8 %/y", "clusters.0.by": "2026-Q1"})
    assert other.money.discount_rate == pytest.approx(0.08) and study.money.discount_rate == pytest.approx(0.1)
    assert other.digest() != study.digest() and other.path == study.path
    with pytest.raises(InputError, match="no field 'rate'"):
        study.update({"money.rate": "8 %/y"})
    with pytest.raises(InputError, match=r"clusters\[0\]\.by: found 2020-Q1"):
        study.update({"clusters.0.by": "2020-Q1"})
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        study.quarters = 3


def test_every_value_is_shown_with_its_origin(study):
    """Written values say `study`, the others `default`; no field is left out."""
    rows = {key: (value, origin) for key, value, origin in show_study(study)}
    assert rows["quarters"] == ("16", "study")
    assert rows["search.gap"] == ("0.001", "default")
    assert rows["money.funding[0].amount_musd"] == ('"2500 MUSD"', "study")
    assert rows["operation.availability"] == ('"95 %"', "default")


def test_a_study_written_out_reads_back_the_same(study):
    """The validated tree inside a plan gives the study again, digest and all."""
    for path in sorted(shipped("models").glob("*.toml")):
        whole = read_study(path)
        assert Study.model_validate(whole.model_dump(mode="json")).digest() == whole.digest(), path.name


def test_every_field_with_mw_says_it_or_utility():
    """MW of what: critical IT, the meter, a plant's nameplate, a line's flow. Read off the schema: none forgets it."""
    others = {"PowerContract.ppa_mw_max"}
    parts, fields = list(Strict.__subclasses__()), []
    for part in parts:
        fields += [f"{part.__name__}.{name}" for name in part.model_fields if "mw" in name.split("_")]
        parts += part.__subclasses__()
    bare = [
        name for name in fields if name not in others and not {"it", "utility"} & set(name.partition(".")[2].split("_"))
    ]
    assert len(fields) >= 7 and bare == []
