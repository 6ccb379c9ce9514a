"""VRMC_springBone 1.0 as its specification reads, one joint after the other: the oracle of `motion.springs`."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bodydouble.motion.chain_bones import STEPS_PER_SECOND
from bodydouble.motion.springs import _SETTLING_STEPS
from bodydouble.values import Collider, Spring

Vector = np.ndarray


class PlainSprings:
    """Chains on a body whose frames are the steps."""

    def __init__(
        self,
        rest: np.ndarray,
        body_count: int,
        parents: Sequence[int],
        springs: Sequence[Spring],
        colliders: Sequence[Collider],
    ) -> None:
        self.rest, self.body_count, self.parents = rest, body_count, parents
        self.springs, self.colliders = springs, colliders
        self.tails: dict[int, Vector] = {}
        self.previous_tails: dict[int, Vector] = {}

    def run(self, body: np.ndarray) -> np.ndarray:
        """(T, J, 4, 4) transforms of the body's joints to (T, K, 4, 4) of the chain joints."""
        for row, matrix in enumerate(self._world(body[0], {})):
            self.tails[row] = self.previous_tails[row] = matrix[:3, 3]
        for _ in range(_SETTLING_STEPS):
            chains = self._update(body[0], body[0])
        self.previous_tails = dict(self.tails)
        frames = [chains]
        for before, now in zip(body[:-1], body[1:], strict=True):
            frames.append(self._update(before, now))
        return np.array(frames)

    def _world(self, body: np.ndarray, rotations: dict[int, np.ndarray]) -> list[np.ndarray]:
        """World matrices of the chain joints, whose local rotations are these or none."""
        world = list(body)
        for row, parent in enumerate(self.parents):
            local = np.eye(4)
            local[:3, :3] = rotations.get(row, np.eye(3))
            local[:3, 3] = self.rest[self.body_count + row] - self.rest[parent]
            world.append(world[parent] @ local)
        return world[self.body_count :]

    def _update(self, body_before: np.ndarray, body: np.ndarray) -> np.ndarray:
        rotations: dict[int, np.ndarray] = {}
        bones = [(head, tail, spring) for spring in self.springs for head, tail in pairwise(spring.joints)]
        for head, tail, spring in sorted(bones, key=lambda bone: bone[0]):
            world = [*body, *self._world(body, rotations)]
            parent = world[self.parents[head]][:3, :3]
            position = world[self.body_count + head][:3, 3]
            bone = self.rest[self.body_count + tail] - self.rest[self.body_count + head]
            length = np.linalg.norm(bone)
            axis = bone / length
            current, previous = self.tails[tail], self.previous_tails[tail]
            if spring.center is not None:
                moved = body[spring.center] @ np.linalg.inv(body_before[spring.center])
                current, previous = [moved[:3, :3] @ point + moved[:3, 3] for point in (current, previous)]
            inertia = (current - previous) * (1 - spring.drag)
            stiffness = parent @ axis * spring.stiffness / STEPS_PER_SECOND
            external = np.array([0, -1, 0]) * spring.gravity / STEPS_PER_SECOND
            following = position + _unit(current + inertia + stiffness + external - position) * length
            following = self._collide(body, following, position, length, spring.hit_radius)
            self.previous_tails[tail], self.tails[tail] = current, following
            rotations[head] = _from_to(axis, parent.T @ _unit(following - position))
        return np.array(self._world(body, rotations))

    def _collide(self, body: np.ndarray, tail: Vector, head: Vector, length: float, hit_radius: float) -> Vector:
        """The published pushes, repeated until the tail is out."""
        for _ in range(10_000):
            entered = False
            for collider in self.colliders:
                direction, distance = self._collision(body, collider, tail, hit_radius)
                if distance < 0:
                    tail = head + _unit(tail - direction * distance - head) * length
                    entered |= distance < -1e-8
            if not entered:
                break
        return tail

    def _collision(self, body: np.ndarray, collider: Collider, tail: Vector, hit_radius: float) -> tuple[Vector, float]:
        matrix = body[collider.joint]
        offset = matrix[:3, :3] @ np.array(collider.offset) + matrix[:3, 3]
        delta = tail - offset
        if collider.tail is not None:
            to_tail = matrix[:3, :3] @ np.array(collider.tail) + matrix[:3, 3] - offset
            dot = to_tail @ delta
            if dot > to_tail @ to_tail:
                delta = delta - to_tail
            elif dot > 0:
                delta = delta - to_tail * dot / (to_tail @ to_tail)
        return _unit(delta), np.linalg.norm(delta) - collider.radius - hit_radius


def _unit(vector: Vector) -> Vector:
    return vector / np.linalg.norm(vector)


def _from_to(source: Vector, target: Vector) -> np.ndarray:
    """The shortest rotation of one unit vector onto another, through the half-way vector's quaternion."""
    w, (x, y, z) = 1 + source @ target, np.cross(source, target)
    w, x, y, z = np.array([w, x, y, z]) / np.sqrt(w * w + x * x + y * y + z * z)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
