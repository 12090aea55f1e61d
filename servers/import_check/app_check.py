"""Load an app as a server would, and see whether it is one.

app_check.py TARGET asgi|wsgi, run by the interpreter of a server's environment: it imports nothing
that is not Python's own. Its exit status is 0 if there is an app; the last line of its output then
begins with HAS and names the features of the app that not every server supports; one before it,
beginning with DOCUMENTED, names the path of its OpenAPI document, if it tells. Otherwise the last
line says what is wrong: it begins with REFUSED, or is the end of a traceback. A line before that,
beginning with MISSED, names the variables that a settings model did not find.
"""

# ruff: noqa: T201

import difflib
import functools
import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

REFUSED = "weighbridge: "
MISSED = "weighbridge, variables that were missed: "
HAS = "weighbridge, the app has: "
DOCUMENTED = "weighbridge, the app's OpenAPI document: "
_CALL = "()"
_FRAMEWORKS = {"contextlib", "fastapi", "functools", "litestar", "quart", "starlette"}
_DOCUMENTS = ("openapi_url", "spec_path")  # of FastAPI and Starlette's like; of APIFlask
_STARTUPS = ("on_startup", "_lifespan_managers", "before_serving_funcs", "while_serving_gens")
_LONGEST_CODE = 200  # characters of what an app exits with
_DEEPEST = 1000  # parts of an app that are looked at


class _RefusedError(Exception):
    """The target is not an app; the message says why."""


def main() -> None:
    """Judge one target."""
    target, interface = sys.argv[1:]
    try:
        app = load(target)
        check(app, interface)
        if (path := document(app)) is not None:
            print(f"{DOCUMENTED}{path}")
        print(f"{HAS}{' '.join(parts(app) if interface == 'asgi' else ())}")
    except _RefusedError as error:
        _refuse(str(error))
    except SystemExit as ending:
        _refuse(f"it exits the program while it is imported or created, {_of_exit(ending)}")
    except BaseException as error:  # noqa: BLE001 - whatever an app raises
        missed = missed_variables(error)
        if missed:
            print(f"{MISSED}{' '.join(missed)}", file=sys.stderr)
        traceback.print_exc()
        _end(1)
    _end(0)


def load(target: str) -> Any:
    """Import what a target names, and call it where it ends with "()"."""
    module, _, path = target.removesuffix(_CALL).partition(":")
    found = functools.reduce(_attribute, path.split("."), importlib.import_module(module))
    if not target.endswith(_CALL):
        return found
    if not (callable(found) and takes(found, 0)):
        raise _RefusedError(
            f"'{path}' cannot be called without arguments: name a function that can, "
            f"or an app, without {_CALL}"
        )
    app = found()
    if inspect.iscoroutine(app):
        app.close()
        raise _RefusedError(
            f"'{path}' is async, but servers call it outside of any event loop: use def"
        )
    return app


def check(app: Any, interface: str) -> None:
    """Raise _RefusedError unless servers of this interface can call it."""
    name = "a WSGI app" if interface == "wsgi" else "an ASGI app"
    if not callable(app):
        raise _RefusedError(f"it is not {name} but {_described(app)}, which is not callable")
    fits = takes(app, 2) if interface == "wsgi" else takes(app, 3) or _is_of_two_calls(app)
    if fits:
        return
    if takes(app, 0):
        raise _RefusedError(
            f"it is not {name} but can be called without arguments: if that creates the app, "
            f"end it with {_CALL}"
        )
    if interface == "asgi" and takes(app, 2):
        raise _RefusedError(
            "it looks like a WSGI app: pass it with --wsgi-app, and the ASGI app as well"
        )
    arguments = "environ and start_response" if interface == "wsgi" else "scope, receive and send"
    raise _RefusedError(f"it is not {name}: {_described(app)} does not take {arguments}")


def _of_exit(ending: SystemExit) -> str:
    """Say with what it exits, where, and how not to."""
    frames = traceback.extract_tb(ending.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(f"{Path.cwd()}{os.sep}")]
    last = (own or frames)[-1]
    code = " ".join(str(ending.code).split())[:_LONGEST_CODE]
    return (
        f"with '{code}' ({Path(last.filename).name}, line {last.lineno}): put what only a "
        "program does below if __name__ == '__main__'"
    )


def missed_variables(error: BaseException | None) -> list[str]:
    """Return the variables that a settings model (pydantic 1 or 2) missed; [] for other errors."""
    names: list[str] = []
    while error is not None and not names:
        if type(error).__name__ == "ValidationError":
            with suppress(Exception):  # other libraries have errors of that name
                names = _of_settings(error)
        error = error.__cause__ or error.__context__
    return names


def _of_settings(error: Any) -> list[str]:
    settings = [*_settings_of_2(error), *_settings_of_1(error)]
    missing = [each["loc"] for each in error.errors() if each["type"].endswith("missing")]
    return [name(loc) for name in settings[:1] for loc in missing]


