"""An app that a function makes, for servers that import apps: a module that calls the function.

Some servers can call one, by a flag of their own each, and some cannot. This way all of them
import the same app, and none can tell that a function made it.
"""

import os
from pathlib import Path

CALL = "()"
"""What a target ends with that names a function to call: "shop.main:create()"."""
MODULE = "weighbridge_factory"
_ATTRIBUTE = "app"


def made(target: str) -> bool:
    """Tell whether a function is to be called for this app."""
    return target.endswith(CALL)


def import_string(target: str) -> str:
    """Return what a server imports for a target: "module:attribute", nothing to call."""
    return f"{MODULE}:{_ATTRIBUTE}" if made(target) else target


def import_path(target: str, folder: Path, directory: Path) -> str:
    """Return where a server finds that: in the app's directory, and the module in `folder`."""
    paths = [folder, directory] if made(target) else [directory]
    return os.pathsep.join(map(str, paths))


def write_module(target: str, folder: Path) -> None:
    """Write the module that makes the app, unless the target is an app already."""
    if not made(target):
        return
    module, _, function = target.partition(":")
    first = function.removesuffix(CALL).partition(".")[0]
    text = f"from {module} import {first}\n\n{_ATTRIBUTE} = {function}\n"
    (folder / f"{MODULE}.py").write_text(text, encoding="utf-8")
