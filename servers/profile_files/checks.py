"""What no profile may have, though each key is of its type: refused with file and line."""

import re
from typing import Any

from servers.profile import PLACEHOLDERS, mentions
from servers.profile_files.launch_checks import unfit
from servers.profile_files.source import ProfileSource
from servers.protocol import Protocol, Spoken

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


def check_name(source: ProfileSource, where: tuple[str, ...], name: str) -> None:
    """Refuse a name that no option could name."""
    if not _NAME.fullmatch(name):
        source.refuse(where, f"name {name!r}: use lower-case letters, digits, '.' and '-'")


def check_placeholders(
    source: ProfileSource, where: tuple[str, ...], settings: dict[str, Any]
) -> None:
    """Refuse placeholders that nothing stands for, in launch lines and variables."""
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


def check_url(source: ProfileSource, where: tuple[str, ...], url: str) -> None:
    """Refuse what is no URL of a server."""
    if not _URL.fullmatch(url):
        source.refuse((*where, "url"), f"'url' is {url!r}: write it like http://127.0.0.1:8000")


def check_protocol(
    source: ProfileSource,
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
    check_placeholders(source, place, {"argv": how.argv, "env": env})
    found = unfit(how.argv, env)
    if found is not None:
        source.refuse(place, found.complaint, found.argument)
    if protocol.secure:
        check_certificates(source, place, [*how.argv])


def check_certificates(source: ProfileSource, where: tuple[str, ...], argv: list[str]) -> bool:
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
