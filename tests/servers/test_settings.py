"""Settings of the app: how they are read, named and handed to a server."""

import sys
from pathlib import Path

import pytest

from servers.apps.app import App
from servers.apps.settings import ENV_OPTION, app_settings, masked, with_settings
from servers.command import Address, LaunchPlan, scrubbed
from servers.environments.environment import Environment
from servers.errors import ProfileError
from servers.folders import Folders
from servers.import_check.importing import check_import
from servers.profile import Interface, Profile

PROFILE = Profile("x", Interface.ASGI, "X", argv=("x",), env={"PORT_OF_X": "{port}"}, default=True)


def variant(*texts: str, own_app: bool = False) -> Profile:
    """The server with these settings."""
    return with_settings(PROFILE, app_settings(texts, own_app=own_app))


def test_the_variant_is_named_after_its_settings_in_their_order() -> None:
    """In names with a plus, in titles with a comma; it is not one of the defaults."""
    found = variant("metrics=metrics", "cache=lru")
    assert found.name == "x+metrics=metrics+cache=lru"
    assert found.title == "X, metrics=metrics, cache=lru"
    assert found.settings is not None
    assert found.settings.bare == "x"
    assert not found.default


def test_the_items_app_has_a_prefix_and_an_app_of_ones_own_has_none() -> None:
    """The scrubbed environment has no other way in."""
    items, own = variant("cache=lru"), variant("SHOP_CACHE=on", own_app=True)
    assert items.settings is not None
    assert items.settings.env == {"ITEMS_CACHE": "lru"}
    assert own.settings is not None
    assert own.settings.env == {"SHOP_CACHE": "on"}


def test_braces_in_a_value_are_left_as_they_are(tmp_path: Path) -> None:
    """They are the user's, also where they read like a placeholder."""
    profile = variant("cache={port}{nothing}")
    app, folders = App("a:b", None, tmp_path), Folders(tmp_path, tmp_path, tmp_path)
    environment, address = Environment(tmp_path, {}), Address("h", 80)
    env = scrubbed(LaunchPlan(profile, environment, app, address, folders))
    assert env["ITEMS_CACHE"] == "{port}{nothing}"
    assert env["PORT_OF_X"] == "80"


def test_a_slug_is_a_file_name_and_two_values_do_not_share_one() -> None:
    """Whatever stands in the value, and however long it is."""
    values = ("redis://h:1/0", "redis://h:1_0", "a" * 500, "../..")
    slugs = {variant(f"cache={value}").slug for value in values}
    assert len(slugs) == len(values)
    assert all("/" not in slug and len(slug) < 200 for slug in slugs)


def test_a_password_reaches_the_server_and_nobody_else() -> None:
    """Neither name, title, what is recorded, nor the command line that is written down."""
    text = "cache=redis://me:hidden@h:1/0"
    found = variant(text, "auth_secret=hidden")
    assert found.settings is not None
    assert found.settings.env["ITEMS_CACHE"] == "redis://me:hidden@h:1/0"
    assert found.name == "x+cache=redis://***@h:1/0+auth_secret=***"
    command = masked(["--app-setting", text, "--app-setting=auth_secret=hidden", "--seed", "1"])
    assert "hidden" not in f"{found.name}{found.title}{found.settings.shown}{command}"
    assert command[-2:] == ("--seed", "1")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("cache=lru", "cache=lru"),
        ("cache=redis://me:hidden@h:1/0", "cache=redis://***@h:1/0"),
        ("--app-env=DB=mysql://hidden@h/d", "--app-env=DB=mysql://***@h/d"),
        ("--base=auth_secret=hidden", "--base=auth_secret=***"),
        ("cache=lru,auth_secret=hidden,x=1", "cache=lru,auth_secret=***"),
        ("cache=redis://a:hid,den@h/0,auth=true", "cache=redis://***@h/0,auth=true"),
        ("--out=a=b", "--out=a=b"),
    ],
)
def test_what_is_left_out_of_a_command_line_is_marked(word: str, shown: str) -> None:
    """However the setting is given: who reads the line sees that it is not whole."""
    assert masked([word]) == (shown,)


def test_of_what_is_not_shown_a_change_can_be_seen() -> None:
    """By a digest too short to guess a password by; what is shown needs none."""
    texts = ["cache=redis://me:{}@h:1/0", "auth_secret={}", "metrics=metrics"]
    first, same, other = (
        app_settings([text.format(password) for text in texts], own_app=False).digests
        for password in ("hidden", "hidden", "other")
    )
    assert first == same
    assert first.keys() == {"cache", "auth_secret"}
    assert all(first[name] != other[name] for name in first)
    assert {len(each) for each in first.values()} == {4}


REFUSING = """
import os
class ValidationError(Exception): ...
if "ITEMS_CACHE" in os.environ:
    open("made_here", "w").close()
    raise ValidationError("1 validation error for Settings\\ncache\\n  must be lru [type=x]")
async def app(scope, receive, send): ...
"""


async def test_an_app_that_refuses_its_settings_says_so_in_one_line(tmp_path: Path) -> None:
    """Without them it is imported; a relative path makes nothing in the app's folder."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "mine.py").write_text(REFUSING, encoding="utf-8")
    environment = Environment(Path(sys.prefix), {})
    app = App("mine:app", None, folder)
    await check_import(PROFILE, environment, app, tmp_path / "bare.log")
    with pytest.raises(ProfileError) as refused:
        await check_import(variant("cache=x"), environment, app, tmp_path / "set.log")
    assert str(refused.value).endswith("with --app-setting cache=x: cache must be lru")
    assert not (folder / "made_here").exists()


@pytest.mark.parametrize(
    ("texts", "own_app", "line"),
    [
        (["cache"], False, "'cache' is not of the form NAME=VALUE"),
        (["=x"], False, "'=x' is not of the form NAME=VALUE"),
        (["CACHE=lru"], False, "'CACHE' is not a setting's name"),
        (["1A=lru"], True, "'1A' is not a setting's name"),
        (["cache=lru", "cache=none"], False, "'cache' is given twice"),
        (["cache=a\nb"], False, "'cache' has characters that cannot be shown"),
    ],
)
def test_what_is_refused(texts: list[str], *, own_app: bool, line: str) -> None:
    """In one line that names the setting."""
    with pytest.raises(ProfileError) as refused:
        app_settings(texts, own_app=own_app)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_variables_that_an_app_needs_are_read_likewise() -> None:
    """Their option is the one that is named, and a password in them is not written down."""
    with pytest.raises(ProfileError, match="--app-env 'x' is not of the form NAME=VALUE"):
        app_settings(["x"], own_app=True, option=ENV_OPTION)
    command = masked(["--app-env=DB_PASSWORD=hidden", "--app-env", "DB=postgres://me:hidden@h/d"])
    assert "hidden" not in " ".join(command)
