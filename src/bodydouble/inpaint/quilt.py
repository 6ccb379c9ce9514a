"""Image quilting: gaps of a texture are filled by pieces of it, cut where they differ least from what lies beside.

After Efros and Freeman, "Image quilting for texture synthesis and transfer", 2001: patches that overlap what is there
already, and a cut of least cost through each overlap. Rows stay near their height: cloth at a knee comes from a knee.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.geometry.lengths import square_lengths

_COARSE = 4  # pixels a side that are one where pieces are sought
_OVERLAP = 0.25  # of a piece's side
_COMPARED = 0.3  # of the overlap that must be of use to compare a piece with what lies beside
_ODD = 1.0  # cost of a source's oddness, against the mean difference of two pieces, which is 2
_HIGH = 0.3  # of a piece from as far up or down as it may come
_AGAIN = 0.8  # of a piece that was taken before
_COMPARED_PX = 500  # pixels of the overlap at most by which a piece is put in its place
_LEAST = 16  # rows and columns of a piece; smaller ones show nothing
_SCRAP = 0.15  # of a window's sides: where less is missing it is left to smaller pieces


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where pieces come from: H×A pixels whose rows are at the height of the texture's."""

    image: np.ndarray  # H×A×3, float32
    usable: np.ndarray  # H×A, bool
    oddness: np.ndarray  # H×A, float32, at least 0: how unlike the rest it is, such as a pocket or a print


