"""A planner's CSV as text cells, and numbers out of text: what a spreadsheet does to a file is met here.

Refused rather than guessed: other encodings than UTF-8, a decimal comma that could be a thousands separator, a point
in a file that writes decimal commas, and the many spellings of "not available".
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from siting.errors import Fault, InputError

BLANKS = frozenset(
    {"nan", "na", "n/a", "#n/a", "#na", "-", "--", "none", "null", "nil", "?", "#value!", "#ref!", "#div/0!"}
)
"""Spellings of a blank that are refused, casefolded: an empty cell says the same and cannot be misread."""
_POINT = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_COMMA = re.compile(r"^[-+]?\d*,\d+([eE][-+]?\d+)?$")
_THOUSANDS = re.compile(r"^[-+]?[1-9]\d{0,2},\d{3}$")
"""With exactly three digits after the comma: 1,234 is 1234 to one reader and 1.234 to another."""


@dataclass(frozen=True)
class Cells:
    """A file's header and rows, stripped; the first row of data is row 2, as an editor counts."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    semicolons: bool
    faults: tuple[Fault, ...]
    """Rows with too many or too few cells: they are left out of `rows`."""


def read_text(path: Path) -> str:
    """The file as text, UTF-8 with or without BOM. Raises InputError for a missing file or another encoding."""
    if not path.is_file():
        raise InputError([Fault(file=path.name, key="file", value="missing", expected=f"a file at {path}")])
    raw = path.read_bytes()
    found = ""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:4096]:
        found = "UTF-16 or binary"
    else:
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            found = f"bytes that are not UTF-8 at position {error.start}"
    raise InputError([Fault(file=path.name, key="encoding", value=found, expected="UTF-8 text")])


def read_cells(path: Path) -> Cells:
    """Header and rows of a CSV with commas or semicolons. Raises InputError when there is no header or no row."""
    text = read_text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InputError([Fault(file=path.name, key="file", value="empty", expected="a header and rows")])
    semicolons = first.count(";") > first.count(",")
    if "\t" in first and not semicolons and "," not in first:
        raise InputError([Fault(file=path.name, key="separator", value="a tab", expected="commas or semicolons")])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if semicolons else ",", skipinitialspace=True)
    lines: list[tuple[int, tuple[str, ...]]] = []
    for line in reader:
        if any(cell.strip() for cell in line):
            lines.append((reader.line_num, tuple(cell.strip() for cell in line)))
    header = tuple(name.casefold() for name in lines[0][1])
    faults = [
        Fault(file=path.name, key="header", value=repr(name), expected="every column once, with a name")
        for name in sorted({n for n in header if not n or header.count(n) > 1})
    ]
    hint = "" if semicolons else "; a decimal comma would split a cell: write a point"
    kept = []
    for number, cells in lines[1:]:
        if len(cells) == len(header):
            kept.append((number, cells))
        else:
            expected = f"{len(header)} cells as in the header{hint if len(cells) > len(header) else ''}"
            faults.append(Fault(file=path.name, key=f"row {number}", value=f"{len(cells)} cells", expected=expected))
    if len(lines) == 1:
        faults.append(Fault(file=path.name, key="rows", value="none", expected="at least one row below the header"))
    return Cells(
        file=path.name,
        header=header,
        rows=tuple(cells for _, cells in kept),
        row_numbers=tuple(number for number, _ in kept),
        semicolons=semicolons,
        faults=tuple(faults),
    )


def is_blank_word(text: str) -> bool:
    """Whether the cell spells a blank in words (an empty cell does not)."""
    return text.casefold() in BLANKS


def decimal_mark(texts: list[str], *, semicolons: bool) -> str:
    """ "." or ",": how the numbers of a file are written. A comma only in a semicolon file, and only when proved.

    Proof is one number that can be read in no other way: 150,5 or 0,123 (1,234 proves nothing).
    """
    if not semicolons:
        return "."
    proved = any(_COMMA.match(text) and not _THOUSANDS.match(text) for text in texts)
    return "," if proved else "."


def number(text: str, mark: str) -> float:
    """The number that `text` spells with that decimal mark. Raises ValueError that says what was expected."""
    if mark == "," and "," in text and _COMMA.match(text):
        text = text.replace(",", ".")
    elif mark == "," and "." in text:
        raise ValueError("a decimal comma as elsewhere in the file: a point could be either mark here")
    elif "," in text:
        raise ValueError("a number with a decimal point and no thousands separator: a comma could be either")
    if not _POINT.match(text):
        raise ValueError("a number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a finite number")
    return value
