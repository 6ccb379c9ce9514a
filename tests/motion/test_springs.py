"""The laws of what swings: it hangs, keeps its lengths, loses energy, stays out of the body, and repeats itself."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import joint_transforms
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.motion.chain_bones import STEPS_PER_SECOND
from bodydouble.motion.chains import move_chains, settle_chains
from bodydouble.motion.load import load_motion
from bodydouble.motion.springs import swing
from bodydouble.values import Chains, Colliders, Pose
from tests.attached import tube_skirt
from tests.motion.plain_springs import PlainSprings

REST = torch.tensor([[0.0, 1.0, 0.0], [0.1, 0.9, 0.0], [-0.1, 0.9, 0.0]])  # pelvis and hips
LEGS = Colliders(
    joints=torch.tensor([1, 2]),
    heads=torch.zeros(2, 3),
    tails=torch.tensor([0.0, -0.4, 0.0]).expand(2, 3),
    radii=torch.full((2,), 0.08),
)
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


def chains_of(parents: Sequence[int], positions: Tensor, **parameters: float) -> Chains:
    """Chain joints of equal parameters; those not given are the defaults of `VRMC_springBone`."""
    columns = {"stiffness": 1.0, "gravity": 0.0, "drag": 0.5, "radius": 0.0} | parameters
    return Chains(
        names=tuple(f"joint {row}" for row in range(len(parents))),
        parents=torch.tensor(parents),
        positions=positions,
        **{name: torch.full((len(parents),), value) for name, value in columns.items()},
    )


def ring(count: int, **parameters: float) -> Chains:
    """A skirt of chains of three joints around the pelvis."""
    turn = 2 * math.pi * torch.arange(count)[:, None] / count
    down = torch.arange(3.0).expand(count, 3)
    radius = 0.19 + 0.03 * down
    positions = torch.stack([radius * turn.cos(), 0.95 - 0.15 * down, radius * turn.sin()], -1).view(-1, 3)
    return chains_of([0 if row % 3 == 0 else row + 2 for row in range(3 * count)], positions, **parameters)


def hang(body: Tensor, positions: Tensor, rate: float = 60, **parameters: float) -> tuple[Tensor, Tensor]:
    """One chain on the pelvis."""
    chains = chains_of([0, *range(3, 2 + len(positions))], positions, **parameters)
    return move(chains, None, body, rate)


def move(chains: Chains, colliders: Colliders | None, body: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    return swing(chains, colliders, REST, body[..., :3, :3], body[..., :3, 3], rate)


def swaying(seconds: Tensor) -> Tensor:
    return torch.stack([0.5 * (5 * seconds).sin(), 0.8 * (3 * seconds).sin(), 0.3 * (7 * seconds).cos() - 0.3], -1)


def walking(seconds: Tensor) -> Tensor:
    return torch.stack([0.7 * (6 * seconds).sin(), 0 * seconds, 0.2 * (4 * seconds).sin()], -1)


def travelling(seconds: Tensor) -> Tensor:
    return torch.stack([0.2 * (4 * seconds).sin(), 0.05 * (9 * seconds).cos(), 0.5 * seconds], -1)


def test_a_hanging_chain_stays() -> None:
    positions = chain((0, -1, 0), (0, -1, 0), (0, -1, 0))
    rotations, places = hang(body_of(60, 30), positions, 30, gravity=0.5, stiffness=0.3)
    assert torch.allclose(places, positions.double().expand(60, -1, -1), atol=1e-9)
    assert torch.allclose(rotations, torch.eye(3, dtype=torch.float64).expand_as(rotations), atol=1e-9)


def test_a_level_chain_hangs_down_before_the_first_frame() -> None:
    _, places = hang(body_of(2, 30), chain((1, 0, 0), (1, 0, 0)), 30, gravity=0.2, stiffness=0.0, drag=0.1)
    assert torch.allclose(places[0], chain((0, -1, 0), (0, -1, 0)).double(), atol=1e-5)


def test_stiffness_and_gravity_find_their_balance() -> None:
    """A bone comes to rest along the sum of both pulls, in a pose that is held."""
    rotations, places = hang(body_of(1, 30), chain((1, 0, 0)), gravity=0.3, stiffness=0.4, drag=0.3)
    bone = torch.tensor([0.08, -0.06, 0.0], dtype=torch.float64)
    assert torch.allclose(places[0, 1] - places[0, 0], bone, atol=1e-6)
    assert torch.allclose(rotations[0, 0] @ torch.tensor([0.1, 0.0, 0.0]).double(), bone, atol=1e-6)
    assert torch.equal(rotations[0, 1], rotations[0, 0])  # the tip turns with the bone


def test_it_swings_and_comes_to_rest() -> None:
    """The body turns by a quarter at once and stands: the chain swings past its place, and is there at the end."""

    def turned(seconds: Tensor) -> Tensor:
        return torch.tensor([0.0, 0.0, math.pi / 2]) * (seconds[:, None] > 0)

    body = body_of(400, 60, turn=turned)
    _, places = hang(body, chain((0, -1, 0), (0, -1, 0)), gravity=0.5, stiffness=0.0, drag=0.05)
    bones = places[:, 2] - places[:, 0]
    assert bones[1:60, 0].min() < -0.02 and bones[1:60, 0].max() > 0.02
    assert (bones[-60:] - torch.tensor([0.0, -0.2, 0.0])).norm(dim=1).max() < 1e-3


@pytest.mark.parametrize("drag", [0.0, 0.02, 0.5])
def test_energy_does_not_grow(drag: float) -> None:
    """Half the square of the speed, less what gravity and stiffness have done, from step to step."""

    def turned(seconds: Tensor) -> Tensor:
        return torch.tensor([0.3, 0.2, 1.4]) * (seconds[:, None] > 0)

    gravity, stiffness, body = 0.05, 0.02, body_of(900, 60, turn=turned)
    start = chain((0, -1, 0), start=(0.0, 1.0, 0.0))
    places = hang(body, start, gravity=gravity, stiffness=stiffness, drag=drag)[1][1:]
    tails = places[:, 1]
    pointing = body[1, 0, :3, :3] @ torch.tensor([0.0, -1.0, 0.0], dtype=torch.float64)
    force = STEPS_PER_SECOND * (stiffness * pointing + torch.tensor([0.0, -gravity, 0.0]))
    lowest = places[0, 0] + 0.1 * force / force.norm()
    speed = tails.diff(dim=0).norm(dim=1) * STEPS_PER_SECOND
    energy = speed**2 / 2 + (lowest - (tails[1:] + tails[:-1]) / 2) @ force
    assert energy[0] > 0.02 and speed.max() > 0.03
    assert energy.diff().max() < 1e-5 * energy[0]
    assert energy[-1] < 0.01 * energy[0]


def test_lengths_and_roots_stay() -> None:
    chains, body = ring(8, gravity=0.3, radius=0.02), body_of(90, 24, swaying, travelling, walking)
    places = move(chains, LEGS, body, 24)[1].view(90, 8, 3, 3)
    rest = chains.positions.double().view(8, 3, 3)
    assert torch.allclose(places.diff(dim=2).norm(dim=-1), rest.diff(dim=1).norm(dim=-1).expand(90, -1, -1), atol=1e-9)
    roots = body[:, :1, :3, 3] + (rest[:, 0] - REST[0]) @ body[:, 0, :3, :3].mT
    assert torch.allclose(places[:, :, 0], roots, atol=1e-9)


def branched() -> Chains:
    """Four chains of unlike parameters, and one on the middle of the first, aside from its tail."""
    skirt = ring(4)
    middle = tuple(skirt.positions[1].tolist())
    branch = chain((1, -1, 0), (0, -1, 1), start=middle) + 0.02
    generator = torch.Generator().manual_seed(5)
    columns = {name: torch.rand(15, generator=generator) for name in ("stiffness", "gravity", "drag", "radius")}
    return Chains(
        names=tuple(map(str, range(15))),
        parents=torch.tensor([*skirt.parents.tolist(), 3 + 1, 3 + 12, 3 + 13]),
        positions=torch.cat([skirt.positions, branch]),
        stiffness=columns["stiffness"],
        gravity=0.5 * columns["gravity"],
        drag=0.1 + 0.4 * columns["drag"],
        radius=0.02 * columns["radius"],
    )


def twins(colliders: Colliders | None) -> tuple[Tensor, Tensor]:
    """Transforms of chain joints by `swing` and by the plain twin, T×15×3×4."""
    chains, body = branched(), body_of(120, 60, swaying, travelling, walking)
    rotations, places = move(chains, colliders, body, 60)
    plain = PlainSprings(chains, colliders, REST.double().numpy()).run(body.numpy())
    return torch.cat([rotations, places[..., None]], -1), torch.from_numpy(plain[..., :3, :])


def test_the_plain_twin_agrees() -> None:
    moved, plain = twins(None)
    assert (moved - plain).abs().max() < 1e-9
    assert moved.diff(dim=0).abs().amax((0, 2, 3)).min() > 1e-3


def test_the_plain_twin_agrees_about_balls() -> None:
    place = torch.tensor([[0.0, -0.15, 0.2]])
    moved, plain = twins(Colliders(joints=torch.tensor([0]), heads=place, tails=place, radii=torch.tensor([0.06])))
    assert (moved - plain).abs().max() < 1e-5
    assert (twins(None)[0] - moved)[..., 3].norm(dim=-1).max() > 0.05  # it mattered


def test_the_plain_twin_agrees_about_legs() -> None:
    """Within millimetres: the published pushes slide along a capsule a little."""
    moved, plain = twins(LEGS)
    assert (moved - plain)[..., 3].norm(dim=-1).max() < 0.003
    assert (twins(None)[0] - moved)[..., 3].norm(dim=-1).max() > 0.05


def test_the_same_motion_the_same_bits_whatever_swings_beside() -> None:
    chains, body = ring(6, gravity=0.3, radius=0.02), body_of(60, 24, swaying, travelling, walking)
    first, second = [move(chains, LEGS, body, 24) for _ in range(2)]
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    for number in range(6):
        rows = slice(3 * number, 3 * number + 3)
        alone = move(chains_of([0, 3, 4], chains.positions[rows], gravity=0.3, radius=0.02), LEGS, body, 24)
        assert torch.equal(alone[0], first[0][:, rows]) and torch.equal(alone[1], first[1][:, rows])


def test_the_frame_rate_hardly_changes_the_path() -> None:
    """At times that 24, 30 and 60 frames a second share; the tips travel half a metre."""
    chains, paths = ring(6, gravity=0.3, radius=0.02), {}
    for rate in (24, 30, 60):
        body = body_of(4 * rate + 1, rate, swaying, travelling, walking)
        paths[rate] = (move(chains, LEGS, body, rate)[1][:, 2::3] - body[:, :1, :3, 3])[:: rate // 6]
    assert (paths[60].amax(0) - paths[60].amin(0)).norm(dim=-1).min() > 0.5
    assert (paths[30] - paths[60]).norm(dim=-1).max() < 0.004
    assert (paths[24] - paths[60]).norm(dim=-1).max() < 0.006


def gaps_of(body: Tensor, points: Tensor, colliders: Colliders) -> tuple[Tensor, Tensor]:
    """(C, T, N) metres from the colliders' surfaces to points T×N×3, and the directions away from their axes."""
    matrix = body[:, colliders.joints].transpose(0, 1).to(points)
    start, end = (
        (matrix[..., :3, :3] @ ends.to(points)[:, None, :, None])[..., 0] + matrix[..., :3, 3]
        for ends in (colliders.heads, colliders.tails)
    )
    axis, from_start = (end - start)[:, :, None], points - start[:, :, None]
    part = ((from_start * axis).sum(-1) / (axis * axis).sum(-1).clamp_min(1e-9)).clamp(0, 1)
    away = from_start - part[..., None] * axis
    return away.norm(dim=-1) - colliders.radii[:, None, None], torch.nn.functional.normalize(away, dim=-1)


