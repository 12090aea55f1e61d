"""Load an app as a server would, and see whether it is one.

app_check.py TARGET asgi|wsgi, run by the interpreter of a server's environment: it imports nothing
that is not Python's own. It ends with 0 where there is an app. Else its last line tells what is
wrong, and begins with REFUSED, or is the end of a traceback.
"""

# ruff: noqa: T201

import difflib
import functools
import importlib
import inspect
import os
import sys
import traceback
from typing import Any, NoReturn

REFUSED = "weighbridge: "
_CALL = "()"


class _RefusedError(Exception):
    """There is no such app, and why."""


def main() -> None:
    """Judge one target."""
    target, interface = sys.argv[1:]
    try:
        check(load(target), interface)
    except _RefusedError as error:
        _refuse(str(error))
    except SystemExit:
        _refuse("it ends the program while it is imported or made")
    except BaseException:  # noqa: BLE001 - whatever an app raises
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
        raise _RefusedError(f"'{path}' is async, and servers call it from no event loop: use def")
    return app


def check(app: Any, interface: str) -> None:
    """Refuse what cannot be called as its servers call an app."""
    name = interface.upper()
    if not callable(app):
        raise _RefusedError(f"it is no {name} app but {_described(app)}, which cannot be called")
    fits = takes(app, 2) if interface == "wsgi" else takes(app, 3) or _is_of_two_calls(app)
    if fits:
        return
    if takes(app, 0):
        raise _RefusedError(
            f"it is no {name} app but can be called without arguments: if that makes the app, "
            f"end it with {_CALL}"
        )
    if interface == "asgi" and takes(app, 2):
        raise _RefusedError("it looks like a WSGI app: name it by --wsgi-app, and the ASGI one too")
    arguments = "environ and start_response" if interface == "wsgi" else "scope, receive and send"
    raise _RefusedError(f"it is no {name} app: {_described(app)} does not take {arguments}")


def takes(function: Any, count: int) -> bool:
    """Tell whether so many positional arguments suit it; what says nothing of itself takes any."""
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
    """Leave at once: threads that the app has started are not waited for."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
