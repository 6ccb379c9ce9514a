"""VRMC_springBone 1.0 as its specification reads, one joint after the other: the oracle of `motion.springs`."""

import numpy as np

from bodydouble.motion.chain_bones import STEPS_PER_SECOND
from bodydouble.motion.springs import _SETTLING_STEPS
from bodydouble.values import Chains, Colliders

Vector = np.ndarray


class PlainSprings:
    """Chains on a body whose frames are the steps."""

    def __init__(self, chains: Chains, colliders: Colliders | None, rest_joints: np.ndarray) -> None:
        self.chains, self.colliders, self.body_count = chains, colliders, len(rest_joints)
        self.rest = np.concatenate([rest_joints, chains.positions.double().numpy()])
        self.parents = chains.parents.tolist()
        self.tails: dict[int, Vector] = {}
        self.previous_tails: dict[int, Vector] = {}

    def run(self, body: np.ndarray) -> np.ndarray:
        """(T, J, 4, 4) transforms of the body's joints to (T, K, 4, 4) of the chain joints."""
        for row, matrix in enumerate(self._world(body[0], {})):
            self.tails[row] = self.previous_tails[row] = matrix[:3, 3]
        for _ in range(_SETTLING_STEPS):
            settled = self._update(body[0])
        self.previous_tails = dict(self.tails)
        return np.array([settled, *(self._update(frame) for frame in body[1:])])

    def _world(self, body: np.ndarray, rotations: dict[int, np.ndarray]) -> list[np.ndarray]:
        """World matrices of the chain joints, whose local rotations are these or none."""
        world = list(body)
        for row, parent in enumerate(self.parents):
            local = np.eye(4)
            local[:3, :3] = rotations.get(row, np.eye(3))
            local[:3, 3] = self.rest[self.body_count + row] - self.rest[parent]
            world.append(world[parent] @ local)
        return world[self.body_count :]

    def _update(self, body: np.ndarray) -> np.ndarray:
        rotations: dict[int, np.ndarray] = {}
        for head in range(len(self.parents)):
            if self.body_count + head not in self.parents:
                continue  # a tip
            tail = self.parents.index(self.body_count + head)
            stiffness_force, gravity_power, drag_force, hit_radius = (
                float(getattr(self.chains, name)[head]) for name in ("stiffness", "gravity", "drag", "radius")
            )
            world = [*body, *self._world(body, rotations)]
            parent = world[self.parents[head]][:3, :3]
            position = world[self.body_count + head][:3, 3]
            bone = self.rest[self.body_count + tail] - self.rest[self.body_count + head]
            length = np.linalg.norm(bone)
            axis = bone / length
            current, previous = self.tails[tail], self.previous_tails[tail]
            inertia = (current - previous) * (1 - drag_force)
            stiffness = parent @ axis * stiffness_force / STEPS_PER_SECOND
            external = np.array([0, -1, 0]) * gravity_power / STEPS_PER_SECOND
            following = position + _unit(current + inertia + stiffness + external - position) * length
            following = self._collide(body, following, position, length, hit_radius)
            self.previous_tails[tail], self.tails[tail] = current, following
            rotations[head] = _from_to(axis, parent.T @ _unit(following - position))
        return np.array(self._world(body, rotations))

    def _collide(self, body: np.ndarray, tail: Vector, head: Vector, length: float, hit_radius: float) -> Vector:
        """The published pushes, repeated until the tail is out."""
        for _ in range(10_000):
            entered = False
            for number in range(0 if self.colliders is None else len(self.colliders.radii)):
                direction, distance = self._collision(body, number, tail, hit_radius)
                if distance < 0:
                    tail = head + _unit(tail - direction * distance - head) * length
                    entered |= distance < -1e-8
            if not entered:
                break
        return tail

    def _collision(self, body: np.ndarray, number: int, tail: Vector, hit_radius: float) -> tuple[Vector, float]:
        assert self.colliders is not None
        matrix = body[int(self.colliders.joints[number])]
        start, end = (
            matrix[:3, :3] @ ends[number].double().numpy() + matrix[:3, 3]
            for ends in (self.colliders.heads, self.colliders.tails)
        )
        delta, to_end = tail - start, end - start
        dot = to_end @ delta
        if dot > to_end @ to_end:
            delta = delta - to_end
        elif dot > 0:
            delta = delta - to_end * dot / (to_end @ to_end)
        return _unit(delta), np.linalg.norm(delta) - float(self.colliders.radii[number]) - hit_radius


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
