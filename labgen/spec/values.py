"""Kinds of values in a spec: what each looks like, and in which words a wrong one is refused.

Every kind takes what YAML gives (text, a number, true, a list) and returns the typed value, or raises with a reason and
a remedy that somebody who never saw this program understands.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from labgen.ground.made_once import MadeOnce

WRONG = "labgen_wrong_value"
NAME = r"^([A-Za-z]|[0-9][A-Za-z0-9_-]*[A-Za-z])([A-Za-z0-9_-]*[A-Za-z0-9_])?$"
NAME_LENGTH = 63
VRF_LENGTH = 15
LAB_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
_GROUPS = "clients servers switches relays focus neighbor active-gateway bonded bond-switch selected-server other-servers renewal-relay"
RESERVED = {
    **dict.fromkeys(_GROUPS.split(), "a group of nodes in playbooks"),
    "localhost": "every host itself",
    **dict.fromkeys(
        ("host", "macvlan", "ipvlan", "mgmt-net"), "something else at the end of a containerlab link"
    ),
}


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d{1,9})\s*([smhdw])")
_SPOKEN = re.compile(r"(\d+) *([smhdw])(?:ec|in|r|ay|eek|our|inute|econd)s?")
LONGEST = 0xFFFFFFFF
SHORTEST = 2


def wrong(reason: str, remedy: str, at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """The error of a validator: the reason names the value, the remedy says what to write, `at` is where below the value."""
    return PydanticCustomError(WRONG, "{reason}", {"reason": reason, "remedy": remedy, "at": at})


def elsewhere(error: PydanticCustomError, at: tuple[str | int, ...]) -> PydanticCustomError:
    """Moves a complaint of `wrong` about a part to the whole: its place is then below `at`."""
    context = error.context or {}
    return wrong(str(context["reason"]), str(context["remedy"]), (*at, *context["at"]))


def quoted(value: object) -> str:
    """A value as it is shown in a message: short, on one line."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody meant, if it is clear."""
    words = {each.lower(): each for each in known}
    low = word.lower().replace("_", "-")
    found = difflib.get_close_matches(low, words, n=1) or difflib.get_close_matches(word.lower(), words, n=1)
    return words[found[0]] if found else None


def choose(word: str, known: Iterable[str]) -> str:
    """A remedy: the word that was meant, or all there are."""
    known = list(known)
    near = closest(word, known)
    if near is not None:
        return f"did you mean `{near}`?"
    return f"use one of: {', '.join(known)}" if known else "nothing can be named here yet"


# --- names ---


def _name(value: object) -> str:
    """A node's name, which is no word that playbooks have for several nodes."""
    return _free(_hostname(value))


def _hostname(value: object) -> str:
    if isinstance(value, list | tuple):
        one = value[0] if len(value) == 1 and isinstance(value[0], str) else ""
        raise wrong("a list stands where one name belongs", f"write `{one}`" if one else "name one")
    if not isinstance(value, str):
        raise wrong(
            f"{quoted(value)} is not a name", "a name begins with a letter; a number needs one, as in `r1`"
        )
    if re.fullmatch(NAME, value) and len(value) <= NAME_LENGTH:
        return value
    if len(value) > NAME_LENGTH:
        raise wrong(
            f"the name {quoted(value)} has {len(value)} characters", f"{NAME_LENGTH} are the most a name has"
        )
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+(/\d+)?", value):
        raise wrong(
            f"{quoted(value)} is an address, and a name belongs here",
            "write the node's name; a server's address is `nodes.NAME.loopback` or `nodes.NAME.addresses`, "
            "that of a server which is no node a `relay.helpers`",
        )
    bad = sorted({c for c in value if not re.match(r"[A-Za-z0-9_-]", c)})
    if bad:
        shown = ", ".join("a space" if c.isspace() else quoted(c) for c in bad[:3])
        near = re.sub(r"[^A-Za-z0-9_-]+", "-", value).strip("-")
        raise wrong(f"the name {quoted(value)} contains {shown}", _instead(near))
    if not re.search(r"[A-Za-z]", value):
        raise wrong(
            f"the name {quoted(value)} has no letter", f"write `n{value}`" if value else "give it one"
        )
    raise wrong(f"the name {quoted(value)} begins or ends with a hyphen", _instead(value.strip("-_")))


def _instead(near: str) -> str:
    if re.fullmatch(NAME, near):
        return f"names are letters, digits, `-` and `_`: write `{near}`"
    return "names are letters, digits, `-` and `_`"


