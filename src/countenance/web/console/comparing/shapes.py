"""What a drawing consists of, in pixels: the template writes each as SVG, the style sheet colours it by its kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place, and what follows it more quietly."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    kind: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A path, as SVG writes it."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with its interval, as y coordinates; hollow where only a bound is known."""

    x: float
    y: float
    top: float
    bottom: float
    kind: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing.

    Attributes:
        width, height: Its size in pixels.
        blocks, lines, dots, labels: What is on it, in the order in which it is drawn.
    """

    width: float
    height: float
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    labels: tuple[Label, ...]
