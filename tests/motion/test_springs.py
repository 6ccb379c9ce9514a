"""The laws of what swings: it hangs, keeps its lengths, loses energy, stays out of the body, and repeats itself."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import joint_transforms
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.motion.chain_bones import STEPS_PER_SECOND
from bodydouble.motion.load import load_motion
from bodydouble.motion.springs import Swing, swing
from bodydouble.values import Collider, Pose, Spring
from tests.motion.plain_springs import PlainSprings

REST = torch.tensor([[0.0, 1.0, 0.0], [0.1, 0.9, 0.0], [-0.1, 0.9, 0.0]])  # pelvis and hips
LEGS = tuple(Collider(joint=hip, offset=(0.0, 0.0, 0.0), tail=(0.0, -0.4, 0.0), radius=0.08) for hip in (1, 2))
Path = Callable[[Tensor], Tensor]  # times (T,), seconds, to T×3


def still(seconds: Tensor) -> Tensor:
    return torch.zeros(len(seconds), 3)


def body_of(count: int, rate: float, turn: Path = still, travel: Path = still, legs: Path = still) -> Tensor:
    """A pelvis that turns (axis-angle) and travels (metres), and legs that turn in it, each against the other."""
    seconds = torch.arange(count, dtype=torch.float64) / rate
    rest = REST.double()
    pelvis = matrix_from_axis_angle(turn(seconds).double())
    angle = legs(seconds).double()
    body = torch.eye(4, dtype=torch.float64).repeat(count, 3, 1, 1)
    for joint, rotation in enumerate((torch.zeros_like(angle), angle, -angle)):
        body[:, joint, :3, :3] = pelvis @ matrix_from_axis_angle(rotation)
        body[:, joint, :3, 3] = rest[0] + travel(seconds) + (pelvis @ (rest[joint] - rest[0])[:, None])[..., 0]
    return body


def chain(*directions: tuple[float, float, float], start: tuple[float, float, float] = (0.0, 0.9, 0.15)) -> Tensor:
    """Joints a tenth of a metre apart, in these directions."""
    steps = torch.tensor([start, *directions])
    steps[1:] = 0.1 * torch.nn.functional.normalize(steps[1:], dim=-1)
    return steps.cumsum(0)


def ring(count: int, length: int = 3) -> tuple[list[int], Tensor]:
    """Parents and positions of a skirt's chains around the pelvis."""
    parents, positions = [], []
    for number in range(count):
        turn = 2 * math.pi * number / count
        for row in range(length):
            parents.append(0 if row == 0 else len(parents) + 2)
            radius = 0.19 + 0.03 * row
            positions.append([radius * math.cos(turn), 0.95 - 0.15 * row, radius * math.sin(turn)])
    return parents, torch.tensor(positions)


def hang(body: Tensor, positions: Tensor, spring: Spring, rate: float = 60) -> Swing:
    """One chain on the pelvis."""
    return swing(body, rate, REST, [0, *range(3, 2 + len(positions))], positions, [spring])


def skirt_springs(count: int, **parameters: float) -> list[Spring]:
    """Springs for chains of three joints each."""
    return [Spring(joints=(3 * number, 3 * number + 1, 3 * number + 2), **parameters) for number in range(count)]


def spring_of(count: int, **parameters: float) -> Spring:
    return Spring(joints=tuple(range(count)), **parameters)


def swaying(seconds: Tensor) -> Tensor:
    return torch.stack([0.5 * (5 * seconds).sin(), 0.8 * (3 * seconds).sin(), 0.3 * (7 * seconds).cos() - 0.3], -1)


def walking(seconds: Tensor) -> Tensor:
    return torch.stack([0.7 * (6 * seconds).sin(), 0 * seconds, 0.2 * (4 * seconds).sin()], -1)


def travelling(seconds: Tensor) -> Tensor:
    return torch.stack([0.2 * (4 * seconds).sin(), 0.05 * (9 * seconds).cos(), 0.5 * seconds], -1)


def test_a_hanging_chain_stays() -> None:
    positions = chain((0, -1, 0), (0, -1, 0), (0, -1, 0))
    hung = hang(body_of(60, 30), positions, spring_of(4, gravity=0.5, stiffness=0.3), rate=30)
    assert torch.allclose(hung.transforms[:, :, :3, 3], positions.double().expand(60, -1, -1), atol=1e-9)
    assert hung.rotations.abs().max() < 1e-9


