"""From a TOML file, which people write, to profiles: validated once, here."""

import re
from pathlib import Path
from typing import Any

from packaging.version import VERSION_PATTERN

from servers.profile import Interface, Lack, Older, Profile, Serve, WithWebSocket, distribution
from servers.profile_files.checks import check_name, check_placeholders, check_protocol, check_url
from servers.profile_files.keys import ProfileTable, VariantTable
from servers.profile_files.launch_checks import unfit, with_own_socket
from servers.profile_files.protocol_tables import Refusal, replaced, spoken_in
from servers.profile_files.source import ProfileSource
from servers.profile_files.tls_keys import tls_of
from servers.protocol import Protocol, Spoken

_NOT_OF_WSGI = (Lack.LIFESPAN, Lack.WEBSOCKET)
_OF_THE_LINE = {"argv", "url", "serve", "tls", "verify", "protocols", "websocket"}


def load(path: Path) -> list[Profile]:
    """Return the profile of a TOML file and its variants, the base first; raises ProfileError."""
    source = ProfileSource(path)
    parsed = source.parse()
    check_name(source, ("name",), parsed.name)
    base = _profile(source, (), parsed.name, _settings(parsed))
    return [base, *(_variant(source, parsed, name) for name in parsed.variants)]


def _variant(source: ProfileSource, parsed: ProfileTable, name: str) -> Profile:
    where = ("variants", name)
    check_name(source, where, name)
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


def _settings(model: VariantTable) -> dict[str, Any]:
    settings = model.model_dump(exclude_unset=True, exclude={"name", "variants"})
    return {key: value for key, value in settings.items() if value is not None}


def _profile(
    source: ProfileSource, where: tuple[str, ...], name: str, settings: dict[str, Any]
) -> Profile:
    if ("argv" in settings) == ("url" in settings):
        source.refuse(where, f"{name!r} needs either 'argv' or 'url': one of them, not both")
    if "url" in settings:
        check_url(source, where, settings["url"])
    check_placeholders(source, where, settings)
    argv = with_own_socket(settings.get("argv", ()))
    found = unfit(argv, settings.get("env", {})) if argv else None
    if found is not None:
        source.refuse((*where, "argv"), found.complaint, found.argument)
    requires, adapter = tuple(settings.get("requires", ())), settings.get("adapter")
    interface = Interface(settings["interface"])
    tls = tls_of(source, where, settings)
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
    source: ProfileSource, where: tuple[str, ...], settings: dict[str, Any]
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


def _protocols(
    source: ProfileSource, where: tuple[str, ...], settings: dict[str, Any], base: Protocol
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
        check_protocol(source, place, protocol, how, settings)
        spoken[protocol] = how
    return spoken


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
    source: ProfileSource, where: tuple[str, ...], settings: list[dict[str, Any]]
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
