"""`siting new NAME`: the shipped template under a name of its own."""

from __future__ import annotations

import re
from pathlib import Path

from siting.errors import Fault, InputError
from siting.places import shipped

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def write_new(name: str, folder: Path) -> Path:
    """Path of the study written. Raises InputError for a bad name or a file that is there."""
    if not NAME.fullmatch(name):
        expected = "small letters, digits, hyphens, 100 at most"
        raise InputError([Fault(file="siting new", key="NAME", value=repr(name), expected=expected)])
    target = folder / f"{name}.toml"
    if target.exists():
        raise InputError([Fault(file=str(target), key="the file", value="a file that exists", expected="another NAME")])
    text = (shipped("models") / "template.toml").read_text(encoding="utf-8")
    target.write_text(re.sub(r'(?m)^name = "template"', f'name = "{name}"', text, count=1), encoding="utf-8")
    return target
