"""Grids, tables and samples of variations; their names as files."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.errors import InputError
from siting.whatif.filenames import LONGEST, RESERVED, file_name
from siting.whatif.variations import Range, grid, sample, table


def test_a_grid_is_the_full_product_in_order():
    """Two prices by three dates are six variations, the last key fastest; text stands by itself, numbers with a key."""
    found = grid({"power.price": ["40 USD/MWh", "50 USD/MWh"], "clusters.0.gpus": [1024, 2048, 4096]})
    assert [variation.name for variation in found] == [
        f"{price} USD/MWh, gpus {gpus}" for price in (40, 50) for gpus in (1024, 2048, 4096)
    ]
    assert found[4].edits == {"power.price": "50 USD/MWh", "clusters.0.gpus": 2048}


def test_keys_that_end_alike_are_told_apart_in_names():
    """Dates of two clusters: the names say which is which; a table names its values."""
    found = grid({"clusters.0.by": ["2026-Q1"], "clusters.1.by": ["2026-Q1"], "money.funding": {"early": [1]}})
    assert [variation.name for variation in found] == ["0.by 2026-Q1, 1.by 2026-Q1, early"]
    assert found[0].edits["money.funding"] == [1]


def test_a_key_without_values_is_refused():
    """Nothing to choose from is a fault that names the key."""
    with pytest.raises(InputError, match=r"power\.case: found no value"):
        grid({"power.case": [], "quarters": [8]})


def test_one_value_is_no_list_of_values():
    """Text is not taken for its letters, nor a number for a list: each is a fault by its key, in grids and samples."""
    with pytest.raises(InputError) as caught:
        grid({"power.case": "low", "quarters": 8, "search.seed": [1]})
    assert [(fault.key, fault.value) for fault in caught.value.faults] == [("power.case", "'low'"), ("quarters", "8")]
    with pytest.raises(InputError) as caught:
        sample({"power.case": "low", "quarters": {"a": 8}}, 4)
    assert [fault.key for fault in caught.value.faults] == ["power.case", "quarters"]


def test_far_too_many_are_refused_before_they_are_named():
    """A hundred million million combinations are counted, not made."""
    with pytest.raises(InputError, match="found 100,000,000,000,000; expected one key or more, 100,000 combinations"):
        grid({"quarters": range(10**7), "search.seed": range(10**7)})


def test_a_table_edits_where_its_cells_are_not_blank(tmp_path):
    """The same two rows as a frame and as a CSV: a blank changes nothing, JSON is read."""
    (tmp_path / "runs.csv").write_text('name,quarters,accelerators.0.prices\nshort,8,\nlong,,"[{""a"": 1}]"\n', "utf-8")
    from_file = table(tmp_path / "runs.csv")
    rows = pd.DataFrame(
        {"name": ["short", "long"], "quarters": [8, None], "accelerators.0.prices": [None, '[{"a": 1}]']}
    )
    assert [dict(v.edits) for v in from_file] == [{"quarters": "8"}, {"accelerators.0.prices": [{"a": 1}]}]
    assert [dict(v.edits) for v in table(rows)] == [{"quarters": 8}, {"accelerators.0.prices": [{"a": 1}]}]


def test_faults_of_a_table_are_told_at_once(tmp_path):
    """A row without a name and two cells of broken JSON are three faults; a file that is not there is told in words."""
    (tmp_path / "runs.csv").write_text("name,quarters,clusters\n,8,\nx,[8,{\n", "utf-8")
    with pytest.raises(InputError) as caught:
        table(str(tmp_path / "runs.csv"))
    assert [fault.key for fault in caught.value.faults] == ["row 1, name", "row 2, quarters", "row 2, clusters"]
    with pytest.raises(
        InputError, match=r"none\.csv: the file: found No such file or directory; expected CSV in UTF-8"
    ):
        table(tmp_path / "none.csv")


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol"])
@pytest.mark.parametrize("size", [12, 16])
def test_a_sample_is_spread_evenly_and_the_same_again(method, size):
    """Every quarter of a year, every number of a die, halves of a price range: a sample of 12 or 16 has each about
    equally often; the same seed gives it again, another seed another."""
    ranges = {
        "by": Range("2026-Q1", "2026-Q4"),
        "n": Range(1, 4),
        "usd": Range("40 USD/MWh", "60 USD/MWh"),
        "c": ["a", "b"],
    }
    found = sample(ranges, size, seed=3, method=method)
    frame = pd.DataFrame([variation.edits for variation in found])
    room = 0 if size == 16 else 2  # a Sobol sample that is no power of two is a little less even
    assert sorted(frame["by"].unique()) == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert sorted(frame["n"].unique()) == [1, 2, 3, 4]
    for column in ("by", "n", "c"):
        counts = frame[column].value_counts()
        assert abs(counts - size / len(counts)).max() <= room
    usd = frame["usd"].str.removesuffix(" USD/MWh").astype(float)
    assert usd.between(40, 60).all() and abs((usd < 50).sum() - size / 2) <= room
    assert found == sample(ranges, size, seed=3, method=method) != sample(ranges, size, seed=4, method=method)


@pytest.mark.parametrize(
    "low,high", [("40 USD/MWh", "60 ms"), (3, 1), ("2026-Q1", 4), ("2024-Q1", "x"), (True, 3), ("a", "b")]
)
def test_ranges_that_are_none_are_refused(low, high):
    """Another unit, a lower end above, a quarter beside a number or a word, truth values, words."""
    with pytest.raises(InputError, match=r'sample: key: (?!.*"10 -Q1")'):
        sample({"key": Range(low, high)}, 4)


def test_a_safe_name_stays_and_an_unsafe_one_gets_its_digest():
    """Device names of Windows, capitals, long names and letters of other alphabets change; the readable part stays."""
    assert file_name("later-by_1.5") == "later-by_1.5"
    for name in (
        "con",
        "NUL.txt",
        "lpt1.x",
        "A",
        "x" * 200,
        "東京",
        "a/b",
        "a:b",
        "..",
        ".hidden",
        "end.",
        "end ",
        "é",
    ):
        assert file_name(name) != name
    assert file_name("Été à Dallas").startswith("ete-a-dallas-")
    assert file_name("é") == file_name(unicodedata.normalize("NFD", "é"))


TEXT = st.text(min_size=1, max_size=80) | st.sampled_from(
    [*sorted(RESERVED), "A b", "a b", "a-b", "a_b", "a-", file_name("A b")]
)


@given(TEXT, TEXT)
def test_different_names_are_different_files_on_every_disk(one, other):
    """For any two names: files that a disk without capitals can hold, and the same only for the same name in NFC."""
    files = [file_name(one), file_name(other)]
    for file in files:
        assert file.isascii() and file == file.lower() and len(file) <= LONGEST + 13
        assert not set(file) & set('<>:"/\\|?* ') and file[-1] not in ". " and file[0] != "."
        assert file.partition(".")[0] not in RESERVED
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (files[0] == files[1]) == same
