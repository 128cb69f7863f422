"""What a synth costs, beside the same resources written by hand. Run with ./dev bench; nothing here is a timed test."""

from pathlib import Path

#: Of the repository: every measured program runs from here.
ROOT = Path(__file__).parents[1]
