"""Finding a project's app: what its files name, else the likeliest of those in its source.

The order of likelihood, where the project names none:

1. main.py and app.py in the project's own folder, then asgi.py, wsgi.py and their like there;
2. the same in a package: the fewer folders down, the likelier;
3. any other module.

Of one module: `app`, then `application`, then another name, then a function that makes one. Two
that are as likely as each other are not decided between; nor, where a folder has too much to look
at all of it, is anything chosen that what was not looked at may outrank.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from servers.apps.source_folder import SOURCES
from servers.discovery.frameworks import DJANGO, MENTIONS
from servers.discovery.hints import Hint, hints, script_modules
from servers.discovery.import_root import import_root, module_name, start_folder
from servers.discovery.model import AppObject, AppSearch, FoundApp
from servers.discovery.module import ModuleApps, read_module
from servers.discovery.walk import contents, sources
from servers.profile import Interface

_FIRST: Final = ("main", "app")
_SECOND: Final = ("asgi", "wsgi", "__init__", "application", "server", "api", "web")
_NAMES: Final = ("app", "application")
_MAKERS: Final = (
    rb"=\s*(create|make|build|get|init|setup|new)\(",
    rb"\w_(app|application|api|asgi|wsgi)\b",
    rb"factory\b",
    rb"(=[^\n=]*|\))\s*\.(\w+_)?(app|application|asgi|wsgi)\b",
)
"""How a module may mention what makes its app: a function of another, or an object that has one."""
_MENTIONED: Final = re.compile(b"|".join((*MENTIONS, *_MAKERS)))
_MOST_BYTES: Final = 8 * 2**20
"""Of all files that are parsed, together."""

Rank = tuple[bool, int, int, int]


@dataclass(frozen=True)
class _Ranked:
    app: FoundApp
    rank: Rank


def search(root: Path, *, fixed: bool = False) -> AppSearch:
    """Look through a project; `fixed`: servers start in `root`, and import from it or its src."""
    root = root.resolve()
    walked = sources(root)
    modules, unread = _modules(walked.files)
    cut = walked.cut or unread
    ranked = sorted(_ranked(root, modules, fixed=fixed), key=_order)
    found = tuple(each.app for each in ranked)
    told = _paired(_told(root, found, fixed=fixed), found)
    likely = _paired(found, found)
    chosen = told[0] if len(told) == 1 else None
    if likely and not told:
        first = _first(root, ranked, likely)
        chosen = first if cut is None or _is_above(first, root, cut) else None
    return AppSearch(chosen, told or likely, len(walked.files), cut)


def _order(ranked: _Ranked) -> tuple[Rank, str, str]:
    return (ranked.rank, str(ranked.app.file), ranked.app.target)


def _ranked(root: Path, modules: Mapping[Path, ModuleApps], *, fixed: bool) -> Iterator[_Ranked]:
    for file, module in modules.items():
        folder = (
            _from_fixed(file, root)
            if fixed
            else import_root(file, root, module.imports, module.level)
        )
        name = module_name(file, folder) if folder else None
        if folder is None or name is None:
            continue
        for one in _importable(file, modules):
            app = FoundApp(f"{name}:{one.attribute}", one.interface, one.framework, file, folder)
            yield _Ranked(app, _rank(root, file, one))


def _from_fixed(file: Path, root: Path) -> Path:
    """Return where a file is imported from by who starts in `root`."""
    below = root / SOURCES
    name = module_name(file, below) if file.is_relative_to(below) else None
    return below if name is not None and start_folder(below, name) == root else root


def _modules(files: Iterable[Path]) -> tuple[dict[Path, ModuleApps], Path | None]:
    """Read those that may have something; and the folder of the first that was one too many."""
    modules: dict[Path, ModuleApps] = {}
    left = _MOST_BYTES
    for file in files:
        if _package(file.with_suffix("")).is_file():
            continue  # that is imported by its name
        text = contents(file)
        if text is None or not _MENTIONED.search(text):
            continue
        left -= len(text)
        if left < 0:
            return modules, file.parent
        module = read_module(text)
        if module is not None:
            modules[file] = module
    return modules, None


def _importable(file: Path, modules: Mapping[Path, ModuleApps]) -> Iterator[AppObject]:
    """Yield what servers can import of a module: also what it gets from functions of others."""
    module = modules[file]
    yield from (each for each in module.objects if not each.needs_arguments)
    for name, function in module.calls:
        made = next(_factories(file, function, modules), None)
        if made is not None:
            yield AppObject(name, made.framework, made.interface)


def _factories(
    file: Path, function: str, modules: Mapping[Path, ModuleApps]
) -> Iterator[AppObject]:
    """Yield what a module means by a function's dotted name, where that makes an app."""
    module, dot, name = function.rpartition(".")
    module = module.strip(".")
    for other, there in modules.items():
        if not dot:
            is_meant = other == file
        elif module:
            is_meant = _imported_from(other, module) is not None
        else:
            is_meant = other.stem == "__init__"  # from . import create_app
        if is_meant:
            yield from (each for each in there.objects if each.is_factory and each.name == name)


