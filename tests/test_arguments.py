"""Arguments of a wrong kind are one error that names all of them, before anything is read, run or written."""

from __future__ import annotations

import numpy as np
import pytest

import siting
from siting.arguments import checked
from siting.errors import InputError
from siting.study import Study
from siting.whatif.frontiers import DateAxis, KeyAxis

STUDY = siting.read_study("models/tiny.toml")
PATH = "models/tiny.toml"

WRONG = [
    (lambda _: siting.n_best(STUDY, "2", within=None), ["n_best: k: found '2'", "n_best: within: found None"]),
    (lambda _: siting.n_best(PATH, True), [f"study: found '{PATH}'; expected an instance of Study", "k: found True"]),
    (lambda _: siting.solve({"name": "tiny"}), ["study: found {'name': 'tiny'}; expected an instance of Study"]),
    (lambda _: siting.place_decided(STUDY, 2.5, None, workers=1.5), ["runs: found 2.5", "seed: found None", "workers"]),
    (lambda _: siting.limit_prices(None, "money"), ["plan: found None", "limits: found 'money'; expected several"]),
    (lambda _: siting.why_not(None, (1, 2)), ["plan: found None", r"place: found \(1, 2\)"]),
    (lambda _: siting.what_if(STUDY, [1]), [r"change: found \[1\]; expected an instance of Variation or an instance"]),
    (lambda _: siting.compare(STUDY, STUDY, 3), [r"compare: others\[1\]: found 3"]),
    (lambda _: siting.compare(STUDY, names=("a", "b")), ["others: found none", "names: found 2; expected 1, one for"]),
    (lambda _: siting.money_against_date(STUDY, [0, 1.5]), [r"shifts\[1\]: found 1\.5; expected a valid integer"]),
    (lambda _: siting.no_regret({1: STUDY}), ["no_regret: of"]),
    (lambda _: siting.explain(STUDY, time_limit_s="9"), ["explain: time_limit_s: found '9'; expected a valid number"]),
    (lambda _: siting.read_study(b"x"), ["read_study: path: found b'x'"]),
    (lambda at: siting.sweep(STUDY, 3, folder=at), ["sweep: variations: found 3"]),
    (lambda at: siting.sweep(STUDY, [], folder=at, executor="x", progress=3), ["executor: found 'x'", "progress: fo"]),
    (lambda _: siting.Variation(name=5, edits=None), ["Variation: name: found 5", "Variation: edits: found None"]),
    (lambda _: DateAxis(1.5, True), ["DateAxis: earlier: found 1.5", "DateAxis: later: found True"]),
    (lambda _: KeyAxis("quarters", 5), ["KeyAxis: range: found 5; expected an instance of Range"]),
    (lambda _: STUDY.update([1]), [r"update: changes: found \[1\]"]),
    (lambda _: siting.read_tables(3), ["read_tables: data_dir: found 3"]),
]


@pytest.mark.parametrize(("call", "told"), WRONG)
def test_a_wrong_kind_is_told_at_once(call, told, tmp_path):
    """Every argument that does not fit, by its name; no folder is made."""
    with pytest.raises(InputError) as refused:
        call(tmp_path / "there")
    for said in told:
        refused.match(said)
    assert not (tmp_path / "there").exists()


def test_what_fits_passes_as_it_is():
    """Numbers of numpy as Python's own, defaults, everything else itself: a study is not read again."""

    @checked
    def asked(study: Study, count: int, share: float = 0.5, *names: str, limit: int | None = None) -> tuple:
        return study, count, share, names, limit

    study, *rest = asked(STUDY, np.int64(3), np.float32(0.25), "a", "b", limit=np.int8(4))
    assert study is STUDY and rest == [3, 0.25, ("a", "b"), 4] and type(rest[0]) is int
    assert asked(STUDY, 1, 2)[2:] == (2, (), None)
    with pytest.raises(TypeError, match="unexpected keyword argument 'limits'"):
        asked(STUDY, 1, limits=4)


def test_a_change_after_one_that_took_its_place_away_is_refused():
    """It was an error of Python's list; both faults are told."""
    with pytest.raises(InputError) as refused:
        STUDY.update({"inference.rtt": 3, "clusters": [], "clusters.0.by": "2026-Q1", "quarters": 0})
    assert [fault.key for fault in refused.value.faults] == ["inference.rtt", "clusters.0.by", "quarters", "the study"]