def test_a_level_chain_hangs_down_before_the_first_frame() -> None:
    positions = chain((1, 0, 0), (1, 0, 0))
    fallen = hang(body_of(2, 30), positions, spring_of(3, gravity=0.2, stiffness=0.0, drag=0.1), rate=30)
    expected = chain((0, -1, 0), (0, -1, 0))
    assert torch.allclose(fallen.transforms[0, :, :3, 3], expected.double(), atol=1e-5)


def test_stiffness_and_gravity_find_their_balance() -> None:
    """A bone comes to rest along the sum of both pulls."""
    fallen = hang(body_of(1, 30), chain((1, 0, 0)), spring_of(2, gravity=0.3, stiffness=0.4, drag=0.3))
    bone = fallen.transforms[0, 1, :3, 3] - fallen.transforms[0, 0, :3, 3]
    assert torch.allclose(bone, torch.tensor([0.08, -0.06, 0.0], dtype=torch.float64), atol=1e-6)
    assert torch.allclose(fallen.rotations[0, 0], torch.tensor([0, 0, -math.atan2(0.3, 0.4)]).double(), atol=1e-5)


def test_it_swings_and_comes_to_rest() -> None:
    """The body turns by a quarter at once and stands: the chain swings past its place, and is there at the end."""
    positions = chain((0, -1, 0), (0, -1, 0))

    def turned(seconds: Tensor) -> Tensor:
        return torch.tensor([0.0, 0.0, math.pi / 2]) * (seconds[:, None] > 0)

    moved = hang(body_of(400, 60, turn=turned), positions, spring_of(3, gravity=0.5, stiffness=0.0, drag=0.05))
    bones = moved.transforms[:, 2, :3, 3] - moved.transforms[:, 0, :3, 3]
    assert bones[1:60, 0].min() < -0.02 and bones[1:60, 0].max() > 0.02
    assert (bones[-60:] - torch.tensor([0.0, -0.2, 0.0])).norm(dim=1).max() < 1e-3


@pytest.mark.parametrize("drag", [0.0, 0.02, 0.5])
def test_energy_does_not_grow(drag: float) -> None:
    """Half the square of the speed, less what gravity and stiffness have done, from step to step."""

    def turned(seconds: Tensor) -> Tensor:
        return torch.tensor([0.3, 0.2, 1.4]) * (seconds[:, None] > 0)

    spring = spring_of(2, gravity=0.05, stiffness=0.02, drag=drag)
    body = body_of(900, 60, turn=turned)
    places = hang(body, chain((0, -1, 0), start=(0.0, 1.0, 0.0)), spring).transforms[1:, :, :3, 3]
    tails = places[:, 1]
    pointing = body[1, 0, :3, :3] @ torch.tensor([0.0, -1.0, 0.0], dtype=torch.float64)
    force = STEPS_PER_SECOND * (spring.stiffness * pointing + torch.tensor([0.0, -spring.gravity, 0.0]))
    lowest = places[0, 0] + 0.1 * force / force.norm()
    speed = tails.diff(dim=0).norm(dim=1) * STEPS_PER_SECOND
    energy = speed**2 / 2 + (lowest - (tails[1:] + tails[:-1]) / 2) @ force
    assert energy[0] > 0.02 and speed.max() > 0.03
    assert energy.diff().max() < 1e-5 * energy[0]
    assert energy[-1] < 0.01 * energy[0]


def test_lengths_and_roots_stay() -> None:
    parents, positions = ring(8)
    springs = skirt_springs(8, gravity=0.3, hit_radius=0.02)
    body = body_of(90, 24, swaying, travelling, walking)
    moved = swing(body, 24, REST, parents, positions, springs, LEGS)
    places = moved.transforms[:, :, :3, 3].view(90, 8, 3, 3)
    rest = positions.double().view(8, 3, 3)
    assert torch.allclose(places.diff(dim=2).norm(dim=-1), rest.diff(dim=1).norm(dim=-1).expand(90, -1, -1), atol=1e-9)
    roots = body[:, :1, :3, 3] + (rest[:, 0] - REST[0]) @ body[:, 0, :3, :3].mT
    assert torch.allclose(places[:, :, 0], roots, atol=1e-9)