def _rank(root: Path, file: Path, one: AppObject) -> Rank:
    """Smaller is likelier."""
    folders = [part for part in file.parent.relative_to(root).parts if part != SOURCES]
    place = (file.stem not in _FIRST) + (file.stem not in {*_FIRST, *_SECOND})
    name = _NAMES.index(one.name) if one.name in _NAMES and not one.is_factory else len(_NAMES)
    return (place == 2, len(folders), place, name + one.is_factory)  # noqa: PLR2004 - neither of both


def _is_above(first: FoundApp | None, root: Path, cut: Path) -> bool:
    """Whether it is in the project's own folder, and all of that was looked at."""
    return first is not None and first.file.parent == root != cut


def _first(root: Path, ranked: Sequence[_Ranked], paired: Sequence[FoundApp]) -> FoundApp | None:
    """Return what is clearly first; None: two are as likely as each other."""
    ranks = {each.app.key: each.rank for each in ranked}
    best = [app for app in paired if ranks[app.key] == ranks[paired[0].key]]
    scripts = script_modules(root)
    of_scripts = [app for app in best if app.target.partition(":")[0] in scripts]
    best = of_scripts if len(of_scripts) == 1 else best
    return best[0] if len(best) == 1 else None


def _paired(apps: Sequence[FoundApp], found: Sequence[FoundApp]) -> tuple[FoundApp, ...]:
    """Make one of two that stand side by side: Django's asgi.py and wsgi.py."""
    twins = {app.key: twin for app in apps if (twin := _wsgi_twin(app, found)) is not None}
    taken = {twin.key for twin in twins.values()}
    return tuple(
        replace(app, wsgi=twins[app.key].target) if app.key in twins else app
        for app in apps
        if app.key not in taken
    )


def _wsgi_twin(app: FoundApp, found: Sequence[FoundApp]) -> FoundApp | None:
    if (app.interface, app.framework) != (Interface.ASGI, DJANGO):
        return None
    beside = [
        each
        for each in found
        if (each.interface, each.framework) == (Interface.WSGI, DJANGO)
        and (each.file.parent, each.directory) == (app.file.parent, app.directory)
    ]
    return beside[0] if len(beside) == 1 else None


def _told(root: Path, found: Sequence[FoundApp], *, fixed: bool) -> tuple[FoundApp, ...]:
    """Return what the project's own files name and what is there; () where they name none."""
    for group in hints(root):
        named = (_meant(root, hint, found, fixed=fixed) for hint in group)
        apps = {app.key: app for app in named if app is not None}
        if apps:
            return tuple(apps.values())
    return ()


def _meant(root: Path, hint: Hint, found: Sequence[FoundApp], *, fixed: bool) -> FoundApp | None:
    """Return what a hint names; None where the project has nothing of that name."""
    if hint.target is None:
        apps = [app for app in found if hint.file and app.file.match(hint.file.lstrip("./"))]
        return replace(apps[0], told_by=hint.told_by) if apps else None
    module, _, name = hint.target.partition(":")
    likely = [app.file for app in found if app.target.partition(":")[2] == name]
    folders = [*([] if fixed else [root / (hint.folder or ".")]), root, root / SOURCES]
    files = [_file(folder, module) for folder in folders]
    for file in (*files, *likely):
        folder = _imported_from(file.resolve(), module) if file else None
        if not file or not folder or not folder.is_relative_to(root):
            continue
        if not fixed or root in {folder, start_folder(folder, module)}:
            return _as_named(hint, hint.target, file.resolve(), folder, found)
    return None


def _as_named(
    hint: Hint, target: str, file: Path, folder: Path, found: Sequence[FoundApp]
) -> FoundApp:
    """Describe an app as a hint names it, with what its source tells."""
    named = FoundApp(target, hint.interface, None, file, folder, told_by=hint.told_by)
    seen = next((app for app in found if app.key == named.key), None)
    if seen is None:
        return named
    return replace(named, interface=seen.interface, framework=seen.framework)


def _imported_from(file: Path, module: str) -> Path | None:
    """Return the folder from which a file is the module of that name; None: from nowhere."""
    path = file.parent if file.stem == "__init__" else file.with_suffix("")
    wanted = module.split(".")
    if list(path.parts[-len(wanted) :]) != wanted:
        return None
    return path.parents[len(wanted) - 1]


def _file(folder: Path, module: str) -> Path | None:
    path = folder.joinpath(*module.split("."))
    for file in (_package(path), path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _package(folder: Path) -> Path:
    return folder / "__init__.py"
