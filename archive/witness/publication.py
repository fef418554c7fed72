"""What every witness has: a name, and how to publish a record."""

from typing import NamedTuple, Protocol

from archive.witness.kept_records import KeptRecord


class Publication(NamedTuple):
    """What a witness did: in a few words, and whether it published anything."""

    what: str
    is_new: bool = True


ALREADY_PUBLISHED = Publication("published before", is_new=False)


class Witness(Protocol):
    """Where roots are published."""

    @property
    def name(self) -> str:
        """The file, folder or URL, as given."""

    def publish(self, kept: KeptRecord) -> Publication:
        """Publish a record, unless its root was published before. Raise :exc:`WitnessError`."""
