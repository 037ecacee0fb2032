"""Makes the shapes that the county map draws, out of a file of the npm package `us-atlas`.

python -m server.studies.county_shapes FOLDER_OF_US_ATLAS  (as `npm pack us-atlas@3.0.1` brings it, unpacked)

Each shape belongs to one row of `server.counties.table.map_places`, in its order. Independent cities of Virginia
without a ZIP of their own belong to the neighbour with which they share the longest border. See `pack` for the file.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.parameters import Parameters
from model.zones import build_zone_table
from server.counties.table import map_places

OUT = Path(__file__).parent.parent / "assets" / "counties.bin"
NOTICE = OUT.with_suffix(".LICENSE.txt")
SOURCE = "counties-albers-10m.json"
SCALE = 10  # steps of a coordinate; the map is 975 wide, so that a step is a tenth of a pixel or so
LEAST_AREA = 0.4  # smaller islands are left out, but for the largest part of a county
COUNTY = "~"  # stands for " County" at the end of a name

type Point = tuple[int, int]
type Ring = tuple[int, ...]  # arcs in order; ~i is arc i backwards


@dataclass(frozen=True)
class Shapes:
    """Outlines of places.

    Attributes:
        ids: FIPS code of each place.
        names: Name of each, without the state.
        arcs: Lines between two corners, in steps of 1 / `SCALE`; neighbours share them.
        rings: Closed outlines of each place.
        joined: Counties of the atlas that are part of another one's outline, by FIPS code: whose.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    arcs: tuple[tuple[Point, ...], ...]
    rings: tuple[tuple[Ring, ...], ...]
    joined: Mapping[str, str]

    def points(self, ring: Ring) -> list[Point]:
        """Corners of an outline."""
        found: list[Point] = []
        for arc in ring:
            line = self.arcs[arc] if arc >= 0 else self.arcs[~arc][::-1]
            found += line[1:] if found else line
        return found


def make_shapes(atlas: Mapping[str, Any], ids: Sequence[str], names: Sequence[str]) -> Shapes:
    """Take the outlines of places from a TopoJSON file.

    Args:
        atlas: What is in the file.
        ids: FIPS code of each place.
        names: Name of each.
    """
    arcs = [_decoded(arc, atlas["transform"]) for arc in atlas["arcs"]]
    geometries = atlas["objects"]["counties"]["geometries"]
    rings = {one["id"]: [tuple(ring) for polygon in _polygons(one) for ring in polygon] for one in geometries}
    joined = homes(rings, arcs, set(ids))
    for code, neighbour in joined.items():
        rings[neighbour] = _joined(rings[neighbour] + rings.pop(code), arcs)
    kept = {code: _without_islets(rings[code], arcs) for code in ids}
    outlines = tuple(tuple(kept[code]) for code in ids)
    return _renumbered(Shapes(tuple(ids), tuple(names), tuple(arcs), outlines, joined))


def homes(rings: Mapping[str, Sequence[Ring]], arcs: Sequence[Sequence[Point]], known: set[str]) -> dict[str, str]:
    """Where shapes without a place of their own belong: to the known neighbour with the longest common border."""
    owners: dict[int, list[str]] = {}
    for code, outlines in rings.items():
        for arc in (arc for ring in outlines for arc in ring):
            owners.setdefault(max(arc, ~arc), []).append(code)
    found = {}
    for code in sorted(rings.keys() - known):
        border: Counter[str] = Counter()
        for arc in (max(arc, ~arc) for ring in rings[code] for arc in ring):
            length = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in zip(arcs[arc], arcs[arc][1:], strict=False))
            border.update({other: length for other in owners[arc] if other in known})
        found[code] = border.most_common(1)[0][0]
    return found


def pack(shapes: Shapes) -> bytes:
    """Shapes as a file: a line of JSON, then whole numbers of variable length, seven bits a byte, the low ones first.

    The numbers are: of each arc its points less one, then x and y of every point less those of the point before (of the
    first point those of the arc before); then of each place its rings, of each ring its arcs, and each arc less the arc
    before. A number that may be negative is written as 2 v, below zero as -2 v - 1.
    """
    head = {
        "scale": SCALE,
        "ids": " ".join(shapes.ids),
        "names": "|".join(
            name.removesuffix(" County") + COUNTY if name.endswith(" County") else name for name in shapes.names
        ),
        "joined": shapes.joined,
        "arcs": len(shapes.arcs),
    }
    return json.dumps(head, ensure_ascii=False).encode() + b"\n" + bytes(_bytes(_numbers(shapes)))