def random_paths(joints: int, frames: int, size: float, generator: torch.Generator) -> Tensor:
    """T×joints×3 sines of up to 2 oscillations a second, through one second."""
    seconds = torch.linspace(0, 1, frames)[:, None, None]
    frequency, phase = torch.rand(2, joints, 3, generator=generator) * torch.tensor([12.0, 6.3])[:, None, None]
    return size * torch.sin(frequency * seconds + phase)


@pytest.mark.parametrize("rate", [24, 60])
def test_nothing_enters_a_collider_in_a_thousand_random_motions(rate: int) -> None:
    """A thousand chains are thrown about a capsule and a ball that move, too: tails touch them and do not enter."""
    generator, count, frames = torch.Generator().manual_seed(7), 1000, rate + 1
    body = torch.eye(4).repeat(frames, count + 2, 1, 1)
    body[..., :3, :3] = matrix_from_axis_angle(random_paths(count + 2, frames, 2.0, generator))
    body[..., :3, 3] = random_paths(count + 2, frames, 0.4, generator)
    body[:, -2:, :3, 3] *= 0.3
    colliders = Colliders(
        joints=torch.tensor([count, count + 1]),
        heads=torch.tensor([[0.0, 0.2, 0.0], [0.05, 0.0, 0.0]]),
        tails=torch.tensor([[0.0, -0.2, 0.0], [0.05, 0.0, 0.0]]),
        radii=torch.tensor([0.1, 0.15]),
    )
    for _ in range(40):  # chains hang outside: where a root lies in a collider, no chain could stay out of it
        gaps, away = gaps_of(body, body[:, :count, :3, 3], colliders)
        body[:, :count, :3, 3] += ((0.03 - gaps).clamp_min(0)[..., None] * away).sum(0)
    bones = 0.12 * torch.nn.functional.normalize(torch.randn(count, 3, 3, generator=generator), dim=-1)
    bones[:, 0] = 0
    parents = [parent for row in range(count) for parent in (row, count + 2 + 3 * row, count + 3 + 3 * row)]
    chains = chains_of(parents, bones.cumsum(1).view(-1, 3), gravity=0.2, drag=0.2, radius=0.03)
    _, places = swing(chains, colliders, torch.zeros(count + 2, 3), body[..., :3, :3], body[..., :3, 3], rate)
    tails = places.view(frames, count, 3, 3)[:, :, 1:].flatten(1, 2)
    gaps, _ = gaps_of(body, tails, colliders)
    assert (gaps < 0.031).any(2).all()  # each collider is touched in every frame
    assert gaps.min() > 0  # balls of 3 cm are never pressed in by more than their radius,
    assert (gaps < 0.029).float().mean() < 1e-4  # and hardly ever at all: where both colliders leave no room


