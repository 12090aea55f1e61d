"""From a TOML file, which people write, to profiles: validated once, here."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from packaging.version import VERSION_PATTERN
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from servers.errors import ProfileError
from servers.launch_checks import unfit, with_own_socket
from servers.profile import (
    PLACEHOLDERS,
    Interface,
    Lack,
    Older,
    Profile,
    Serve,
    WithWebSocket,
    distribution,
    mentions,
)
from servers.protocol import Protocol, Spoken
from servers.protocol_tables import ProtocolTable, Refusal, WebSocketTable, replaced, spoken_in
from servers.tls import Tls, is_nearby
from servers.toml_lines import line_of

_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_URL = re.compile(
    r"https?://([^/?#\s:\[\]]+|\[[0-9a-fA-F:.]+\])(:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}))?/?"
)
_CERTIFICATE = re.compile(
    r"(?P<option>--?(ssl[-_]|tls[-_])?(?P<kind>cert|key)(file|ificate)?([-_](path|file|chain))?)"
    r"(=(?P<value>.*))?"
)
_TLS_ONLY = re.compile(r"--https\d?(=.*)?|ssl:.*")
_Line = Annotated[list[str], Field(min_length=1)]


_NOT_OF_WSGI = (Lack.LIFESPAN, Lack.WEBSOCKET)
_OF_THE_LINE = {"argv", "url", "serve", "tls", "verify", "protocols", "websocket"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Serve(_Strict):
    argv: _Line
    reload: _Line | None = None
    requires: list[str] = []


class _Older(_Strict):
    below: str
    without: list[str] = []
    requires: list[str] = []
    lacks: str | None = None


class _Variant(_Strict):
    """What a variant may set; what it does not set is the base's."""

    interface: Literal["asgi", "wsgi"] | None = None
    title: str | None = None
    requires: list[str] | None = None
    package: str | None = None
    argv: _Line | None = None
    url: str | None = None
    tls: bool | None = None
    verify: bool | str | None = None
    env: dict[str, str] = {}
    serve: _Serve | None = None
    wsgi_default: bool = False
    adapter: str | None = None
    lacks: list[Literal["lifespan", "websocket", "close-codes"]] = []
    websocket_by: list[str] = []
    older: list[_Older] | None = None
    protocols: dict[str, ProtocolTable] = {}
    websocket: WebSocketTable | None = None
    default_over: list[Literal["https/1.1", "h2c", "h2", "h3"]] = []


class _File(_Variant):
    name: str
    interface: Literal["asgi", "wsgi"]
    default: bool = False
    variants: dict[str, _Variant] = {}


