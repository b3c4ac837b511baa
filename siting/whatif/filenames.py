"""Names that are safe as files on every disk, and different for different names.

A name of small letters, digits, dots, underscores and hyphens stays as it is. Any other loses something on the way
(disks that do not tell A from a, names that Windows keeps for devices, letters in two spellings), so it gets a piece of
its own digest behind it: what a name becomes depends on nothing but the name, whatever else is in the sweep.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 60
"""Letters of the readable part: with a folder before and endings behind it stays well below every limit."""
DIGEST = 12
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
_SAFE = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_LIKE_OURS = re.compile(rf".*-[0-9a-f]{{{DIGEST}}}")


def file_name(name: str) -> str:
    """The name as a file or folder bears it, without ending."""
    name = unicodedata.normalize("NFC", name)
    reserved = name.partition(".")[0] in RESERVED
    if _SAFE.fullmatch(name) and len(name) <= LONGEST and not reserved and not _LIKE_OURS.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
    return f"{readable or 'run'}-{digest}"
