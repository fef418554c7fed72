"""What installed packages add to the program, found by their entry points in the group ``taz_archive``.

Packages are loaded when something first asks for their additions, once per process. The hooks are in
:mod:`archive.hookspecs`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Protocol, TypeVar

from archive.errors import PluginError

if TYPE_CHECKING:
    from pluggy import PluginManager

GROUP = "taz_archive"  # of entry points, and pluggy's project name


class Named(Protocol):
    """A value that is chosen by its name."""

    @property
    def name(self) -> str: ...


Value = TypeVar("Value", bound=Named)


@cache
def plugin_manager() -> "PluginManager":
    """Return the manager of all installed plugins. Raise :exc:`PluginError` if one cannot be imported."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slower than all else a crawl without work does

    from pluggy import PluginManager  # noqa: PLC0415 - the same

    manager = PluginManager(GROUP)
    for entry_point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        name = f"{entry_point.name} ({entry_point.value})"
        try:
            manager.register(entry_point.load(), name=name)
        except Exception as error:  # the plugin's own code may raise anything
            raise PluginError(f"plugin {name}: cannot be loaded: {_described(error)}") from error
    return manager


def call_hook(hook: str, **arguments: object) -> Iterator[tuple[str, list[object]]]:
    """Call a hook of each plugin; yield the plugin's name and the values that the hook returned.

    Raise :exc:`PluginError` if a hook raises.
    """
    caller = getattr(plugin_manager().hook, hook, None)
    for implementation in caller.get_hookimpls() if caller else ():
        try:
            values = implementation.function(*(arguments[name] for name in implementation.argnames))
            yield implementation.plugin_name, list(values or ())
        except Exception as error:  # the plugin's own code may raise anything
            problem = f"plugin {implementation.plugin_name}: {hook} failed: {_described(error)}"
            raise PluginError(problem) from error


def with_plugins(
    own: Mapping[str, Value],
    hook: str,
    kind: type[Value],
    *,
    names: Callable[[Value], Iterable[str]] = lambda value: (value.name,),
    reserved: Iterable[str] = (),
) -> dict[str, Value]:
    """Return ``own`` and the values of ``kind`` that plugins register by ``hook``, by name.

    ``names`` returns the names of a value that no other value may have. Raise :exc:`PluginError` if a hook
    raises or returns anything else, or if a name is reserved or taken.
    """
    found = dict(own)
    owners = dict.fromkeys(chain(reserved, *map(names, own.values())), "taz-archive")
    for plugin, values in call_hook(hook):
        for value in values:
            if not isinstance(value, kind):
                raise PluginError(f"plugin {plugin}: {hook} must return {kind.__name__}s, found {value!r}")
            try:
                given = tuple(names(value))
            except (AttributeError, TypeError, ValueError) as error:  # such as a broken URL
                raise PluginError(f"plugin {plugin}: {hook}: {value!r}: {_described(error)}") from error
            for name in given:
                if not name:
                    raise PluginError(f"plugin {plugin}: {hook}: {value!r} lacks a name or a host")
                if name in owners:
                    raise PluginError(
                        f'plugin {plugin}: {hook}: the name "{name}" is taken by {owners[name]}'
                    )
            found[value.name] = value
            owners |= dict.fromkeys(given, f"plugin {plugin}")
    return found


def _described(error: Exception) -> str:
    """Return an error as one line: its class and the first line of its message."""
    return " ".join([f"{type(error).__name__}:", *str(error).split("\n")[:1]]).removesuffix(": ")
