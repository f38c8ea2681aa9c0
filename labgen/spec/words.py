"""Faults that pydantic finds, in words of the field: one problem per place, with what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from labgen.ground.yamldoc import Place
from labgen.spec.values import WRONG, choose, closest, quoted

Schema = Mapping[str, Any]


class Fault(NamedTuple):
    """One thing wrong: where, and a sentence each on what and what to write instead."""

    path: Place
    reason: str
    remedy: str


MOST_FAULTS = 1000
"""Of a file that is wrong in more places: each costs a look for the word that was meant."""


def faults(error: ValidationError, data: Any, model: type[BaseModel]) -> Iterator[Fault]:
    """The faults of a value that `model` refused, one for each place; of very many the first ones."""
    wording = _Wording(data, model)
    seen: set[Place] = set()
    for fault in (wording.fault(dict(item)) for item in error.errors(include_url=False)[:MOST_FAULTS]):
        if fault.path not in seen and not any(fault.path == place[: len(fault.path)] for place in seen):
            seen.add(fault.path)
            yield fault


class _Wording(NamedTuple):
    data: Any
    model: type[BaseModel]

    def fault(self, item: dict[str, Any]) -> Fault:
        loc: Place = tuple(item["loc"])
        if item["type"] == "missing":
            return self._missing(self._own(loc[:-1]), str(loc[-1]))
        if item["type"] == "extra_forbidden":
            return self._unknown(self._own(loc[:-1]), str(loc[-1]))
        path = self._own(loc)
        if item["type"] == WRONG:
            context = item["ctx"]
            path = (*path, *context["at"])
            if path and (close := self._unspaced(path)):
                return close
            return Fault(path, _at(path, context["reason"]), context["remedy"])
        value = _value(self.data, path)
        schema = _schema_at(self.model, path)
        say = _WORDS.get(item["type"], _something)
        reason = say(value, schema, item.get("ctx") or {})
        return Fault(path, _at(path, reason), self._remedy(path, schema))

    def _own(self, loc: Place) -> Place:
        """The part of a location that is in the file: pydantic adds names of union members and of keys of long forms."""
        value, path = self.data, []
        for part in loc:
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, dict) and str(part) in value:
                value = value[str(part)]
            elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                continue
            path.append(part)
        return tuple(path)

    def _unspaced(self, path: Place) -> Fault | None:
        """A key that is a key and its value, since the colon between has no space behind it."""
        key, colon, rest = str(path[-1]).partition(":")
        if not (colon and key and rest) or _value(self.data, path) is not None:
            return None
        return Fault(
            path, f"no space stands behind the colon of {quoted(path[-1])}", f"write `{key}: {rest}`"
        )

    def _missing(self, path: Place, key: str) -> Fault:
        where = f" in {_dotted(path)}" if path else ""
        example = _example(_schema_at(self.model, (*path, key)))
        return Fault(
            path, f"`{key}` is missing{where}", f"add `{key}: {example}`" if example else f"add `{key}:`"
        )

    def _unknown(self, path: Place, key: str) -> Fault:
        known = sorted(_keys_at(self.model, path))
        meant = SYNONYMS.get(key.lower().replace("_", "-"), ())
        near = next((word for word in meant if word in known), None) or closest(key, known)
        where = f" in {_dotted(path)}" if path else ""
        if close := self._unspaced((*path, key)):
            return close
        if " " in key and _value(self.data, (*path, key)) is None:
            reason = f"{quoted(key)}{where} is what a comma cut off the value before it"
            return Fault((*path, key), reason, "put that value in quotes")
        kept = ELSEWHERE.get((path[0] if path else "", key.lower().replace("_", "-")))
        remedy = kept or (
            f"did you mean `{near}`?" if near else f"remove it, or use one of: {', '.join(known)}"
        )
        return Fault((*path, key), f"unknown key {quoted(key)}{where}", remedy)

    def _remedy(self, path: Place, schema: Schema) -> str:
        words = _enumeration(schema)
        value = _value(self.data, path)
        if words:
            return choose(str(value), words)
        example = _example(schema)
        listed = isinstance(next(iter(schema.get("examples", ())), None), list)
        if listed and isinstance(value, dict) and value and path:  # names with something below each
            example = _flow([str(each) for each in value])
        key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        if not example and (first := _first_key(schema)):
            example = f"{{{first}}}"
        if example:
            return f"write `{key}: {example}`" if path and isinstance(path[-1], str) else f"write `{example}`"
        return "`labgen schema` prints what is allowed here"


SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("subnet", "network", "cidr", "ip", "ipv4"), ("prefix",)),
        **dict.fromkeys(("gw", "default-gateway", "default-router", "router", "svi"), ("gateway",)),
        **dict.fromkeys(("giaddr", "source-interface", "source-address"), ("source",)),
        **dict.fromkeys(("helper", "helpers", "helper-address", "dhcp-server", "targets"), ("servers",)),
        **dict.fromkeys(("type", "mode", "kind"), ("protocol", "mode", "control")),
        **dict.fromkeys(("clients", "hosts", "members", "ports", "interfaces"), ("attach",)),
        **dict.fromkeys(("tag", "id"), ("vlan",)),
        **dict.fromkeys(("l3vni", "vni"), ("vni", "transit_vni")),
        **dict.fromkeys(("t1", "renewal"), ("renew",)),
        **dict.fromkeys(("t2", "rebinding"), ("rebind",)),
        **dict.fromkeys(("static", "fixed", "hosts", "leases"), ("reservations",)),
        **dict.fromkeys(("virtual-ip", "vip"), ("address", "gateway")),
        **dict.fromkeys(("as", "asn"), ("asn",)),
        **dict.fromkeys(("rr", "reflectors"), ("route_reflectors",)),
        **dict.fromkeys(("leaves", "leafs", "spines", "routers"), ("switches",)),
        **dict.fromkeys(("networks", "vlans", "lans", "subnets"), ("segments",)),
        **dict.fromkeys(("topology", "edges", "cables"), ("links",)),
        **dict.fromkeys(("os", "image", "kind"), ("device",)),
        **dict.fromkeys(("vrf", "vrf-name"), ("vrf", "server_vrf")),
        **dict.fromkeys(("option-60", "vendor-class-identifier", "vci"), ("vendor_class",)),
        "option-77": ("user_class",),
        **dict.fromkeys(("cache-threshold", "dhcp-cache-threshold", "lease-cache"), ("cache",)),
    }
)
"""Words that people use for a key, and the keys that may be meant."""

_NUMBERED = "leave it out: labgen numbers route distinguishers and route targets itself"
_HOSTS = (
    "a server's address is `nodes.NAME.loopback`, or `nodes.NAME.addresses` on a segment that has the server"
)
ELSEWHERE: Mapping[tuple[str | int, str], str] = MappingProxyType(
    {
        **{
            ("vrfs", key): _NUMBERED
            for key in ("rd", "rt", "route-target", "route-targets", "import", "export")
        },
        **{("servers", key): _HOSTS for key in ("address", "ip", "loopback", "ipv4", "addresses")},
        **{
            (
                "segments",
                key,
            ): "`pool.range` is a list of what is left: `range: [10.1.1.10-10.1.1.49, 10.1.1.60-10.1.1.99]`"
            for key in ("exclude", "excluded", "exclude-address", "excluded-addresses")
        },
    }
)
"""What a spec says in another way, by the key at the top and the word that somebody wrote for it."""


Say = Callable[[Any, Schema, Mapping[str, Any]], str]


def _keys_expected(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    return f"{quoted(value)} stands where keys are expected"


def _list_expected(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    return f"{quoted(value)} stands where a list is expected"


def _text_expected(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    return f"{quoted(value)} stands where text is expected"


def _too_few(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    return "nothing is listed here, and at least one is needed"


def _number_expected(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{quoted(value)} is not a whole number" + (f" from {low} to {high}" if low is not None else "")


def _not_one_of(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    return f"there is no {quoted(value)} here"


def _something(value: Any, schema: Schema, context: Mapping[str, Any]) -> str:
    return f"{quoted(value)} is not what belongs here"


_WORDS: Mapping[str, Say] = MappingProxyType(
    {
        **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), _keys_expected),
        **dict.fromkeys(("list_type", "tuple_type", "set_type"), _list_expected),
        "string_type": _text_expected,
        "too_short": _too_few,
        **dict.fromkeys(
            ("int_type", "int_parsing", "int_from_float", "greater_than_equal", "less_than_equal"),
            _number_expected,
        ),
        **dict.fromkeys(("literal_error", "enum"), _not_one_of),
    }
)


def _at(path: Place, reason: str) -> str:
    return f"{_dotted(path)}: {reason}" if path else reason


def _dotted(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _value(data: Any, path: Place) -> Any:
    for part in path:
        data = data[part] if not isinstance(data, dict) else data.get(part, data.get(str(part)))
    return data


# --- the JSON Schema of a model, by path ---


@cache
def _schema(model: type[BaseModel]) -> Schema:
    """Made once: it takes longer than all the rest of a fault."""
    return model.model_json_schema()


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> set[str]:
    """Keys allowed at `path`."""
    return set(_schema_at(model, path).get("properties", {}))


def _schema_at(model: type[BaseModel], path: Sequence[str | int]) -> Schema:
    schema = _schema(model)
    node = schema
    for part in path:
        node = _step(schema, node, part)
    own: dict[str, Any] = {key: node[key] for key in ("examples", "description") if key in node}
    return {**_resolve(schema, node, ("properties", "enum", "minimum", "items")), **own}


def _first_key(schema: Schema) -> str:
    """A key of a mapping with an example of its value; empty where none has one."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    for key, said in sorted(properties.items(), key=lambda each: "default" in each[1]):
        if said.get("examples"):
            return f"{key}: {_flow(said['examples'][0])}"
    return ""


def _choices(schema: Schema, node: Schema) -> Iterator[Schema]:
    """The node and what it refers to, every alternative of a union."""
    yield node
    if "$ref" in node:
        yield from _choices(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[1]])
    for each in node.get("anyOf", ()):
        yield from _choices(schema, each)


def _resolve(schema: Schema, node: Schema, telling: Sequence[str]) -> Schema:
    for key in telling:
        for each in _choices(schema, node):
            if key in each:
                return each
    return node


def _step(schema: Schema, node: Schema, part: str | int) -> dict[str, Any]:
    for each in _choices(schema, node):
        if isinstance(part, int):
            found = each.get("items")
        else:
            more = next(iter(each.get("patternProperties", {}).values()), each.get("additionalProperties"))
            found = each.get("properties", {}).get(part, more)
        if isinstance(found, dict) and found != {"description": found.get("description")}:
            return found
    return {}


def _enumeration(schema: Schema) -> tuple[str, ...]:
    return tuple(str(each) for each in schema.get("enum", ()))


def _example(schema: Schema) -> str:
    examples = schema.get("examples")
    return _flow(examples[0]) if examples else ""


def _flow(value: Any) -> str:
    """A value as it is written in a line of YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return str(value)


__all__ = ["Fault", "faults"]
