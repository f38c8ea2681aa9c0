"""A class whose methods are made late is what the standard library makes of it at once."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import pytest
from pydantic import TypeAdapter

from labgen.ground import values

T = TypeVar("T")
Decorator = Callable[..., Any]


class Sized(Protocol):
    __slots__ = ()

    def size(self) -> int: ...


def plain(decorated: Decorator, *, frozen: bool) -> Any:
    @decorated(frozen=frozen, slots=True)
    class Lease:
        """A lease."""

        address: str
        seconds: int = 60
        options: list[int] = dataclasses.field(default_factory=list)
        note: str = dataclasses.field(default="", compare=False)
        secret: str = dataclasses.field(default="", repr=False)
        rank: int = dataclasses.field(default=0, hash=False)

        def __post_init__(self) -> None:
            if self.seconds < 0:
                raise ValueError("negative")

        def size(self) -> int:
            return len(self.address)

    return Lease


def derived(decorated: Decorator, *, frozen: bool) -> Any:
    base = plain(decorated, frozen=frozen)

    @decorated(frozen=frozen, slots=True)
    class Renewed(base):  # type: ignore[misc, valid-type]
        """A lease that was renewed."""

        seconds: int = 30
        times: int = 1

    return Renewed


def generic(decorated: Decorator, *, frozen: bool) -> Any:
    @decorated(frozen=frozen, slots=True)
    class Box(Generic[T]):
        """Something."""

        content: T

    return Box


def empty(decorated: Decorator, *, frozen: bool) -> Any:
    @decorated(frozen=frozen, slots=True)
    class Nothing:
        """Nothing."""

    return Nothing


def of_a_protocol(decorated: Decorator, *, frozen: bool) -> Any:
    @decorated(frozen=frozen, slots=True)
    class Sighting(Sized):
        """Something with a size."""

        width: int
        height: int = 1

        def size(self) -> int:
            return self.width * self.height

    return Sighting


SHAPES = (plain, derived, generic, empty, of_a_protocol)
ARGUMENTS: dict[Callable[..., Any], tuple[tuple[object, ...], ...]] = {
    plain: (("a",), ("a", 60), ("b", 5, [1], "n", "s", 3), ("b", 5, [1], "other", "s", 3)),
    derived: (("a",), ("a", 30, [], "", "", 0, 1), ("a", 30, [], "", "", 0, 2)),
    generic: ((1,), ("1",), (None,)),
    empty: ((),),
    of_a_protocol: ((2,), (2, 1), (2, 3)),
}
BOTH = pytest.mark.parametrize(
    ("late", "once", "given"),
    [
        pytest.param(shape(values.deferred, frozen=frozen), shape(dataclasses.dataclass, frozen=frozen), ARGUMENTS[shape],
                     id=f"{shape.__name__}-{'frozen' if frozen else 'open'}")
        for shape in SHAPES
        for frozen in (True, False)
    ],
)  # fmt: skip


def outcome(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  whatever it is, both raise it
        return type(error), str(error).rpartition(".")[2]


@BOTH
def test_values_are_shown_compared_and_hashed_alike(
    late: Any, once: Any, given: tuple[tuple[object, ...], ...]
) -> None:
    for one in given:
        assert repr(late(*one)) == repr(once(*one))
        assert outcome(partial(hash, late(*one))) == outcome(partial(hash, once(*one)))
        for other in given:
            assert (late(*one) == late(*other)) is (once(*one) == once(*other))
        assert late(*one) != once(*one)
        assert late(*one) != one


@BOTH
def test_fields_parameters_and_patterns_are_alike(
    late: Any, once: Any, given: tuple[tuple[object, ...], ...]
) -> None:
    assert str(inspect.signature(late)) == str(inspect.signature(once))
    assert dataclasses.is_dataclass(_any(late))
    told = [
        [(f.name, f.type, f.default, f.init, f.repr, f.compare, f.hash) for f in dataclasses.fields(kind)]
        for kind in (late, once)
    ]
    assert told[0] == told[1]
    for name in ("__match_args__", "__doc__", "__name__", "__qualname__", "__module__"):
        assert getattr(late, name) == getattr(once, name)
    assert set(late.__slots__) == set(once.__slots__)
    assert not hasattr(late(*given[0]), "__dict__")
    assert [dataclasses.asdict(late(*one)) for one in given] == [
        dataclasses.asdict(once(*one)) for one in given
    ]


@BOTH
def test_assignment_is_refused_alike(late: Any, once: Any, given: tuple[tuple[object, ...], ...]) -> None:
    names = [field.name for field in dataclasses.fields(late)]
    for name in (*names, "unknown"):
        set_late, set_once = (outcome(partial(setattr, kind(*given[0]), name, 1)) for kind in (late, once))
        del_late, del_once = (outcome(partial(delattr, kind(*given[0]), name)) for kind in (late, once))
        assert (set_late is None) is (set_once is None)
        assert (del_late is None) is (del_once is None)
        if name in names:
            assert (set_late, del_late) == (set_once, del_once)


@BOTH
def test_copies_and_replacements_are_equal(
    late: Any, once: Any, given: tuple[tuple[object, ...], ...]
) -> None:
    for one in given:
        value = late(*one)
        assert copy.copy(value) == copy.deepcopy(value) == dataclasses.replace(value) == value


def test_wrong_arguments_are_refused_by_their_names() -> None:
    for kind in (plain(values.deferred, frozen=True), plain(dataclasses.dataclass, frozen=True)):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'address'"):
            kind()
        with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
            kind("a", colour=1)
        with pytest.raises(ValueError, match="negative"):
            kind("a", -1)


@values.dataclass(frozen=True, slots=True)
class Kept:
    """What is pickled is found by its name."""

    name: str
    parts: tuple[int, ...] = ()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_is_pickled(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(Kept("a", (1, 2)), protocol)) == Kept("a", (1, 2))


def test_a_match_takes_fields_by_place() -> None:
    match Kept("a", (1,)):
        case Kept(name, parts):
            assert (name, parts) == ("a", (1,))


def test_nothing_is_made_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = dataclasses.dataclass

    def counted(*args: Any, **options: Any) -> Any:
        def decorate(cls: type[Any]) -> type[Any]:
            made.append(cls.__name__)
            return real(**options)(cls)

        return decorate

    monkeypatch.setattr(dataclasses, "dataclass", counted)
    kind = plain(values.deferred, frozen=True)
    assert made == []
    assert kind("a") == kind("a")
    assert hash(kind("a", options=())) == hash(kind("a", options=()))
    assert made == ["Lease"]


@pytest.mark.parametrize("first", [repr, hash, lambda value: value == value, dataclasses.fields, copy.copy])
def test_a_value_that_no_call_of_the_class_made_is_whole(first: Callable[[Any], object]) -> None:
    kind = of_a_protocol(values.deferred, frozen=True)
    value = object.__new__(kind)
    object.__setattr__(value, "width", 2)
    object.__setattr__(value, "height", 3)
    assert first(value) is not None
    assert value == kind(2, 3)


def test_threads_that_come_first_together_get_one_class() -> None:
    for _ in range(20):
        kind = plain(values.deferred, frozen=True)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(partial(kind, options=()), ["a"] * 16))
        assert set(found) == {kind("a", options=())}


def test_what_is_no_plain_class_is_left_to_the_standard_library() -> None:
    decorated: Any = values.deferred

    @decorated(frozen=True, slots=True)
    class Counted:
        count: int
        known: ClassVar[int] = 3

    @decorated
    class Open:
        count: int = 0

    @decorated(frozen=True, slots=True)
    class Named:
        name: str

        def __repr__(self) -> str:
            return self.name

    counted, opened, named = (_any(kind) for kind in (Counted, Open, Named))
    assert (counted(1).count, counted.known) == (1, 3)
    assert opened() == opened(0)
    opened().other = 1
    assert repr(named("x")) == "x"
    assert all(kind.__init__.__name__ == "__init__" for kind in (counted, opened, named))


def _any(kind: object) -> Any:
    return kind


def test_pydantic_reads_it() -> None:
    kind = of_a_protocol(values.deferred, frozen=True)
    assert TypeAdapter(kind).validate_python({"width": "2"}) == kind(2, 1)


def test_a_method_may_call_that_of_its_base() -> None:
    base = of_a_protocol(values.deferred, frozen=True)

    def init(value: object, width: int) -> None:
        base.__init__(value, width * 2)

    assert type("Doubled", (base,), {"__init__": init})(2).width == 4