class Quilt:
    """A texture whose gaps are being filled. Columns run on around.

    Args:
        image: H×W×3, float32, of meaning where `filled`, H×W bool.
        blended: pixels, deviation of the soft edge along a cut.
    """

    def __init__(self, image: np.ndarray, filled: np.ndarray, sources: Sources, blended: float) -> None:
        self._blended = blended
        self.image, self.filled = image.copy(), filled.copy()
        self._laid = np.zeros_like(filled)
        self._margin = _COARSE * (len(image) // _COARSE + 1)
        padding = ((self._margin, 2 * self._margin), (0, -sources.usable.shape[1] % _COARSE))
        usable = np.pad(sources.usable, padding)
        self._source = np.pad(sources.image * sources.usable[..., None], (*padding, (0, 0))).astype(np.float32)
        self._usable = usable
        self._energy = max(1e-6, float(np.square(self._source).sum() / max(1, usable.sum())))
        self._plain = _reduced(usable.astype(np.float32))
        self._products = _reduced(self._source)
        self._squares = np.dstack([self._plain, _reduced(square_lengths(self._source))])
        self._odd = _reduced(np.pad(sources.oddness * sources.usable, padding).astype(np.float32))

    def fill(self, gaps: np.ndarray, side: tuple[int, int], reach: int, covered: float = 0.9) -> None:
        """Fill gaps, H×W bool, by pieces of so many rows and columns, moved up or down by at most `reach` rows.

        Args:
            covered: part of what is missing in a piece's window that it must fill.
        """
        height, width = self.filled.shape
        down = _COARSE * (min(side[0], height) // _COARSE)
        across = _COARSE * (min(side[1], width, self._usable.shape[1]) // _COARSE)
        if min(down, across) < _LEAST:
            return
        overlap = _COARSE * max(1, round(_OVERLAP * across / _COARSE))
        reach = min(self._margin, _COARSE * -(-reach // _COARSE))
        for top in range(0, max(1, height - overlap), max(1, down - overlap)):
            column = width // 2
            end = column + width
            while column < end:
                missing = gaps[top : top + down] & ~self.filled[top : top + down]
                ahead = np.roll(missing.sum(0) > _SCRAP * down, -(column % width))[: end - column].nonzero()[0]
                if len(ahead) == 0:
                    break
                column += int(ahead[0])
                columns = np.arange(column - overlap, column - overlap + across) % width
                self._place(np.arange(top, top + down), columns, gaps, overlap, reach, covered)
                column += across - overlap

    def _place(
        self, rows: np.ndarray, columns: np.ndarray, gaps: np.ndarray, overlap: int, reach: int, covered: float
    ) -> None:
        """Fill what is missing in the window by the piece that fits best, if one does."""
        inside = (rows < len(self.image))[:, None]
        at = np.ix_(rows.clip(max=len(self.image) - 1), columns)
        image, filled = self.image[at], self.filled[at] & inside
        missing = gaps[at] & ~filled & inside
        origin = self._search(image, filled, missing, int(rows[0]), reach, covered)
        if origin is None:
            return
        top, left = self._settle(image, filled, origin)
        window = slice(top, top + len(rows)), slice(left, left + len(columns))
        laid = self._laid[at] & inside
        piece, usable = self._source[window], self._usable[window]
        weight = missing.astype(np.float32)
        if laid.any():
            taken = _cut_free(square_lengths(piece - image) * laid, overlap) & laid | missing
            weight = np.where(laid, cv2.GaussianBlur(taken.astype(np.float32), (0, 0), self._blended), weight)
        weight = weight * usable
        kept = slice(int(inside.sum()))
        at, new = np.ix_(rows[kept], columns), (missing & usable)[kept]
        self.image[at] += weight[kept, :, None] * (piece - image)[kept]
        self.filled[at] |= new
        self._laid[at] |= new
        small = tuple(slice(span.start // _COARSE, span.stop // _COARSE) for span in window)
        self._odd[small] += _AGAIN * self._plain[small]

    def _search(
        self, image: np.ndarray, filled: np.ndarray, missing: np.ndarray, top: int, reach: int, least: float
    ) -> tuple[int, int] | None:
        """Row and column of the best piece's corner among the padded sources."""
        if missing.mean() < _SCRAP**2:
            return None
        weight, wanted = _reduced(filled.astype(np.float32)), _reduced(missing.astype(np.float32))
        start = (self._margin + top - reach) // _COARSE
        band = slice(start, start + len(weight) + 2 * reach // _COARSE)
        covered = _correlate(self._plain[band], wanted) / wanted.sum()
        if float(covered.max()) < least:
            return None
        compared = _correlate(self._plain[band], weight)
        square = _reduced(square_lengths(image) * filled)
        error = _correlate(self._squares[band], np.dstack([square, weight]))
        error -= 2 * _correlate(self._products[band], _reduced(image * filled[..., None]))
        odd = _correlate(self._odd[band], wanted) / wanted.sum()
        enough = compared > _COMPARED * max(1.0, float(weight.sum()))
        difference = np.where(enough, error / compared.clip(1e-3) / self._energy, 2.0)
        moved = np.abs(np.linspace(-1, 1, len(covered)))[:, None] if len(covered) > 1 else 0.0
        cost = difference + _ODD * odd + _HIGH * np.square(moved) + 2 * (1 - covered)
        cost[covered < least] = np.inf
        row, column = np.unravel_index(int(cost.argmin()), cost.shape)
        return (start + int(row)) * _COARSE, int(column) * _COARSE

    def _settle(self, image: np.ndarray, filled: np.ndarray, origin: tuple[int, int]) -> tuple[int, int]:
        """The corner moved by about a coarse pixel to where the piece fits best."""
        row, column = filled.nonzero()
        if not len(row):
            return origin
        step = -(-len(row) // _COMPARED_PX)
        row, column = row[::step], column[::step]
        shown = image[row, column]
        width = self._usable.shape[1]
        flat = (row + origin[0]) * width + column + origin[1]
        lowest, highest = -origin[1], width - image.shape[1] - origin[1]

        def mismatch(move: tuple[int, int]) -> float:
            at = flat + (move[0] * width + move[1])
            usable = self._usable.ravel()[at]
            error = square_lengths(self._source.reshape(-1, 3)[at] - shown)
            return float(error @ usable) / max(1, np.count_nonzero(usable))

        best = 0, 0
        for reach, stride in ((_COARSE // 2, 2), (1, 1)):
            steps = range(-reach, reach + 1, stride)
            moves = [(best[0] + down, best[1] + right) for down in steps for right in steps]
            best = min((move for move in moves if lowest <= move[1] <= highest), key=mismatch)
        return origin[0] + best[0], origin[1] + best[1]


def _reduced(image: np.ndarray) -> np.ndarray:
    """Means over `_COARSE` pixels a side; what does not fit is cut off."""
    height, width = (length // _COARSE for length in image.shape[:2])
    return cv2.resize(image[: height * _COARSE, : width * _COARSE], (width, height), interpolation=cv2.INTER_AREA)


def _correlate(image: np.ndarray, template: np.ndarray) -> np.ndarray:
    return cv2.matchTemplate(image.astype(np.float32), template.astype(np.float32), cv2.TM_CCORR)


def _cut_free(cost: np.ndarray, overlap: int) -> np.ndarray:
    """H×W bool: what of a piece is taken, cut within `overlap` of each edge along the way of least cost."""
    taken = np.ones(cost.shape, bool)
    taken[:, :overlap] &= _cut(cost[:, :overlap])
    taken[:, -overlap:] &= _cut(cost[:, : -overlap - 1 : -1])[:, ::-1]
    taken[:overlap] &= _cut(cost[:overlap].T).T
    return taken


def _cut(cost: np.ndarray) -> np.ndarray:
    """H×W bool: the pixels to the right of the way down of least cost."""
    return np.arange(cost.shape[1]) >= find_cut(cost)[:, None]


def find_cut(cost: np.ndarray) -> np.ndarray:
    """(H,) int64: columns of the way down of least cost, H×W, which moves by at most one column a row."""
    height, width = cost.shape
    total = np.full((height, width + 2), np.inf)
    total[:, 1:-1] = cost
    for row in range(1, height):
        above = total[row - 1]
        total[row, 1:-1] += np.minimum(np.minimum(above[:-2], above[1:-1]), above[2:])
    column = int(total[-1].argmin())
    columns = np.empty(height, np.int64)
    for row in range(height - 1, -1, -1):
        if row < height - 1:
            column += int(total[row, column - 1 : column + 2].argmin()) - 1
        columns[row] = column - 1
    return columns
