"""What a module's source says of apps: names that are assigned, functions that make one.

Only statements are looked at, never deeper into expressions than an app is written, and without
recursion: the source may be anything.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from servers.discovery.frameworks import framework
from servers.discovery.model import AppObject
from servers.profile import Interface

_MAKES: Final = re.compile(
    r"((create|make|build|get|init|setup|new)(_\w*)?|(\w+_)?factory|app|application)"
)
_WRAPPED: Final = {"app", "application", "asgi_app", "wsgi_app", "asgi", "wsgi"}
"""Names of which one given to a call and assigned from it is still the app, in a middleware."""
_OWNED: Final = re.compile(r"(\w+_)?(app|application|asgi|wsgi)")
"""Names under which an object that is no app itself has one: `Datasette(...).app()`, `rest.app`."""
_CACHES: Final = {"cache", "lru_cache"}
_DEEPEST: Final = 20  # dots in a name

Kind = tuple[str | None, Interface]


@dataclass
class ModuleApps:
    """What a module has.

    calls: names that are assigned what a function returns, with the function's dotted name as it is
    imported. imports: first names of what is imported from elsewhere. level: the most dots of a
    relative import.
    """

    objects: list[AppObject] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    level: int = 0


def read_module(source: bytes) -> ModuleApps | None:
    """Look at a module; None where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the source, which is not ours
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    reader = _Reader()
    for statement in _statements(tree.body):
        reader.read(statement)
    return reader.finished()


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what is run when a module is imported or a function called, in its order."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        match statement:
            case ast.If(test=test) if _is_of_a_program(test):
                below = statement.orelse
            case ast.If() | ast.For() | ast.While():
                below = [*statement.body, *statement.orelse]
            case ast.With() | ast.AsyncWith():
                below = statement.body
            case ast.Try():
                handled = [each for handler in statement.handlers for each in handler.body]
                below = [*statement.body, *handled, *statement.orelse, *statement.finalbody]
            case _:
                continue
        waiting += reversed(below)