def _settings_of_2(error: Any) -> Iterator[Callable[[tuple[Any, ...]], str]]:
    """Find the classes that may have raised it (it has only their title); how each names."""
    module = sys.modules.get("pydantic_settings")
    classes = [module.BaseSettings] if module else []
    for each in classes:
        classes += each.__subclasses__()
        if (each.model_config.get("title") or each.__name__) == getattr(error, "title", None):
            yield functools.partial(_name_of_2, each)


def _name_of_2(settings: Any, loc: tuple[Any, ...]) -> str:
    config = settings.model_config
    first, *below = map(str, loc)
    name = f"{config.get('env_prefix') or ''}{first}" if first in settings.model_fields else first
    delimiter = config.get("env_nested_delimiter")
    name = delimiter.join([name, *below]) if delimiter else name
    return name if config.get("case_sensitive") else name.upper()


def _settings_of_1(error: Any) -> Iterator[Callable[[tuple[Any, ...]], str]]:
    fields = getattr(getattr(error, "model", None), "__fields__", {})
    names = {
        field.alias: min(field.field_info.extra["env_names"])
        for field in fields.values()
        if field.field_info.extra.get("env_names")
    }
    if names:
        yield lambda loc: names.get(loc[0], str(loc[0])).upper()


def parts(app: Any) -> Iterator[str]:
    """Name its features that not every server supports, as far as its framework shows them."""
    with suppress(Exception):  # whatever an attribute of it raises
        holders = list(_holders(app))
        if any(_starts(holder) for holder in holders):
            yield "lifespan"
        if any(_speaks(holder) for holder in holders):
            yield "websocket"


def document(app: Any) -> str | None:
    """Return the path at which it serves its OpenAPI document; None: it does not tell."""
    with suppress(Exception):  # whatever an attribute of it raises
        for holder in _holders(app):
            paths = [getattr(holder, name, None) for name in _DOCUMENTS]
            below = getattr(getattr(holder, "openapi_config", None), "path", None)
            if isinstance(below, str):  # of Litestar: the folder of several forms of it
                paths.append(f"{below.rstrip('/')}/openapi.json")
            for path in paths:
                if isinstance(path, str) and path.startswith("/") and path.isprintable():
                    return path
    return None


def _holders(app: Any) -> Iterator[Any]:
    """Yield it, the apps that it wraps or mounts, and their routers and routes."""
    seen: set[int] = set()
    queue = [app]
    while queue and len(seen) < _DEEPEST:
        holder = queue.pop()
        if id(holder) in seen or holder is None:
            continue
        seen.add(id(holder))
        yield holder
        queue += [getattr(holder, name, None) for name in ("app", "router", "original_router")]
        routes = getattr(holder, "routes", None)
        queue += routes if isinstance(routes, list | tuple) else []


def _starts(holder: Any) -> bool:
    """Tell whether the app does something at startup besides what its framework does."""
    handlers = [each for name in _STARTUPS for each in getattr(holder, name, None) or ()]
    return any(map(_is_own, [*handlers, getattr(holder, "lifespan_context", None)]))


def _is_own(handler: Any) -> bool:
    """Tell whether a function, or one that it wraps, is not part of a framework."""
    seen: set[int] = set()
    queue = [handler]
    while queue and len(seen) < _DEEPEST:
        function = queue.pop()
        if function is None or id(function) in seen:
            continue
        seen.add(id(function))
        module = getattr(function, "__module__", None) or type(function).__module__
        if module.partition(".")[0] not in _FRAMEWORKS:
            return True
        cells = getattr(function, "__closure__", None) or ()
        queue += [cell.cell_contents for cell in cells if callable(cell.cell_contents)]
    return False


def _speaks(holder: Any) -> bool:
    """Tell whether it is a WebSocket route, or has a rule that is one."""
    rules: Iterable[Any] = getattr(getattr(holder, "url_map", None), "iter_rules", tuple)()
    return "WebSocketRoute" in type(holder).__name__ or any(
        getattr(rule, "websocket", False) for rule in rules
    )


def takes(function: Any, count: int) -> bool:
    """Tell whether it takes so many positional arguments; yes where it has no signature."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _is_of_two_calls(app: Any) -> bool:
    """Tell whether it is an app of ASGI 2: called with the scope, then with the other two."""
    return takes(app, 1) and not takes(app, 0)


def _attribute(holder: Any, name: str) -> Any:
    try:
        return getattr(holder, name)
    except AttributeError:
        near = difflib.get_close_matches(name, dir(holder), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise _RefusedError(f"{_described(holder)} has no '{name}'{hint}") from None


def _described(thing: Any) -> str:
    if inspect.ismodule(thing):
        return f"module '{thing.__name__}'"
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return f"'{thing.__name__}'"
    return f"an object of type '{type(thing).__name__}'"


def _refuse(reason: str) -> NoReturn:
    print(f"{REFUSED}{reason}")
    _end(1)


def _end(status: int) -> NoReturn:
    """Exit at once, without waiting for threads that the app has started."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
