"""A robots.txt that ages. Pure."""

from datetime import timedelta

from crawler.gate.interface import KnownRobots


def aged(robots: KnownRobots, age: timedelta) -> KnownRobots | None:
    """Return a robots.txt of a certain ``age`` with the times that are left; None if it has expired."""
    if robots.valid_for <= age:
        return None
    retry_in = robots.retry_in
    return robots._replace(
        valid_for=robots.valid_for - age,
        retry_in=None if retry_in is None else max(retry_in - age, timedelta(0)),
    )
