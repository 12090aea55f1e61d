"""What can be set, from where, and within which bounds."""

import pytest
from pydantic import ValidationError

from app.settings import Settings


def test_default_is_100_seeded_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word from outside, a store begins with 100 items."""
    monkeypatch.delenv("ITEMS_SEEDED_ITEMS", raising=False)
    assert Settings().seeded_items == 100


def test_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that begins with ITEMS_ sets what its name says."""
    monkeypatch.setenv("ITEMS_SEEDED_ITEMS", "7")
    assert Settings().seeded_items == 7


@pytest.mark.parametrize("value", ["", "-1", "many", "1000001"])
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A value that cannot be meant stops the start, and the error names the setting."""
    monkeypatch.setenv("ITEMS_SEEDED_ITEMS", value)
    with pytest.raises(ValidationError, match="seeded_items"):
        Settings()


def test_settings_are_frozen() -> None:
    """Settings are read once: an app cannot change them under way."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seeded_items = 1