def test_a_skirt_on_a_walking_body_gives_way_to_the_thighs(anny: AnnyBody) -> None:
    rest = anny.rest(anny.mean_shape())
    motion = load_motion("walk", anny, rest)
    skirt = tube_skirt(anny, rest)
    strips = ring(24, gravity=0.3, stiffness=0.2, radius=0.02)
    hips = rest.joints[[anny.roles["left_hip"], anny.roles["right_hip"]]].mean(0)
    parents = [anny.roles["pelvis"] if row % 3 == 0 else len(rest.joints) + row - 1 for row in range(72)]
    strips = replace(
        strips, parents=torch.tensor(parents), positions=strips.positions + hips - torch.tensor([0.0, 0.9, 0.0])
    )
    skirt = replace(skirt, chains=strips)
    (moved,), (free,) = (
        move_chains([replace(skirt, colliders=colliders)], rest, motion) for colliders in (skirt.colliders, None)
    )
    assert moved[1].shape == (len(motion), 72, 3) and moved[1].dtype == torch.float32
    zero = torch.zeros(len(motion), len(anny.expression_names))
    pose = Pose(
        joints=motion.joints,
        root_rotation=motion.root_rotation,
        root_translation=motion.root_translation,
        expression=zero,
    )
    body = torch.eye(4).repeat(len(motion), len(rest.joints), 1, 1)
    body[..., :3, :3], body[..., :3, 3] = joint_transforms(rest, pose)
    gaps, free_gaps = (gaps_of(body, swung[1], skirt.colliders)[0].min() for swung in (moved, free))
    assert free_gaps < -0.02 and gaps > 0.019
    ((_, held),) = settle_chains([skirt], rest, motion.pose(0, zero[0]))
    assert torch.allclose(held, moved[1][0], atol=1e-5)  # a motion begins at rest


