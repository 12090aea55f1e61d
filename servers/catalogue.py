"""Which profiles there are, and which of them a comma list means."""

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from servers.errors import ProfileError
from servers.profile import Profile, canonical, distribution
from servers.profile_files.load import load

_DIRECTORY = Path(__file__).resolve().parent / "profiles"
_VERSION = re.compile(r"\d+(\.\d+)*([._-]?(a|b|rc|post|dev)\d*)*(\+[a-z0-9.]+)?")


def builtin() -> dict[str, Profile]:
    """Return the profiles that come with the program, by name, variants after their base."""
    return dict(_builtin())


def known(files: Iterable[Path] = ()) -> dict[str, Profile]:
    """Return the builtin profiles and those of the user's files; raises ProfileError.

    A user's profile replaces a builtin one of the same name, except for those that are measured by
    default: it may be measured beside them.
    """
    profiles = builtin()
    taken = {profile.name for profile in defaults()}
    for path in files:
        for profile in load(path):
            if profile.name in taken:
                raise ProfileError(
                    f"{path}: a server named {profile.name!r} already exists: choose another name"
                )
            taken.add(profile.name)
            profiles[profile.name] = profile
    return profiles


def defaults() -> list[Profile]:
    """Return the profiles that are measured when none is named."""
    return [profile for profile in builtin().values() if profile.default]


def wsgi_defaults() -> list[Profile]:
    """Return the profiles that are measured when none is named and the app is WSGI only."""
    return [profile for profile in builtin().values() if profile.wsgi_default]


def select(spec: str, profiles: Mapping[str, Profile]) -> list[Profile]:
    """Return the profiles that a comma list means, in its order; raises ProfileError.

    `uvicorn==0.35.0` is that version beside the pinned one. A name given twice is measured
    twice, the second as `uvicorn#2`: a server against itself.
    """
    names = [name.strip() for name in spec.split(",") if name.strip()]
    if not names:
        raise ProfileError(f"no server named in {spec!r}; known: {', '.join(profiles)}")
    _refuse_unknown([name.partition("==")[0].strip() for name in names], profiles)
    chosen: list[Profile] = []
    for name in names:
        base, _, version = name.partition("==")
        profile = profiles[base.strip()]
        if "==" not in name:
            chosen.append(profile)
            continue
        if profile.name not in names and profile not in chosen:
            chosen.append(profile)
        chosen.append(_at_version(profile, version.strip()))
    return _numbered(chosen)


@cache
def _builtin() -> Mapping[str, Profile]:
    files = sorted(_DIRECTORY.glob("*.toml"))
    return {profile.name: profile for file in files for profile in load(file)}


def _refuse_unknown(names: Iterable[str], profiles: Mapping[str, Profile]) -> None:
    """Refuse all names that are unknown at once, each with the one that may be meant."""
    unknown = [name for name in dict.fromkeys(names) if name not in profiles]
    if not unknown:
        return
    near = {name: difflib.get_close_matches(name, profiles, n=1) for name in unknown}
    known = f"known: {', '.join(profiles)}"
    if len(unknown) == 1:
        hint = "".join(f"did you mean {each!r}? " for each in near[unknown[0]])
        raise ProfileError(f"server {unknown[0]!r} is unknown; {hint}{known}")
    each = [repr(name) + "".join(f" (did you mean {m!r}?)" for m in near[name]) for name in unknown]
    raise ProfileError(f"servers {', '.join(each)} are unknown; {known}")


def _at_version(profile: Profile, version: str) -> Profile:
    if not _VERSION.fullmatch(version):
        raise ProfileError(
            f"server '{profile.name}=={version}': {version!r} is not a version: "
            f"write it like {profile.name}==1.2.3"
        )
    if profile.package is None:
        raise ProfileError(
            f"server '{profile.name}=={version}': {profile.name!r} installs no package, "
            "so it has no version to choose"
        )
    package = canonical(profile.package)
    requires = tuple(
        _pinned(requirement, version)
        if canonical(distribution(requirement)) == package
        else requirement
        for requirement in profile.requires
    )
    name = f"{profile.name}=={version}"
    return replace(
        profile,
        name=name,
        title=f"{profile.title} {version}",
        requires=requires,
        default=False,
        version_asked=True,
    )


def _pinned(requirement: str, version: str) -> str:
    name = distribution(requirement)
    extras = re.match(r"\s*\[[^\]]*\]", requirement[len(name) :])
    return f"{name}{extras[0].strip() if extras else ''}=={version}"


def _numbered(profiles: Iterable[Profile]) -> list[Profile]:
    seen: Counter[str] = Counter()
    numbered = []
    for profile in profiles:
        seen[profile.name] += 1
        count = seen[profile.name]
        numbered.append(profile if count == 1 else _again(profile, count))
    return numbered


def numbered(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """Number the servers of a run: {n}."""
    return tuple(replace(each, number=number) for number, each in enumerate(profiles))


def again(profile: Profile, taken: Iterable[str]) -> Profile:
    """Return the same server once more, under a name that is not taken."""
    names = set(taken)
    free = next(n for n in itertools.count(2) if f"{profile.name}#{n}" not in names)
    return _again(profile, free)


def _again(profile: Profile, count: int) -> Profile:
    return replace(
        profile,
        name=f"{profile.name}#{count}",
        title=f"{profile.title} (again, {count})",
        speaker=None,
        default=False,
    )
