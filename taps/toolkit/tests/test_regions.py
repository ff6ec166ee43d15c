"""Time zones by name."""

from __future__ import annotations

import pytest

from tap_toolkit.errors import SkipAccount
from tap_toolkit.regions import zone_named


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_named("Asia/Bangkok").key == "Asia/Bangkok"


@pytest.mark.parametrize("name", ["Asia/Atlantis", "", "../etc", "Asia"])
def test_a_zone_that_is_not_known_skips_the_account_with_a_sentence(name: str) -> None:
    with pytest.raises(SkipAccount, match="install tzdata"):
        zone_named(name)
