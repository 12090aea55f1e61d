"""The app as servers see it."""

from pathlib import Path

import pytest

from servers.apps.app import App, items_app
from servers.errors import ProfileError
from servers.profile import Interface, Profile


def profile(interface: Interface) -> Profile:
    """Make a server that calls apps so."""
    return Profile(name="x", interface=interface, title="X", argv=("x",))


@pytest.mark.parametrize(
    "target", ["main", "main:", ":app", "a b:app", "main:app(1)", "main:app()()", "a/b:c"]
)
def test_targets_are_of_the_form_module_attribute(target: str) -> None:
    """Anything else is refused before a server is started."""
    with pytest.raises(ProfileError, match="is not of the form module:attribute"):
        App(asgi=target, wsgi=None, directory=Path())


def test_a_factory_with_arguments() -> None:
    """It is said what to write instead."""
    with pytest.raises(ProfileError, match="without arguments: assign what it returns"):
        App(asgi=None, wsgi='shop:create(roots=["x"])', directory=Path())


@pytest.mark.parametrize("target", ["main:app", "a.b_c.d:app.inner", "größe:app", "main:create()"])
def test_good_targets(target: str) -> None:
    """Packages, dotted attributes and any letters are fine."""
    assert target == App(asgi=target, wsgi=None, directory=Path()).target(profile(Interface.ASGI))


def test_interface_chooses_the_target() -> None:
    """A WSGI server is given the WSGI form."""
    assert items_app().target(profile(Interface.WSGI)) == "app.wsgi:application"


def test_an_interface_that_the_app_has_not() -> None:
    """It is said which server to leave out."""
    app = App(asgi="main:app", wsgi=None, directory=Path())
    with pytest.raises(ProfileError, match="'x' runs WSGI apps and the app has no WSGI target"):
        app.target(profile(Interface.WSGI))


def test_items_app_is_there() -> None:
    """The paths of the builtin app exist."""
    app = items_app()
    assert app.requirements is not None
    assert app.requirements.file.is_file()
    assert (app.directory / "app" / "main.py").is_file()