def test_transforms_are_the_rotations_carried_out() -> None:
    """What goes into a pose or an animation puts the joints where `transforms` says."""
    parents, positions = ring(2, 4)
    springs = [Spring(joints=(0, 1, 2, 3), gravity=0.3), Spring(joints=(5, 6), gravity=0.1)]  # 4 and 7 are rigid
    body = body_of(50, 30, swaying, travelling)
    moved = swing(body, 30, REST, parents, positions, springs)
    assert (moved.rotations[:, [3, 4, 6, 7]] == 0).all() and (moved.rotations[1:, [0, 1, 2, 5]].norm(dim=-1) > 0).all()
    world, rest = list(body.unbind(1)), torch.cat([REST, positions]).double()
    for row, parent in enumerate(parents):
        local = torch.eye(4, dtype=torch.float64).repeat(50, 1, 1)
        local[:, :3, :3] = matrix_from_axis_angle(moved.rotations[:, row])
        local[:, :3, 3] = rest[3 + row] - rest[parent]
        world.append(world[parent] @ local)
    assert torch.allclose(torch.stack(world[3:], 1), moved.transforms, atol=1e-9)


def twins(springs: Sequence[Spring], colliders: Sequence[Collider]) -> tuple[Tensor, Tensor]:
    """Where chains come by `swing` and by the plain twin; joints 12 to 14 hang on the middle of the first chain."""
    parents, positions = ring(4, 3)
    parents += [3 + 1, 3 + 12, 3 + 13]
    positions = torch.cat([positions, chain((1, -1, 0), (0, -1, 1), start=tuple(positions[1].tolist()))])
    positions[12] += 0.02
    body = body_of(120, 60, swaying, travelling, walking)
    rest = torch.cat([REST, positions]).double().numpy()
    moved = swing(body, 60, REST, parents, positions, springs, colliders)
    return moved.transforms, torch.from_numpy(PlainSprings(rest, 3, parents, springs, colliders).run(body.numpy()))


SPRINGS = (
    Spring(joints=(0, 1, 2), gravity=0.3, stiffness=0.2, drag=0.2, hit_radius=0.02),
    Spring(joints=(3, 4, 5), gravity=0.1, drag=0.4, center=0),
    Spring(joints=(6, 7), gravity=0.4, stiffness=0.0, drag=0.1, hit_radius=0.01, center=2),
    Spring(joints=(12, 13, 14), gravity=0.2, stiffness=0.5, drag=0.3),
)


def test_the_plain_twin_agrees() -> None:
    moved, plain = twins(SPRINGS, ())
    assert (moved - plain).abs().max() < 1e-9


def test_the_plain_twin_agrees_about_balls() -> None:
    ball = Collider(joint=0, offset=(0.0, -0.15, 0.2), radius=0.06)
    moved, plain = twins(SPRINGS, [ball])
    assert (moved - plain).abs().max() < 1e-5
    free, _ = twins(SPRINGS, ())
    assert (free - moved).abs().max() > 0.05  # it mattered


def test_the_plain_twin_agrees_about_legs() -> None:
    """Within millimetres: the published pushes slide along a capsule a little."""
    moved, plain = twins(SPRINGS, LEGS)
    assert (moved - plain)[..., :3, 3].norm(dim=-1).max() < 0.002
    free, _ = twins(SPRINGS, ())
    assert (free - moved)[..., :3, 3].norm(dim=-1).max() > 0.05


def test_the_same_motion_the_same_bits_whatever_swings_beside() -> None:
    parents, positions = ring(6)
    springs = skirt_springs(6, gravity=0.3, hit_radius=0.02)
    body = body_of(60, 24, swaying, travelling, walking)
    first, second = [swing(body, 24, REST, parents, positions, springs, LEGS) for _ in range(2)]
    assert torch.equal(first.transforms, second.transforms) and torch.equal(first.rotations, second.rotations)
    for number in range(6):
        alone = swing(body, 24, REST, parents, positions, [springs[number]], LEGS)
        rows = list(springs[number].joints)
        assert torch.equal(alone.transforms[:, rows], first.transforms[:, rows])