def test_other_surfaces_have_no_chains_to_move(anny: AnnyBody) -> None:
    rest = anny.rest(anny.mean_shape())
    assert move_chains([], rest, load_motion("idle", anny, rest)) == []


def test_a_bone_on_a_hinge_turns_about_it_alone() -> None:
    chains = chains_of([0, 3], chain((0.0, -1.0, 0.0)))
    hinged = replace(chains, hinges=torch.tensor([1.0, 0.0, 0.0]).expand(2, 3))
    body = body_of(60, 60.0, travel=lambda t: torch.stack([0.3 * torch.sin(6 * t), 0 * t, 0.3 * torch.sin(5 * t)], 1))
    rotations, positions = body[..., :3, :3].float(), body[..., :3, 3].float()
    _, places = swing(hinged, None, REST, rotations, positions, 60.0)
    _, free = swing(chains, None, REST, rotations, positions, 60.0)
    aside = places[:, 1, 0] - places[:, 0, 0]
    assert float(aside.abs().max()) < 1e-6 < 0.02 < float((free[:, 1, 0] - free[:, 0, 0]).abs().max())
    assert float((places[:, 1, 2] - places[:, 0, 2]).abs().max()) > 0.02


@pytest.mark.parametrize("between", [False, True])
def test_partners_carry_what_hangs_between_them(between: bool) -> None:
    partners = torch.tensor([1, 0]) if between else None
    chains = chains_of([0, 3, 4], chain((0.0, -1.0, 0.0), (0.0, -1.0, 0.0), start=(0.0, 0.9, 0.06)))
    hinged = replace(chains, hinges=torch.tensor([-1.0, 0.0, 0.0]).expand(3, 3))
    body = body_of(30, 60.0)
    legs = replace(LEGS, partners=partners)
    _, places = swing(hinged, legs, REST, body[..., :3, :3].float(), body[..., :3, 3].float(), 60.0)
    assert (float(places[-1, 1, 2]) > 0.079) == between, "the legs stand 20 cm apart, and each is 8 cm thick"