class _Source:
    """A file that is being read, and how it complains."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ProfileError(f"profile {path} cannot be read: {reason}") from error

    def refuse(
        self, where: tuple[str | int, ...], complaint: str, holding: str | None = None
    ) -> NoReturn:
        """Raise ProfileError with file, line and complaint; `holding`: a string in the value."""
        line = line_of(self.text, where, holding)
        raise ProfileError(f"{self.path} line {line}: {complaint}")

    def parse(self) -> _File:
        """Return the validated content; raises ProfileError."""
        try:
            return _File.model_validate(tomllib.loads(self.text))
        except tomllib.TOMLDecodeError as error:
            raise ProfileError(f"{self.path} is not valid TOML: {error}") from error
        except ValidationError as error:
            self._explain(error)

    def _explain(self, error: ValidationError) -> NoReturn:
        # Unknown keys first: 'argv' misspelt is more helpful than 'argv' missing.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        where = tuple(first["loc"])
        key = ".".join(str(part) for part in where)
        if first["type"] == "extra_forbidden":
            known = ", ".join(_fields_at(where))
            self.refuse(where, f"unknown key '{where[-1]}'; known: {known}")
        if first["type"] == "missing":
            self.refuse(where[:-1], f"'{key}' is missing: add it")
        found = _shorten(first["input"])
        wish = first["msg"][:1].lower() + first["msg"][1:]
        self.refuse(where, f"'{key}': {wish}; found {found}")


def load(path: Path) -> list[Profile]:
    """Return the profile of a TOML file and its variants, the base first; raises ProfileError."""
    source = _Source(path)
    parsed = source.parse()
    _check_name(source, ("name",), parsed.name)
    base = _profile(source, (), parsed.name, _settings(parsed))
    return [base, *(_variant(source, parsed, name) for name in parsed.variants)]


def _variant(source: _Source, parsed: _File, name: str) -> Profile:
    where = ("variants", name)
    _check_name(source, where, name)
    own, base = _settings(parsed.variants[name]), _settings(parsed)
    for own_alone in ("default", "default_over", "wsgi_default"):
        base.pop(own_alone, None)
    if "argv" in own or "url" in own:  # The base's lines would start another server.
        base = {key: base[key] for key in base if key not in _OF_THE_LINE}
    if "requires" in own:
        base.pop("package", None)
        if _server(own["requires"]) != _server(parsed.requires):
            base.pop("older", None)
    if "title" not in own:
        base["title"] = f"{base.get('title', parsed.name)}, {name}"
    merged = base | own | {"env": parsed.env | parsed.variants[name].env}
    return _profile(source, where, f"{parsed.name}-{name}", merged)


def _server(requires: list[str] | None) -> str:
    """Return the distribution of the server itself, which comes first."""
    return distribution(requires[0]) if requires else ""


def _settings(model: _Variant) -> dict[str, Any]:
    settings = model.model_dump(exclude_unset=True, exclude={"name", "variants"})
    return {key: value for key, value in settings.items() if value is not None}


def _profile(
    source: _Source, where: tuple[str, ...], name: str, settings: dict[str, Any]
) -> Profile:
    if ("argv" in settings) == ("url" in settings):
        source.refuse(where, f"{name!r} needs either 'argv' or 'url': one of them, not both")
    if "url" in settings and not _URL.fullmatch(settings["url"]):
        complaint = f"'url' is {settings['url']!r}: write it like http://127.0.0.1:8000"
        source.refuse((*where, "url"), complaint)
    _check_placeholders(source, where, settings)
    argv = with_own_socket(settings.get("argv", ()))
    found = unfit(argv, settings.get("env", {})) if argv else None
    if found is not None:
        source.refuse((*where, "argv"), found.complaint, found.argument)
    requires, adapter = tuple(settings.get("requires", ())), settings.get("adapter")
    interface = Interface(settings["interface"])
    tls = _tls(source, where, settings)
    protocol = Protocol.HTTP_1_1 if tls is None else Protocol.HTTPS_1_1
    return Profile(
        name=name,
        interface=interface,
        title=settings.get("title", name),
        argv=argv,
        url=settings["url"].rstrip("/") if "url" in settings else None,
        requires=(*requires, adapter) if adapter else requires,
        package=settings.get("package") or (distribution(requires[0]) if requires else None),
        env=settings.get("env", {}),
        tls=tls,
        protocol=protocol,
        protocols=_protocols(source, where, settings, protocol),
        serve=_serve(settings.get("serve")),
        directory=source.path.resolve().parent,
        default=settings.get("default", False),
        default_over=tuple(map(Protocol, settings.get("default_over", ()))),
        wsgi_default=settings.get("wsgi_default", False),
        adapter=distribution(adapter) if adapter else None,
        lacks=_NOT_OF_WSGI if interface is Interface.WSGI else _lacks(settings),
        websocket_by=() if interface is Interface.WSGI else tuple(settings.get("websocket_by", ())),
        websocket=_websocket(source, where, settings),
        older=_older(source, where, settings.get("older", [])),
    )


def _websocket(
    source: _Source, where: tuple[str, ...], settings: dict[str, Any]
) -> WithWebSocket | None:
    """Read how its line differs with WebSockets; every line of it has to hold what is replaced."""
    table = settings.get("websocket")
    if table is None:
        return None
    place = (*where, "websocket")
    if "websocket" not in settings.get("lacks", ()) or "url" in settings:
        complaint = "[websocket] is for a server with an 'argv' that has 'websocket' in 'lacks'"
        source.refuse(place, complaint)
    for old in table.get("replace", {}):
        if replaced(settings["argv"], old.split(), ()) is None:
            complaint = f"'replace' names {old!r}, which 'argv' does not hold"
            source.refuse((*place, "replace"), complaint)
    return WithWebSocket(
        tuple(table.get("add", ())),
        tuple(table.get("replace", {}).items()),
        tuple(table.get("requires", ())),
    )


def _tls(source: _Source, where: tuple[str, ...], settings: dict[str, Any]) -> Tls | None:
    """Whether it speaks TLS, and whether its certificate is verified, if it is run externally."""
    url, verify = settings.get("url"), settings.get("verify")
    if url is None:
        if verify is not None:
            complaint = "'verify' needs an https url: servers started here are not verified"
            source.refuse((*where, "verify"), complaint)
        certified = _check_certificates(source, where, settings["argv"])
        return Tls() if settings.get("tls", certified) else None
    if "tls" in settings:
        source.refuse((*where, "tls"), "'tls' goes with 'argv': a url has https:// for it")
    if not url.startswith("https:"):
        if verify is not None:
            source.refuse((*where, "verify"), "'verify' needs an https url: this one is http")
        return None
    if not isinstance(verify, str):
        return Tls(verified=not is_nearby(url) if verify is None else verify)
    ca = source.path.resolve().parent / verify
    if not ca.is_file():
        source.refuse((*where, "verify"), f"'verify' is {verify!r}, but there is no file '{ca}'")
    return Tls(verified=True, ca=ca)


def _protocols(
    source: _Source, where: tuple[str, ...], settings: dict[str, Any], base: Protocol
) -> dict[Protocol, Spoken]:
    """Read the tables of protocols, each checked as the profile's own line is.

    A server that somebody else runs may speak HTTP/2 where it speaks HTTP/1.1: nobody had to say.
    """
    spoken: dict[Protocol, Spoken] = {}
    if "url" in settings:
        upgraded = Protocol.H2C if base is Protocol.HTTP_1_1 else Protocol.H2
        spoken[upgraded] = Spoken(url=settings["url"].rstrip("/"))
    for name, table in settings.get("protocols", {}).items():
        place = (*where, "protocols", name)
        found = spoken_in(name, table, settings.get("argv", ()), settings.get("url"), base)
        if isinstance(found, Refusal):
            source.refuse((*place, *found.key), found.complaint, found.holding)
        protocol, how = found
        _check_protocol(source, place, protocol, how, settings)
        spoken[protocol] = how
    return spoken


def _check_protocol(
    source: _Source,
    place: tuple[str, ...],
    protocol: Protocol,
    how: Spoken,
    settings: dict[str, Any],
) -> None:
    """Refuse what could not be started, or asked."""
    if how.url is not None:
        scheme = "https" if protocol.secure else "http"
        if not _URL.fullmatch(how.url) or not how.url.startswith(f"{scheme}:"):
            complaint = f"{protocol} is asked at a {scheme}:// URL: give it as 'url' here"
            source.refuse((*place, "url"), complaint)
        return
    env = {**settings.get("env", {}), **dict(how.env)}
    _check_placeholders(source, place, {"argv": how.argv, "env": env})
    found = unfit(how.argv, env)
    if found is not None:
        source.refuse(place, found.complaint, found.argument)
    if protocol.secure:
        _check_certificates(source, place, [*how.argv])


def _check_certificates(source: _Source, where: tuple[str, ...], argv: list[str]) -> bool:
    """Tell whether a line names a certificate; refuse one that does not exist."""
    certified = mentions("certfile", tuple(argv)) or any(map(_TLS_ONLY.fullmatch, argv))
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        found = _CERTIFICATE.fullmatch(argument)
        if found is None:
            continue
        value, kind = found["value"] or following, found["kind"]
        certified |= kind == "cert"
        inside = value.removeprefix("{dir}/")
        file = source.path.resolve().parent / inside
        if inside != value and not file.is_file():
            complaint = f"'{found['option']}' names '{file}', which does not exist: create it"
            own = f", or write {{{kind}file}}, which exists for this"
            source.refuse((*where, "argv"), complaint + own, value)
    return certified


def _lacks(settings: dict[str, Any]) -> tuple[Lack, ...]:
    return tuple(Lack(name) for name in settings.get("lacks", ()))


def _serve(settings: dict[str, Any] | None) -> Serve | None:
    if settings is None:
        return None
    reload = settings.get("reload")
    return Serve(
        argv=tuple(settings["argv"]),
        reload=tuple(reload) if reload else None,
        requires=tuple(settings.get("requires", ())),
    )


def _older(
    source: _Source, where: tuple[str, ...], settings: list[dict[str, Any]]
) -> tuple[Older, ...]:
    for each in settings:
        if re.fullmatch(VERSION_PATTERN, each["below"], re.VERBOSE | re.IGNORECASE) is None:
            source.refuse((*where, "older"), f"'below' is {each['below']!r}: write it like 1.2")
    return tuple(
        Older(
            each["below"],
            tuple(each.get("without", ())),
            tuple(each.get("requires", ())),
            each.get("lacks"),
        )
        for each in settings
    )


def _check_name(source: _Source, where: tuple[str, ...], name: str) -> None:
    if not _NAME.fullmatch(name):
        source.refuse(where, f"name {name!r}: use lower-case letters, digits, '.' and '-'")


def _check_placeholders(source: _Source, where: tuple[str, ...], settings: dict[str, Any]) -> None:
    serve = settings.get("serve") or {}
    lines = {
        ("argv",): settings.get("argv", []),
        ("env",): list(settings.get("env", {}).values()),
        ("serve", "argv"): serve.get("argv", []),
        ("serve", "reload"): serve.get("reload") or [],
    }
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for key, line in lines.items():
        for found in _PLACEHOLDER.findall(" ".join(line)):
            if found not in PLACEHOLDERS:
                complaint = f"unknown placeholder {{{found}}} in '{'.'.join(key)}'; known: {known}"
                source.refuse((*where, *key), complaint)


def _fields_at(where: tuple[int | str, ...]) -> list[str]:
    inner: dict[str | int, type[BaseModel]] = {
        "serve": _Serve,
        "older": _Older,
        "protocols": ProtocolTable,
        "websocket": WebSocketTable,
    }
    for part in where[:-1]:
        if part in inner:
            return sorted(inner[part].model_fields)
    return sorted(_Variant.model_fields if where[0] == "variants" else _File.model_fields)


def _shorten(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
