"""Defaults that stood in are printed, also for a study that a plan has written out whole."""

from __future__ import annotations

from siting.report.defaults import standing_defaults
from siting.study import Study


def test_defaults_survive_writing_the_study_out(study: Study):
    """The study of a plan sets every field; what equals its default is still named, what differs is not."""
    whole = Study.model_validate(study.model_dump(mode="json"))
    found = dict(standing_defaults(whole))
    assert found == dict(standing_defaults(study))
    assert found["halls.module_it_mw"] == '"10 MW"'
    assert found["operation.availability"] == '"95 %"'
    assert found["accelerators[0].lead_quarters"] == "1"
    assert "money.discount_rate" not in found
    assert "accelerators[0].price_usd" not in found


def test_a_changed_value_is_no_default(study: Study):
    """20 MW modules were chosen."""
    assert "halls.module_it_mw" not in dict(standing_defaults(study.update({"halls.module_it_mw": "20 MW"})))