def _free(value: str) -> str:
    if value.lower() in RESERVED:
        raise wrong(
            f"the name `{value}` means {RESERVED[value.lower()]}", f"choose another, such as `{value}-1`"
        )
    return value


def _vrf(value: object) -> str:
    found = _name(value) if value != "default" else "default"
    if len(found) > VRF_LENGTH:
        raise wrong(
            f"the VRF `{found}` has {len(found)} characters",
            f"a VRF is an interface on Linux, whose names have {VRF_LENGTH} at most: write `{found[:VRF_LENGTH].strip('-_')}`",
        )
    if re.fullmatch(r"lo|all|main|local|(eth|vlan|vxlan|br)\d+", found):
        raise wrong(
            f"a VRF cannot be called `{found}`: Linux has an interface or table of that name",
            "choose another name",
        )
    return found


def _lab_name(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(f"the name of the lab is the number {value}", f'write it in quotes: `name: "{value}"`')
    if not isinstance(value, str) or not value:
        raise wrong(f"the name of the lab is {quoted(value)}", "write a word, such as `name: my-lab`")
    if not re.fullmatch(LAB_NAME, value):
        near = re.sub(r"[^A-Za-z0-9_.-]+", "-", value).strip("-.")[:63]
        raise wrong(
            f"the name {quoted(value)} cannot be the name of a folder",
            f"use letters, digits, `.`, `-` and `_`, at most 63: write `{near or 'my-lab'}`",
        )
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise wrong(f"{quoted(value)} is not text", "write it in quotes")
    return value


Name = Annotated[
    str,
    Field(pattern=NAME, max_length=NAME_LENGTH),
    BeforeValidator(_name),
    MadeOnce(),
    Field(description="letters, digits, `-` and `_`, at most 63", examples=["leaf-1"]),
]
SegmentName = Annotated[
    str, Field(pattern=NAME, max_length=NAME_LENGTH, examples=["users"]), BeforeValidator(_hostname)
]
VrfName = Annotated[
    str, Field(pattern=NAME, max_length=VRF_LENGTH, examples=["tenant-a"]), BeforeValidator(_vrf)
]
LabName = Annotated[str, Field(pattern=LAB_NAME, examples=["my-lab"]), BeforeValidator(_lab_name)]
Text = Annotated[str, BeforeValidator(_text), MadeOnce()]


# --- numbers and words ---


def number(lowest: int, highest: int, what: str) -> BeforeValidator:
    """A whole number within bounds; `what` is its name in messages, such as `VLAN`."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not (
            isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdecimal())
        ):
            raise wrong(f"{quoted(value)} is no {what}", f"write a whole number from {lowest} to {highest}")
        found = int(value)
        if not lowest <= found <= highest:
            raise wrong(
                f"{found} is no {what}: it goes from {lowest} to {highest}", "choose a number in between"
            )
        return found

    return BeforeValidator(check)


def choice(*words: str) -> BeforeValidator:
    """One of a few words."""

    def check(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, bool) and "none" in words and not value:
            return "none"
        if not isinstance(value, str):
            raise wrong(
                f"{quoted(value)} is not one of the words that can stand here",
                f"use one of: {', '.join(words)}",
            )
        raise wrong(f"there is no {quoted(value)} here", _choose_among(value, words))

    return BeforeValidator(check)


VENDORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("varp", "virtual-router", "dag", "irb", "distributed"), ("anycast",)),
        **dict.fromkeys(("glbp", "vip", "virtual"), ("vrrp",)),
        **dict.fromkeys(("overwrite", "rewrite"), ("replace",)),
        **dict.fromkeys(("active-passive", "active-standby"), ("hot-standby",)),
        "active-active": ("load-balance",),
        "bgp": ("ebgp",),
    }
)
"""Words that vendors have for some of the words that can stand in a spec."""


def _choose_among(value: str, words: tuple[str, ...]) -> str:
    meant = [word for word in VENDORS.get(value.lower(), ()) if word in words]
    near = meant[0] if meant else closest(value, words)
    listed = f"one of: {', '.join(words)}"
    return f"did you mean `{near}`? It is {listed}" if near and len(words) > 2 else f"use {listed}"


def yes_or_no(value: object) -> bool:
    """True or false, in the words of YAML 1.1 too."""
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else ""
    if word in ("yes", "on", "true", "y"):
        return True
    if word in ("no", "off", "false", "n"):
        return False
    raise wrong(f"{quoted(value)} is neither true nor false", "write `true` or `false`")


YesNo = Annotated[bool, BeforeValidator(yes_or_no, json_schema_input_type=bool), MadeOnce()]
Vlan = Annotated[int, Field(ge=2, le=4094, examples=[10]), number(2, 4094, "VLAN id")]
Vni = Annotated[int, Field(ge=1, le=16777215, examples=[10010]), number(1, 16777215, "VNI")]
AsNumber = Annotated[int, Field(ge=1, le=4294967295, examples=[65000]), number(1, 4294967295, "AS number")]


# --- times ---


def seconds(value: object) -> int:
    """Seconds from `90`, `90s`, `15m`, `12h`, `1d` or `1w`."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip().lower())):
        found = int(match[1]) * _UNITS[match[2]]
    elif isinstance(value, int) and not isinstance(value, bool):
        found = value
    elif isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12:
        found = int(value)
    else:
        spoken = _SPOKEN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        example = f"`{spoken[1]}{spoken[2]}`" if spoken else "seconds, or 90s, 15m, 12h, 1d"
        raise wrong(f"{quoted(value)} is not a time", f"write {example}")
    if not SHORTEST <= found <= LONGEST:
        shown = quoted(value)
        raise wrong(
            f"{shown} is not a time that DHCP can carry",
            f"write {SHORTEST}s or longer, and less than 136 years",
        )
    return found


DurationText = Annotated[str, Field(pattern=r"^\d+[smhdw]$")]
Duration = Annotated[
    int,
    BeforeValidator(
        seconds, json_schema_input_type=Annotated[int, Field(ge=SHORTEST, le=LONGEST)] | DurationText
    ),
    Field(description="seconds, or 90s, 15m, 12h, 1d", examples=["12h"]),
]


INFINITE = LONGEST
"""A lease without an end (RFC 2131 section 3.3)."""


def lease_time(value: object) -> int:
    """Seconds, or `infinite`."""
    if isinstance(value, str) and value.strip().lower() == "infinite":
        return INFINITE
    try:
        return seconds(value)
    except PydanticCustomError as error:
        context = error.context or {}
        raise wrong(context["reason"], f"{context['remedy']}, or `infinite`") from error


LeaseTime = Annotated[
    int,
    BeforeValidator(
        lease_time,
        json_schema_input_type=Annotated[int, Field(ge=SHORTEST, le=LONGEST)]
        | DurationText
        | Literal["infinite"],
    ),
    Field(description="seconds, or 90s, 15m, 12h, 1d, or infinite", examples=["12h"]),
]


# --- lists ---


def one_or_more(value: object) -> object:
    """A single value stands for a list of one; nothing for an empty list."""
    if value is None:
        return []
    if isinstance(value, str):
        _one(value)
    return [value] if isinstance(value, str | int | float) else value


_WORD = re.compile(r"[\w./:-]+")


def _one(value: str) -> None:
    """A word is one, and not a list without its brackets, or without the spaces behind its hyphens."""
    parts = [part.strip() for part in re.split("[,;]", value)]
    if len(parts) > 1 and all(map(_WORD.fullmatch, parts)):
        raise wrong(f"{quoted(value)} is a list without brackets", f"write `[{', '.join(parts)}]`")
    if value.startswith("-") and len(value) > 1:
        raise wrong(
            f"{quoted(value)} is a list whose hyphens have no space behind them",
            f"write `- {value[1:].split()[0]}`",
        )


def as_list(value: object) -> object:
    """A list; a single word in its place is an error that says so."""
    if isinstance(value, list | tuple):
        return value
    if value is None:
        return []
    if isinstance(value, str):
        _one(value)
    raise wrong(f"{quoted(value)} is not a list", "write it in brackets: `[a, b]`")


def once(value: list[Any] | tuple[Any, ...]) -> Any:
    """A list in which nothing stands twice."""
    seen: list[Any] = []
    for each in value:
        if each in seen:
            raise wrong(f"{quoted(each)} is listed twice", "leave one of them out")
        seen.append(each)
    return value


def first_word(key: str, *, empty: bool = True) -> Callable[[object], object]:
    """A short form: a value that is no mapping is the value of `key`."""

    def long_form(value: object) -> object:
        if value is None and empty:
            return {}
        return value if isinstance(value, dict) else {key: value}

    return long_form


def mapping(example: str) -> Callable[[object], object]:
    """A mapping; nothing is an empty one."""

    def check(value: object) -> object:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise wrong(f"{quoted(value)} stands where keys are expected", f"write `{example}`")
        return value

    return check
