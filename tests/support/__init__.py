"""What tests share: sample archives and pages, real servers, and ways to run the program."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The folder of the project."""
