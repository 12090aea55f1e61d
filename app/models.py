"""The items as they travel: `ItemIn` and `ItemChanges` come in, `Item` goes out."""

import re
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

MAX_ID: Final = 2**63 - 1
"""The largest id: what a signed 64-bit integer holds, so that any database can store it."""
MOST_NAME_CHARS: Final = 1000
"""The longest name: a page of 1,000 items stays within 4 MB."""

# White space as Unicode has it, spelt out: Python and JSON Schema each have a set of their own.
_VISIBLE: Final = (
    r"[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
_visible: Final = re.compile(_VISIBLE)


def _refuse_blank(name: str) -> str:
    if not _visible.search(name):
        raise PydanticCustomError("blank", "must hold more than white space")
    return name


def _unsigned_zero(price: float) -> float:
    """Turn the valid price -0.0 into 0.0: a price is never shown with a minus."""
    return price + 0.0


# The pattern only documents `_refuse_blank`: OpenAPI clients then know the rule too.
Name = Annotated[
    str,
    Field(min_length=1, max_length=MOST_NAME_CHARS, json_schema_extra={"pattern": _VISIBLE}),
    AfterValidator(_refuse_blank),
]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(_unsigned_zero)]


class ItemIn(BaseModel):
    """An item as a client describes it.

    Nothing is guessed: a value of another type is refused, not converted (`"12"` and `true`
    are no prices, `"yes"` and `1` are no booleans), and so is a key that is not listed here,
    because a misspelt `in_stok` would otherwise be lost in silence.
    A name is kept exactly as it was sent, spaces around it included; only white space is no name.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Name
    price: Price
    in_stock: bool = True


def _unnamed() -> Any:
    """Let a field be left out, but not be null: neither by a client nor in the schema."""
    return Field(default_factory=lambda: None)


class ItemChanges(BaseModel):
    """What a client changes of an item; what it does not name stays as it is."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, json_schema_extra={"minProperties": 1}
    )

    name: Name = _unnamed()
    price: Price = _unnamed()
    in_stock: bool = _unnamed()

    @model_validator(mode="after")
    def _refuse_nothing(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "must name a field to change")
        return self

    def applied_to(self, item: ItemIn) -> ItemIn:
        """Return the item as it is after the changes."""
        kept = {name: getattr(item, name) for name in ItemIn.model_fields}
        changed = {name: getattr(self, name) for name in self.model_fields_set}
        return ItemIn(**(kept | changed))


class Item(ItemIn):
    """An item as it is kept: with the id that the server gave it."""

    id: int = Field(ge=1, le=MAX_ID)


class Event(BaseModel):
    """The data of one event of a stream."""

    number: int
    """From 1 upwards: its id."""
    of: int
    """How many there are."""
    item: Item | None
    """None: the store is empty."""


class Health(BaseModel):
    """Which process has answered: with several workers it differs from request to request."""

    status: str
    pid: int


class Token(BaseModel):
    """A token as OAuth2 hands it out (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the name of a type
    expires_in: int
    """Seconds."""
