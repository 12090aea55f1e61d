"""Which profiles a comma list means."""

from pathlib import Path

import pytest

from servers import catalogue
from servers.errors import ProfileError
from servers.profile import Interface, Profile

PROFILES = {
    name: Profile(
        name=name,
        interface=Interface.ASGI,
        title=name.title(),
        argv=("x",),
        requires=requires,
        package=requires[0].split("[")[0].split("=")[0] if requires else None,
    )
    for name, requires in {
        "uvicorn": ("uvicorn==0.54.0", "httptools==0.9.0"),
        "granian": ("Granian[all]==2.8.7",),
        "bare": (),
    }.items()
}


def names(spec: str) -> list[str]:
    """Return the names that a comma list selects."""
    return [profile.name for profile in catalogue.select(spec, PROFILES)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("uvicorn", ["uvicorn"]),
        (" granian , uvicorn,", ["granian", "uvicorn"]),
        ("uvicorn==0.35.0", ["uvicorn", "uvicorn==0.35.0"]),
        ("uvicorn==0.35.0,uvicorn", ["uvicorn==0.35.0", "uvicorn"]),
        ("uvicorn==0.35,uvicorn==0.34", ["uvicorn", "uvicorn==0.35", "uvicorn==0.34"]),
        ("uvicorn,uvicorn", ["uvicorn", "uvicorn#2"]),
        ("uvicorn,granian,uvicorn,uvicorn", ["uvicorn", "granian", "uvicorn#2", "uvicorn#3"]),
    ],
)
def test_select(spec: str, expected: list[str]) -> None:
    """In the order given; a version beside the pinned one; a name again as #2."""
    assert expected == names(spec)


def test_another_version_replaces_the_servers_own_requirement() -> None:
    """The rest stays pinned, extras stay too, and the title says the version."""
    _, other = catalogue.select("uvicorn==0.35.0", PROFILES)
    assert other.requires == ("uvicorn==0.35.0", "httptools==0.9.0")
    assert other.title == "Uvicorn 0.35.0"
    assert catalogue.select("granian==2.0", PROFILES)[1].requires == ("Granian[all]==2.0",)


def test_the_same_again_differs_in_name_only() -> None:
    """An A/A comparison needs the same line and the same environment."""
    first, again = catalogue.select("uvicorn,uvicorn", PROFILES)
    assert (first.argv, first.requires) == (again.argv, again.requires)
    assert again.title == "Uvicorn (again, 2)"


def test_slugs_are_file_names_and_differ() -> None:
    """No two names share a log."""
    chosen = catalogue.select("uvicorn==2,uvicorn,uvicorn,uvicorn==2", PROFILES)
    slugs = [profile.slug for profile in chosen]
    assert slugs == ["uvicorn_v2", "uvicorn", "uvicorn__2", "uvicorn_v2__2"]


KNOWN = "known: uvicorn, granian, bare"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", "no server named in ''; known: uvicorn, granian, bare"),
        (" , ", "no server named in ' , '; known: uvicorn, granian, bare"),
        (
            "uvcorn",
            "server 'uvcorn' is unknown; did you mean 'uvicorn'? known: uvicorn, granian, bare",
        ),
        ("zzz==1", "server 'zzz' is unknown; known: uvicorn, granian, bare"),
        (
            "uvcorn==2,zzz,uvicorn,zzz",
            f"servers 'uvcorn' (did you mean 'uvicorn'?), 'zzz' are unknown; {KNOWN}",
        ),
        (
            "uvicorn==new",
            "server 'uvicorn==new': 'new' is not a version: write it like uvicorn==1.2.3",
        ),
        (
            "uvicorn==",
            "server 'uvicorn==': '' is not a version: write it like uvicorn==1.2.3",
        ),
        (
            "bare==1",
            "server 'bare==1': 'bare' installs no package, so it has no version to choose",
        ),
    ],
)
def test_what_cannot_be_selected(spec: str, expected: str) -> None:
    """One line: what was asked, what is known, what was probably meant."""
    with pytest.raises(ProfileError) as caught:
        catalogue.select(spec, PROFILES)
    assert expected == str(caught.value)


def test_defaults_are_the_seven() -> None:
    """The servers that are measured when none is named."""
    expected = {"uvicorn", "gunicorn", "gunicorn-asgi", "hypercorn", "daphne", "uwsgi", "granian"}
    assert expected == {profile.name for profile in catalogue.defaults()}


def test_defaults_of_an_app_that_is_wsgi_alone() -> None:
    """All that is known of WSGI."""
    expected = {"uwsgi", "gunicorn-gthread", "gunicorn-sync", "granian-wsgi", "waitress", "cheroot"}
    assert expected == {profile.name for profile in catalogue.wsgi_defaults()}
    wsgi = {p.name for p in catalogue.builtin().values() if p.interface is Interface.WSGI}
    assert expected == wsgi


def test_builtin_versions_are_pinned() -> None:
    """A run in a year must install what a run of today does."""
    requires = [r for profile in catalogue.builtin().values() for r in profile.requires]
    assert [requirement for requirement in requires if "==" not in requirement] == []


def test_users_files_join(tmp_path: Path) -> None:
    """A profile of the user's own is known beside the builtin ones."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ninterface = "asgi"\nargv = ["x", "{port}"]\n')
    assert {*catalogue.builtin(), "mine"} == set(catalogue.known([path]))


def test_users_names_must_be_new(tmp_path: Path) -> None:
    """Two servers of one name could not be told apart in a report."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "uvicorn"\ninterface = "asgi"\nargv = ["x", "{port}"]\n')
    with pytest.raises(ProfileError, match="named 'uvicorn' already exists: choose another"):
        catalogue.known([path])


def test_a_users_file_takes_the_place_of_a_server_that_is_none_of_the_seven(tmp_path: Path) -> None:
    """Whoever wrote a profile of waitress need not know that there is one."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "waitress"\ninterface = "wsgi"\nargv = ["x", "{port}"]\n')
    assert catalogue.known([path])["waitress"].argv == ("x", "{port}")
    with pytest.raises(ProfileError, match="named 'waitress' already exists"):
        catalogue.known([path, path])
