"""OpenAPI documents in JSON or YAML, versions 2 to 3.1, and the references within them."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import yaml

from bench.errors import UsageError

if TYPE_CHECKING:
    from yaml import SafeLoader as _Parser
else:
    _Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built

OPTION: Final = "--openapi"
_DEEPEST: Final = 20  # references that lead to references
_MOST_YAML: Final = 16 * 1024 * 1024  # characters


@dataclass(frozen=True, slots=True)
class ApiDocument:
    """A parsed document. source: what messages call it. digest: of its text."""

    source: str
    content: Mapping[str, Any]
    digest: str = ""

    @property
    def is_swagger(self) -> bool:
        """Whether it is of version 2, where bodies are parameters."""
        return "swagger" in self.content

    @property
    def base(self) -> str:
        """The path that all paths are below; empty: none."""
        if self.is_swagger:
            return _base(self.content.get("basePath"))
        servers = self.content.get("servers")
        first = mapping(servers[0]) if isinstance(servers, list) and servers else {}
        url = first.get("url")
        for name, variable in mapping(first.get("variables")).items():
            if isinstance(url, str):
                url = url.replace(f"{{{name}}}", str(mapping(variable).get("default")))
        return _base(url)

    def resolved(self, value: Any) -> Any:
        """What a reference within the document points to.

        Raises ValueError where it leads to another document, or nowhere, or goes round.
        """
        for _ in range(_DEEPEST):
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                return value
            value = self._at(value["$ref"])
        raise ValueError("its references go round in a circle")

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise ValueError(f"it refers to another document, {reference[:40]!r}")
        value: Any = self.content
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or name not in value:
                raise ValueError(f"it refers to {reference[:60]!r}, which is not there")
            value = value[name]
        return value


def mapping(value: Any) -> Mapping[str, Any]:
    """A value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def document(text: str, source: str) -> ApiDocument:
    """Parse a document. Raises UsageError if it is not an OpenAPI document."""
    is_json = text.lstrip()[:1] in {"{", "["}
    content = _json(text, source) if is_json else _yaml(text, source)
    if not isinstance(content, dict) or not isinstance(content.get("paths"), dict):
        raise UsageError(f"{source} is no OpenAPI document: it has no paths")
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return ApiDocument(source, content, digest)


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        what = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "too deep"
        raise UsageError(
            f"{source} is no JSON ({what}): save the document that the app serves, often at "
            "/openapi.json"
        ) from error


def _yaml(text: str, source: str) -> Any:
    if len(text) > _MOST_YAML:
        raise UsageError(
            f"{source} has more than {_MOST_YAML >> 20} Mi characters of YAML: save it as JSON"
        )
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "it cannot be read"
        raise UsageError(
            f"{source} is neither JSON nor YAML ({where}): save the document that the app serves, "
            "often at /openapi.json"
        ) from error


class _Loader(_Parser):
    """Loads YAML with JSON's types: dates, yes and no are text, and keys are always text.

    These are the plain values of YAML 1.2 (its section 10.3.2); PyYAML's own are those of 1.1.
    """

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc] # they are added below

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The same with names that are text, as a status of an answer is not."""
        found = super().construct_mapping(node, deep=deep)
        return {key if isinstance(key, str) else json.dumps(key): found[key] for key in found}


for _tag, _pattern, _firsts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), list(_firsts)
    )


def _base(url: Any) -> str:
    """The path of a URL, without a slash at its end."""
    if not isinstance(url, str):
        return ""
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
    return path if path.startswith("/") and "{" not in path else ""
