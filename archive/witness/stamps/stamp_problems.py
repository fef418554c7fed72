"""What can be wrong with a stamp."""

from archive.errors import TazArchiveError


class InvalidStamp(TazArchiveError):
    """Bytes that are not a stamp, or a stamp that does not hold."""


class UnknownSigner(TazArchiveError):
    """A stamp without its signer's certificate."""