def test_the_frame_rate_hardly_changes_the_path() -> None:
    """At times that 24, 30 and 60 frames a second share; the tips travel half a metre."""
    parents, positions = ring(6)
    springs = skirt_springs(6, gravity=0.3, hit_radius=0.02)
    paths = {}
    for rate in (24, 30, 60):
        body = body_of(4 * rate + 1, rate, swaying, travelling, walking)
        places = swing(body, rate, REST, parents, positions, springs, LEGS).transforms[:: rate // 6, 2::3, :3, 3]
        paths[rate] = places - body[:: rate // 6, :1, :3, 3]
    assert (paths[60].amax(0) - paths[60].amin(0)).norm(dim=-1).min() > 0.5
    assert (paths[30] - paths[60]).norm(dim=-1).max() < 0.004
    assert (paths[24] - paths[60]).norm(dim=-1).max() < 0.006


def test_a_centre_takes_its_own_movement_out() -> None:
    """A chain whose centre is the pelvis hangs in it as it goes along, and one without trails behind."""
    positions = chain((0, -1, 0), (0, -1, 0))

    def going(seconds: Tensor) -> Tensor:
        return torch.tensor([0.0, 0.0, 1.4]) * seconds[:, None]

    body = body_of(60, 30, travel=going)
    trails, hangs = (
        hang(body, positions, spring_of(3, gravity=0.3, center=center), rate=30).rotations.abs().max()
        for center in (None, 0)
    )
    assert hangs < 1e-6 and trails > 0.1


def test_nothing_enters_a_collider_in_a_thousand_random_motions() -> None:
    """Chains that are thrown about a capsule and a ball that move, too: tails touch them and do not enter."""
    generator = torch.Generator().manual_seed(7)
    count, frames = 1000, 25
    joints = count + 2

    def random_path(size: float) -> Tensor:
        seconds = torch.linspace(0, 1, frames)[:, None, None]
        frequency, phase = torch.rand(2, joints, 3, generator=generator) * torch.tensor([12.0, 6.3])[:, None, None]
        return size * torch.sin(frequency * seconds + phase)

    body = torch.eye(4).repeat(frames, joints, 1, 1)
    body[..., :3, :3] = matrix_from_axis_angle(random_path(2.0))
    body[..., :3, 3] = random_path(0.4)
    body[:, -2:, :3, 3] *= 0.3
    colliders = [
        Collider(joint=count, offset=(0.0, 0.2, 0.0), tail=(0.0, -0.2, 0.0), radius=0.1),
        Collider(joint=count + 1, offset=(0.05, 0.0, 0.0), radius=0.15),
    ]
    for _ in range(20):  # chains hang outside: where a root lies in a collider, no chain could stay out of it
        for collider in colliders:
            gap, away = depth_of(body, body[:, :count, :3, 3], collider)
            body[:, :count, :3, 3] += (0.03 - gap).clamp_min(0)[..., None] * away
    rest = torch.zeros(joints, 3)
    parents = [parent for row in range(count) for parent in (row, joints + 3 * row, joints + 3 * row + 1)]
    positions = torch.nn.functional.normalize(torch.randn(3 * count, 3, generator=generator), dim=-1) * 0.12
    positions = positions.view(count, 3, 3)
    positions[:, 0] = 0
    positions = positions.cumsum(1).view(-1, 3)
    springs = skirt_springs(count, gravity=0.2, drag=0.2, hit_radius=0.03)
    moved = swing(body, 24, rest, parents, positions, springs, colliders).transforms[:, :, :3, 3]
    tails = moved.view(frames, count, 3, 3)[:, :, 1:].flatten(1, 2)
    gaps = torch.stack([depth_of(body, tails, collider)[0] for collider in colliders])
    assert (gaps < 0.031).any(2).any(0).all()  # in every frame some touch
    assert gaps.min() > 0  # balls of 3 cm are never pressed in by more than their radius,
    assert (gaps < 0.029).float().mean() < 1e-4  # and hardly ever at all: where both colliders leave no room


def depth_of(body: Tensor, points: Tensor, collider: Collider) -> tuple[Tensor, Tensor]:
    """(T, N) metres from the collider's surface to points T×N×3, and the directions away from its axis."""
    matrix = body[:, collider.joint]
    start, end = (
        (matrix[:, :3, :3] @ torch.tensor(offset).to(matrix) + matrix[:, :3, 3])[:, None]
        for offset in (collider.offset, collider.tail or collider.offset)
    )
    axis = end - start
    part = (((points - start) * axis).sum(-1) / (axis * axis).sum(-1).clamp_min(1e-9)).clamp(0, 1)
    away = points - start - part[..., None] * axis
    return away.norm(dim=-1) - collider.radius, torch.nn.functional.normalize(away, dim=-1)


def test_a_skirt_on_a_walking_body_gives_way_to_the_thighs(anny: AnnyBody) -> None:
    rest = anny.rest(anny.mean_shape())
    motion = load_motion("walk", anny, rest)
    expression = torch.zeros(len(motion), len(anny.expression_names))
    pose = Pose(
        joints=motion.joints,
        root_rotation=motion.root_rotation,
        root_translation=motion.root_translation,
        expression=expression,
    )
    body = torch.eye(4).repeat(len(motion), len(rest.joints), 1, 1)
    body[..., :3, :3], body[..., :3, 3] = joint_transforms(rest, pose)
    hips, knees = ([anny.roles[f"{side}_{joint}"] for side in ("left", "right")] for joint in ("hip", "knee"))
    colliders = [
        Collider(joint=hip, offset=(0, 0, 0), tail=tuple((rest.joints[knee] - rest.joints[hip]).tolist()), radius=0.08)
        for hip, knee in zip(hips, knees, strict=True)
    ]
    parents, positions = ring(24)
    pelvis = anny.roles["pelvis"]
    parents = [pelvis if row % 3 == 0 else len(rest.joints) + row - 1 for row in range(72)]
    positions = positions + rest.joints[hips].mean(0) - torch.tensor([0.0, 0.9, 0.0])
    springs = skirt_springs(24, gravity=0.3, stiffness=0.2, hit_radius=0.02)
    moved = swing(body, motion.frames_per_second, rest.joints, parents, positions, springs, colliders)
    free = swing(body, motion.frames_per_second, rest.joints, parents, positions, springs)
    gaps, free_gaps = (
        torch.stack([depth_of(body, swung.transforms[:, :, :3, 3], collider)[0] for collider in colliders]).min()
        for swung in (moved, free)
    )
    assert free_gaps < -0.02 and gaps > 0.01
    assert moved.transforms.dtype == torch.float32


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"parents": [0, 3]}, "2 chain joints have parents, but 3 have positions"),
        ({"parents": [0, 3, 5]}, "chain joint 2 hangs on joint 5"),
        ({"parents": [-1, 3, 4]}, "chain joint 0 hangs on joint -1"),
        ({"parents": [0, 3, 3]}, "no bone from joint 1 to 2"),
        ({"positions": torch.zeros(3, 3)}, "no bone from joint 0 to 1"),
        ({"joints": (0,)}, "two or more chain joints"),
        ({"joints": (0, 1, 2, 3)}, "two or more chain joints"),
        ({"drag": 1.5}, "a drag above 1"),
        ({"stiffness": -1.0}, "below 0"),
        ({"gravity": math.nan}, "below 0"),
        ({"center": 3}, "joint 3 as its centre"),
        ({"collider": Collider(joint=3, offset=(0, 0, 0), radius=1)}, "a collider on joint 3"),
        ({"collider": Collider(joint=0, offset=(0, 0, 0), radius=0)}, "radius 0 m"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict, sentence: str) -> None:
    parents = changes.pop("parents", [0, 3, 4])
    positions = changes.pop("positions", chain((0, -1, 0), (0, -1, 0)))
    colliders = [changes.pop("collider")] if "collider" in changes else []
    with pytest.raises(InputError, match=re.escape(sentence)):
        swing(body_of(2, 30), 30, REST, parents, positions, [replace(spring_of(3), **changes)], colliders)


def test_a_joint_swings_in_one_spring_alone() -> None:
    springs = [Spring(joints=(0, 1)), Spring(joints=(1, 2))]
    with pytest.raises(InputError, match="no other spring has"):
        swing(body_of(2, 30), 30, REST, [0, 3, 4], chain((0, -1, 0), (0, -1, 0)), springs)


def test_a_body_without_chains_has_none() -> None:
    moved = swing(body_of(5, 30), 30, REST, [], torch.zeros(0, 3), [])
    assert moved.transforms.shape == (5, 0, 4, 4) and moved.rotations.shape == (5, 0, 3)
