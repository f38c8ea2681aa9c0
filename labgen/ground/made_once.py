"""Types whose schema pydantic makes once, not for each field that has them."""

from typing import Any, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema


class MadeOnce:
    """Among a type's annotations: dozens of fields are names or addresses, and each would have a schema of its own made.

    After what validates, before a `Field` with description and examples: what is written after it is asked for each field, as pydantic
    has it. So it is not for what has `WithJsonSchema`. Every field gets a copy of the outermost part, for more is written into it.
    """

    def __init__(self) -> None:
        self._made: CoreSchema | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if self._made is None:
            self._made = handler(source)
        own: dict[str, Any] = dict(self._made)
        if "metadata" in own:
            own["metadata"] = dict(own["metadata"])
        return cast("CoreSchema", own)