def _is_of_a_program(test: ast.expr) -> bool:
    """Tell whether a branch is not taken when the module is imported."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__")) | ast.Name(id="TYPE_CHECKING"):
            return True
    return False


class _Reader:
    """Remembers what names mean while statements are read in their order."""

    def __init__(self, origins: dict[str, str] | None = None) -> None:
        self._module = ModuleApps()
        self._origins: dict[str, str] = dict(origins or {})  # of names, by import
        self._classes: dict[str, Kind] = {}  # the module's own, made from a framework's
        self._apps: dict[str, AppObject] = {}
        self._owners: dict[str, str] = {}  # names of instances, with the class of each

    def finished(self) -> ModuleApps:
        self._module.objects = list(self._apps.values())
        return self._module

    def read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._import(statement)
            case ast.ClassDef(name=name, bases=bases):
                kinds = [kind for base in bases if (kind := self._of_class(base))]
                if kinds:
                    self._classes[name] = kinds[0]
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, None)
            case ast.AnnAssign(target=target, value=ast.expr() as value, annotation=annotation):
                self._assign(target, value, annotation)
            case ast.FunctionDef() if _MAKES.fullmatch(statement.name):
                self._function(statement)

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.Import):
            for each in statement.names:
                first = each.name.partition(".")[0]
                self._module.imports.add(first)
                self._origins[each.asname or first] = each.name if each.asname else first
            return
        module = "." * statement.level + (statement.module or "")
        self._module.level = max(self._module.level, statement.level)
        if not statement.level:
            self._module.imports.add(module.partition(".")[0])
        for each in statement.names:
            self._origins[each.asname or each.name] = f"{module}.{each.name}"

    def _assign(self, target: ast.expr, value: ast.expr, annotation: ast.expr | None) -> None:
        if not isinstance(target, ast.Name):
            return
        kind = (self._of_class(annotation) if annotation else None) or self.kind_of(value)
        if kind is None and target.id in _WRAPPED:
            kind = self._wrapped(value) or self._owned(value)
        if kind is not None:
            self._apps[target.id] = AppObject(target.id, *kind)
        elif isinstance(value, ast.Call) and (function := self._origin(value.func)):
            self._module.calls.append((target.id, function))
            if (made := self._class_name(value)) is not None:
                self._owners[target.id] = made

    def _function(self, function: ast.FunctionDef) -> None:
        if any(not _is_cache(each) for each in function.decorator_list):
            return
        kind = self._of_class(function.returns) if function.returns else None
        kind = kind or self._returned(function.body)
        if kind is not None:
            self._apps[function.name] = AppObject(
                function.name, *kind, is_factory=True, needs_arguments=_has_to_be_given(function)
            )

    def _returned(self, body: list[ast.stmt]) -> Kind | None:
        """Return what a function returns, as far as its statements show."""
        within = _Reader(self._origins)
        within._classes = dict(self._classes)
        found: Kind | None = None
        for statement in _statements(body):
            if isinstance(statement, ast.Return) and statement.value is not None:
                found = found or within.made(statement.value)
            elif not isinstance(statement, ast.FunctionDef):
                within.read(statement)
        self._module.imports |= within._module.imports
        self._module.level = max(self._module.level, within._module.level)
        return found

    def made(self, value: ast.expr) -> Kind | None:
        """Return what an expression is; None: no app, as far as is seen."""
        return self.kind_of(value) or self._named(value) or self._owned(value)

    def kind_of(self, value: ast.expr) -> Kind | None:
        """Return what a call makes; None: no app, or no call."""
        return self._of_class(value.func) if isinstance(value, ast.Call) else None

    def _wrapped(self, value: ast.expr) -> Kind | None:
        """Return what a middleware is around: the first of what it is given that is an app."""
        if not isinstance(value, ast.Call):
            return None
        given = [*value.args, *(each.value for each in value.keywords)]
        kinds = (self.kind_of(each) or self._named(each) for each in given)
        return next((kind for kind in kinds if kind is not None), None)

    def _named(self, value: ast.expr) -> Kind | None:
        app = self._apps.get(value.id) if isinstance(value, ast.Name) else None
        return None if app is None or app.is_factory else (app.framework, app.interface)

    def _owned(self, value: ast.expr) -> Kind | None:
        """Return what an instance of a class has, or makes when it is asked for its app."""
        attribute = value.func if isinstance(value, ast.Call) else value
        if not isinstance(attribute, ast.Attribute) or not _OWNED.fullmatch(attribute.attr):
            return None
        owner = attribute.value
        kind = self.kind_of(owner) or self._named(owner)
        if kind is not None:
            return kind
        name = self._owners.get(owner.id) if isinstance(owner, ast.Name) else None
        name = name or self._class_name(owner)
        interface = Interface.WSGI if "wsgi" in attribute.attr else Interface.ASGI
        return None if name is None else (name, interface)

    def _class_name(self, value: ast.expr) -> str | None:
        """Return the class that a call makes an instance of, by its spelling; None: none."""
        origin = self._origin(value.func) if isinstance(value, ast.Call) else None
        name = (origin or "").rpartition(".")[2]
        return name if name[:1].isupper() else None

    def _of_class(self, named: ast.expr) -> Kind | None:
        if isinstance(named, ast.Constant) and isinstance(named.value, str):
            origin: str | None = self._origins.get(named.value)  # "FastAPI", in quotes
        elif isinstance(named, ast.Name) and named.id in self._classes:
            return self._classes[named.id]
        else:
            origin = self._origin(named)
        return framework(origin) if origin else None

    def _origin(self, named: ast.expr) -> str | None:
        """Return the dotted name that an expression is of, an alias replaced by its import."""
        below: list[str] = []
        while isinstance(named, ast.Attribute) and len(below) < _DEEPEST:
            below.append(named.attr)
            named = named.value
        if not isinstance(named, ast.Name):
            return None
        return ".".join([self._origins.get(named.id, named.id), *reversed(below)])


def _is_cache(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    last = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", None)
    return last in _CACHES


def _has_to_be_given(function: ast.FunctionDef) -> bool:
    """Tell whether a function cannot be called without arguments."""
    given = function.args
    positional = len(given.posonlyargs) + len(given.args)
    return positional > len(given.defaults) or None in given.kw_defaults
