"""What is switched off while many objects are made is on again afterwards, whatever happened."""

from __future__ import annotations

import gc

import pytest

from siting.memory import uncollected


def test_garbage_is_looked_for_again_afterwards() -> None:
    """Off inside, also one inside the other; on outside, after an error too."""
    assert gc.isenabled()
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="broken"), uncollected():
        raise ValueError("broken")
    assert gc.isenabled()
