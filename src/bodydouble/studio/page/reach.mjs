// Turning bones so that what hangs on them comes to a place: one bone, or two with an elbow or a knee between.
import * as THREE from "three";

const STRAIGHT = 0.02; // sine of the angle from which a limb has a plane in which it bends
const LONGEST = 0.999; // of a limb's length: it is never quite stretched

// Turn a bone about its origin by a turn of the world's axes.
function turn(bone, rotation) {
  const parent = bone.parent.getWorldQuaternion(new THREE.Quaternion());
  bone.quaternion.premultiply(parent).premultiply(rotation).premultiply(parent.invert());
  bone.updateWorldMatrix(false, true);
}

// Turn a bone so that a point on it comes towards another one, so much of the way.
export function bend(bone, from, to, amount = 1) {
  const origin = bone.getWorldPosition(new THREE.Vector3());
  const [before, after] = [from.clone().sub(origin), to.clone().sub(origin)];
  if (before.lengthSq() < 1e-8 || after.lengthSq() < 1e-8) return;
  const whole = new THREE.Quaternion().setFromUnitVectors(before.normalize(), after.normalize());
  turn(bone, new THREE.Quaternion().slerp(whole, amount));
}

// Bend the middle and turn the upper bone of a limb so that its end, told by `place`, comes to a target.
export function reach(upper, middle, place, target, isLeg) {
  const [a, b, c] = [upper, middle].map((bone) => bone.getWorldPosition(new THREE.Vector3())).concat(place());
  const [first, second] = [a.distanceTo(b), b.distanceTo(c)];
  const wanted = THREE.MathUtils.clamp(a.distanceTo(target), Math.abs(first - second) + 1e-3, LONGEST * (first + second));
  const inner = (opposite) => Math.acos(THREE.MathUtils.clamp((first ** 2 + second ** 2 - opposite ** 2) / (2 * first * second), -1, 1));
  const axis = bendingAxis(middle, b.clone().sub(a), c.clone().sub(b), isLeg);
  turn(middle, new THREE.Quaternion().setFromAxisAngle(axis, inner(a.distanceTo(c)) - inner(wanted)));
  bend(upper, place(), target);
}

// The axis about which a limb bends: that of its present bend, else a knee's or an elbow's.
function bendingAxis(middle, upper, lower, isLeg) {
  const axis = upper.clone().normalize().cross(lower.clone().normalize());
  if (axis.length() > STRAIGHT) return axis.normalize();
  const turned = middle.parent.getWorldQuaternion(new THREE.Quaternion());
  const sideways = new THREE.Vector3(1, 0, 0).applyQuaternion(turned);
  return isLeg ? sideways : upper.clone().cross(new THREE.Vector3(0, 0, 1).applyQuaternion(turned)).normalize();
}
