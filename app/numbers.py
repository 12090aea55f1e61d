"""Integers in paths and queries: one spelling a number, so that one item has one URL."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

DIGITS: Final = "^-?(0|[1-9][0-9]*)$"


@dataclass(frozen=True)
class Digits:
    """Annotates an integer: `01`, `+1`, `1.0`, `1_0` and spaces are refused, where int takes them.

    Both steps are done without a call of Python's: it would be heard in every request.
    """

    least: int
    most: int

    def __get_pydantic_core_schema__(
        self, _source: type[int], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        digits = core_schema.str_schema(pattern=DIGITS)
        return core_schema.chain_schema(
            [digits, core_schema.int_schema(ge=self.least, le=self.most)]
        )

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema: dict[str, Any] = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return schema
