"""What looks like a secret in a request, and requests as they may be shown.

No report, manifest or log has the value of a header, a parameter or a field that looks like one.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote, unquote_plus

from bench.workloads.shell import quoted, words_of
from servers.apps.settings import MASK

_NAME: Final = re.compile(
    r"authori[sz]ation|^x-auth|^auth$|cookie|secret|passw|passphrase|^pass$|^pwd$|token|"
    r"api[-_]?key|access[-_]?key|private[-_]?key|^key$|credential|signature|^sig$|session|jwt",
    re.IGNORECASE,
)
_PARAMETER: Final = re.compile(r"(?<=[?&;])([^=&;#\s]+)=([^&;#\s]*)")
_FIELD: Final = re.compile(  # a name is looked at once, not again from each of its characters on
    r"(?<![A-Za-z0-9_.-])[0-9_.-]*([A-Za-z][A-Za-z0-9_.-]*)[\"']?\s*[=:]"
)
_QUOTED: Final = re.compile(r'("([^"\\]{1,60})"\s*:\s*)"((?:[^"\\]|\\.)*)(?:"|$)')  # of JSON
_PART: Final = re.compile(  # of a form with files
    r'\bname="([^"\r\n]{1,60})"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.{0,4096}?)\r?\n--', re.DOTALL
)
_SEPARATORS: Final = re.compile(r"[\s;=,]+")
_LOOKED_AT: Final = 64 * 1024  # bytes of a body
_USER: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_SHORTEST: Final = 4  # characters of a value that is looked for in other texts
_HEADERS: Final = frozenset({"--header", "-H"})
_BODIES: Final = frozenset(
    {"--json", "--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode", "-d"}
)
_WHOLE: Final = frozenset({"-u", "--user", "-b", "--cookie", "--oauth2-bearer", "-U"})
_SHORT: Final = re.compile(r"-[A-Za-z]*[HdubU]")


def is_secret(name: str) -> bool:
    """Whether a header, a parameter or a field of this name holds what nobody should read."""
    return _NAME.search(name) is not None


def shown_target(target: str, secrets: Sequence[str] = ()) -> str:
    """A path or a URL without the values of parameters that look like secrets, and no password.

    `secrets`: what else is not to be shown.
    """
    bare = _USER.sub(f"{MASK}@", target)
    for each in secrets:
        if len(each) >= _SHORTEST:
            bare = bare.replace(each, MASK)
    return _PARAMETER.sub(lambda m: f"{m[1]}={MASK}" if is_secret(m[1]) else m[0], bare)


def secret_values(
    headers: Iterable[tuple[str, str]],
    target: str,
    body: bytes | None = None,
    others: Iterable[str] = (),
) -> tuple[str, ...]:
    """What is not to be shown of a request, the longest first: it may come back in an answer.

    `others`: what is known to be secret. The order is the same in every process: answers on record
    have numbers in place of secrets.
    """
    found = set(others)
    found |= {value for name, value in headers if is_secret(name)}
    found |= {match[2] for match in _PARAMETER.finditer(target) if is_secret(match[1])}
    found |= {part for value in found for part in _SEPARATORS.split(value)}
    found |= {part for value in found for part in _basic(value)}
    found |= {unquote(value) for value in found}
    if body:
        text = body[:_LOOKED_AT].decode(errors="replace")
        found |= {match[3] for match in _QUOTED.finditer(text) if is_secret(match[2])}
        found |= {match[2] for match in _PART.finditer(text) if is_secret(match[1])}
        form = _PARAMETER.finditer(f"?{text}")
        found |= {unquote_plus(match[2]) for match in form if is_secret(match[1])}
    long_enough = (each for each in found if len(each) >= _SHORTEST)
    return tuple(sorted(long_enough, key=lambda each: (-len(each), each)))


def secret_spans(
    text: str, *, parameters: bool, known: Sequence[str] = ()
) -> list[tuple[str, int, int]]:
    """Names and places of values that look like secrets, from the first on.

    parameters: of a path or a URL; else those of forms too, and of JSON. known: other values that
    are secret.
    """
    found: list[tuple[str, int, int]] = []
    if parameters:
        found = [(m[1], *m.span(2)) for m in _PARAMETER.finditer(text)]
    else:
        shifted = [(m[1], *m.span(2)) for m in _PARAMETER.finditer(f"?{text}")]
        found = [(name, start - 1, end - 1) for name, start, end in shifted]
        found += [(m[2], *m.span(3)) for m in _QUOTED.finditer(text)]
        found += [(m[1], *m.span(2)) for m in _PART.finditer(text)]
    for each in known:
        if len(each) >= _SHORTEST:
            found += [("secret", *m.span()) for m in re.finditer(re.escape(each), text)]
    spans: list[tuple[str, int, int]] = []
    for name, start, end in sorted(found, key=lambda each: each[1]):
        if is_secret(name) and end > start and (not spans or start >= spans[-1][2]):
            spans.append((name, start, end))
    return spans


def _basic(value: str) -> tuple[str, ...]:
    """Name and password, where a value is what basic authorization makes of them."""
    try:
        name, colon, password = b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return ()
    return (f"{name}:{password}", password) if colon else ()


def hidden(text: str, secrets: Sequence[str]) -> str:
    """A text without these values, nor those of fields of JSON that look like secrets."""
    for each in secrets:
        text = text.replace(each, MASK)
    return _QUOTED.sub(lambda m: f'{m[1]}"{MASK}"' if is_secret(m[2]) else m[0], text)


def recordable(arguments: Sequence[str]) -> list[str]:
    """Arguments of the command line without what looks like a secret in requests."""
    shown: list[str] = []
    before = ""
    for word in arguments:
        option, equals, value = word.partition("=")
        if equals and option.startswith("--"):
            shown.append(f"{option}={_value(option, value)}")
        else:
            shown.append(_value(before, word))
        before = word
    return shown


def _value(option: str, value: str) -> str:
    """An option's value as it may be shown."""
    if option in _HEADERS:
        name, colon, _ = value.partition(":")
        return f"{name}: {MASK}" if colon and is_secret(name.strip()) else value
    if option in _BODIES:
        return MASK if any(is_secret(m[1]) for m in _FIELD.finditer(value)) else value
    if option == "--path":
        return shown_target(value)
    return _shown_command(value) if option == "--curl" else value


def _shown_command(command: str) -> str:
    """A curl command as it may be shown; as it stands, where nothing in it is a secret."""
    try:
        words = [word for words in words_of(command) for word in words.words]
    except ValueError:
        words = command.split()
    shown: list[str] = []
    before = ""
    for word in words:
        shown.append(_of_curl(before, word))
        before = word
    return command if shown == words else quoted(shown)


def _of_curl(before: str, word: str) -> str:
    """A word of a curl command, by the one before it."""
    if before in _WHOLE:
        return MASK
    if before in _HEADERS | _BODIES:
        return _value(before, word)
    option, equals, value = word.partition("=")
    if equals and option in _WHOLE:
        return f"{option}={MASK}"
    if equals and option in _HEADERS | _BODIES:
        return f"{option}={_value(option, value)}"
    found = _SHORT.match(word)
    if found and len(word) > len(found[0]) and not word.startswith("--"):
        flag = f"-{found[0][-1]}"
        glued = word[len(found[0]) :]
        return found[0] + (MASK if flag in _WHOLE else _value(flag, glued))
    return shown_target(word)