def unpack(content: bytes) -> Shapes:
    """The shapes of a file, as the browser reads them too."""
    line, _, packed = content.partition(b"\n")
    head = json.loads(line)
    numbers = _read(packed)
    x = y = 0
    arcs = []
    for _ in range(head["arcs"]):
        arc = []
        for _ in range(next(numbers) + 1):
            x, y = x + _signed(next(numbers)), y + _signed(next(numbers))
            arc.append((x, y))
        arcs.append(tuple(arc))
    ids = tuple(head["ids"].split(" "))
    rings, last = [], 0
    for _ in ids:
        outlines = []
        for _ in range(next(numbers)):
            ring = []
            for _ in range(next(numbers)):
                last += _signed(next(numbers))
                ring.append(last)
            outlines.append(tuple(ring))
        rings.append(tuple(outlines))
    names = tuple(
        name.removesuffix(COUNTY) + " County" if name.endswith(COUNTY) else name for name in head["names"].split("|")
    )
    return Shapes(ids, names, tuple(arcs), tuple(rings), head["joined"])


def _decoded(arc: Sequence[Sequence[int]], transform: Mapping[str, Sequence[float]]) -> tuple[Point, ...]:
    """Points of an arc in steps of ours; those that fall together are one."""
    (scale_x, scale_y), (left, top) = transform["scale"], transform["translate"]
    x = y = 0
    found: list[Point] = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        point = round((x * scale_x + left) * SCALE), round((y * scale_y + top) * SCALE)
        if not found or point != found[-1]:
            found.append(point)
    return tuple(found) if len(found) > 1 else (found[0], found[0])


def _polygons(geometry: Mapping[str, Any]) -> list[list[list[int]]]:
    polygons: list[list[list[int]]] = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    return polygons


def _joined(rings: Sequence[Ring], arcs: Sequence[Sequence[Point]]) -> list[Ring]:
    """Outlines of what several outlines hold together: arcs with a part of it on either side are gone."""
    all_arcs = [arc for ring in rings for arc in ring]
    inside = {arc for arc in all_arcs if ~arc in all_arcs}
    left = [arc for arc in all_arcs if arc not in inside]

    def end(arc: int, last: bool) -> Point:
        line = arcs[max(arc, ~arc)]
        return line[-1 if (arc >= 0) == last else 0]

    found = []
    while left:
        ring = [left.pop(0)]
        while end(ring[-1], True) != end(ring[0], False):
            following = next(arc for arc in left if end(arc, False) == end(ring[-1], True))
            left.remove(following)
            ring.append(following)
        found.append(tuple(ring))
    return found


def _without_islets(rings: Sequence[Ring], arcs: Sequence[tuple[Point, ...]]) -> list[Ring]:
    shapes = Shapes((), (), tuple(arcs), (), {})
    sizes = [area(shapes.points(ring)) / SCALE**2 for ring in rings]
    return [ring for ring, size in zip(rings, sizes, strict=True) if size >= min(LEAST_AREA, max(sizes))]


def area(points: Sequence[Point]) -> float:
    """Area within an outline, in squares of its steps."""
    following = [*points[1:], points[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, following, strict=True))) / 2.0


def _renumbered(shapes: Shapes) -> Shapes:
    """The same with the arcs that are used, in the order in which they are."""
    number: dict[int, int] = {}
    for arc in (arc for outlines in shapes.rings for ring in outlines for arc in ring):
        number.setdefault(max(arc, ~arc), len(number))

    def new(arc: int) -> int:
        return number[arc] if arc >= 0 else ~number[~arc]

    rings = tuple(tuple(tuple(map(new, ring)) for ring in outlines) for outlines in shapes.rings)
    return replace(shapes, arcs=tuple(shapes.arcs[arc] for arc in number), rings=rings)


def _numbers(shapes: Shapes) -> Iterator[int]:
    x = y = 0
    for arc in shapes.arcs:
        yield len(arc) - 1
        for point in arc:
            yield from (_unsigned(point[0] - x), _unsigned(point[1] - y))
            x, y = point
    last = 0
    for outlines in shapes.rings:
        yield len(outlines)
        for ring in outlines:
            yield len(ring)
            for arc_number in ring:
                yield _unsigned(arc_number - last)
                last = arc_number


def _unsigned(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def _signed(value: int) -> int:
    return value // 2 if value % 2 == 0 else -(value + 1) // 2


def _bytes(numbers: Iterator[int]) -> Iterator[int]:
    for number in numbers:
        while number > 127:
            yield 128 | number & 127
            number >>= 7
        yield number


def _read(packed: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in packed:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def main() -> None:
    """Write the file and its licence."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / SOURCE).is_file():
        sys.exit(f"usage: python -m server.studies.county_shapes FOLDER, with {SOURCE} of us-atlas 3.0.1 in it")
    folder = Path(sys.argv[1])
    places = map_places(build_zone_table(Parameters.default()))
    names = [name.rpartition(", ")[0] for name in places.names]
    content = pack(make_shapes(json.loads((folder / SOURCE).read_text()), places.ids, names))
    OUT.write_bytes(content)
    NOTICE.write_text(f"counties.bin is made from {SOURCE} of us-atlas 3.0.1:\n\n{(folder / 'LICENSE').read_text()}")
    print(f"{len(places.ids)} shapes, {len(content) / 1000:.0f} kB in {OUT}")


if __name__ == "__main__":
    main()
