"""What can be set, from where, and within which bounds."""

import pytest
from pydantic import ValidationError

from app.settings import Settings, read_settings


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


def test_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt setting would be lost in silence: it stops the start instead."""
    monkeypatch.setenv("ITEMS_STORAG", "memory")
    with pytest.raises(ValueError, match=r"ITEMS_STORAG sets nothing; known: .*ITEMS_STORAGE"):
        read_settings()


@pytest.mark.parametrize("storage", ["", "disk", "sqlite", "sqlite://items", "sqlite:///"])
def test_unknown_storage_is_refused(storage: str) -> None:
    """A store that does not exist is refused, and those that do are named."""
    with pytest.raises(ValidationError, match="must be memory or sqlite:///PATH"):
        Settings(storage=storage)


def test_settings_are_frozen() -> None:
    """Settings are read once: an app cannot change them under way."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seeded_items = 1
