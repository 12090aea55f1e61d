"""Names that make an app when they are called, by the package that has them."""

from typing import Final

from servers.profile import Interface

DJANGO: Final = "Django"

_ASGI: Final = {
    "fastapi": ("FastAPI",),
    "starlette": ("Starlette",),
    "quart": ("Quart",),
    "litestar": ("Litestar",),
    "starlite": ("Starlite",),
    "sanic": ("Sanic",),
    "blacksheep": ("Application",),
    "esmerald": ("Esmerald",),
    "lilya": ("Lilya",),
    "channels": ("ProtocolTypeRouter",),
    "socketio": ("ASGIApp",),
    "asgiref": ("WsgiToAsgi",),
    "connexion": ("AsyncApp",),
}
_WSGI: Final = {
    "flask": ("Flask",),
    "apiflask": ("APIFlask",),
    "bottle": ("Bottle", "default_app"),
    "connexion": ("FlaskApp",),
}
_KINDS: Final = {
    **{(package, name): Interface.ASGI for package, names in _ASGI.items() for name in names},
    **{(package, name): Interface.WSGI for package, names in _WSGI.items() for name in names},
    ("django", "get_asgi_application"): Interface.ASGI,
    ("django", "get_wsgi_application"): Interface.WSGI,
    ("a2wsgi", "ASGIMiddleware"): Interface.WSGI,
    ("a2wsgi", "WSGIMiddleware"): Interface.ASGI,
}
_SHOWN: Final = {
    "django": DJANGO, "channels": "Channels", "falcon": "Falcon", "bottle": "Bottle",
}  # fmt: skip
"""Packages whose name says more than that of what is called."""

MENTIONS: Final = tuple(sorted({name.encode() for _, name in _KINDS} | {b"falcon"}))
"""One of these stands in every file that makes an app itself."""


def framework(origin: str) -> tuple[str, Interface] | None:
    """Return what calling this makes, as it is shown, and how servers call it; None: no app.

    origin: the dotted name, as it is imported: "fastapi.FastAPI", "fastapi.applications.FastAPI".
    """
    package, _, below = origin.partition(".")
    name = below.rpartition(".")[2]
    if package == "falcon" and name in {"App", "API"}:
        return _SHOWN[package], Interface.ASGI if ".asgi." in origin else Interface.WSGI
    interface = _KINDS.get((package, name))
    return None if interface is None else (_SHOWN.get(package, name), interface)
