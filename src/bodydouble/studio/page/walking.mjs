// W, A, S and D walk the double over the ground, away from the camera, to its sides and towards it.
import * as THREE from "three";
import { el } from "./dom.mjs";

const KEYS = { KeyW: [0, -1], KeyA: [-1, 0], KeyS: [0, 1], KeyD: [1, 0] }; // by the key's place, not its letter
const PAD = [["KeyW", "↑", "Walk away"], ["KeyA", "←", "Walk to the left"], ["KeyS", "↓", "Walk here"], ["KeyD", "→", "Walk to the right"]];
const TURN = 8; // 1/s, how quickly it faces where it goes
const SAMPLES = 24; // moments of a walk at which its pace is measured
const UP = new THREE.Vector3(0, 1, 0);

export class Walking {
  // `start` and `stop` let it walk on the spot and stand.
  constructor(viewer, avatar, { start, stop }) {
    Object.assign(this, { viewer, avatar, start, stop });
    this.pressed = new Set();
    this.pace = 0; // m/s; 0 until its walk is known
    viewer.canvas.addEventListener("keydown", (event) => this.press(event.code, event));
    viewer.canvas.addEventListener("keyup", (event) => this.release(event.code));
    viewer.canvas.addEventListener("blur", () => this.releaseAll());
    viewer.steps.add((seconds) => this.step(seconds));
  }

  press(code, event) {
    if (!(code in KEYS) || event?.ctrlKey || event?.metaKey || event?.altKey) return;
    event?.preventDefault();
    const first = !this.pressed.size;
    this.pressed.add(code);
    if (first) this.start();
  }

  release(code) {
    if (this.pressed.delete(code) && !this.pressed.size) this.stop();
  }

  releaseAll() {
    for (const code of [...this.pressed]) this.release(code);
  }

  step(seconds) {
    if (!this.pressed.size || !this.pace) return;
    const way = new THREE.Vector3();
    for (const code of this.pressed) way.add(new THREE.Vector3(KEYS[code][0], 0, KEYS[code][1]));
    if (!way.lengthSq()) return;
    const { camera, controls } = this.viewer;
    const view = camera.position.clone().sub(controls.target);
    way.normalize().applyAxisAngle(UP, Math.atan2(view.x, view.z));
    const root = this.avatar.root;
    const facing = new THREE.Quaternion().setFromAxisAngle(UP, Math.atan2(way.x, way.z));
    root.quaternion.slerp(facing, 1 - Math.exp(-TURN * seconds));
    const move = way.multiplyScalar(this.pace * seconds);
    root.position.add(move);
    this.viewer.follow(move);
  }
}

// The same by four buttons, for fingers; they walk it as long as they are held.
export function walkPad(walking) {
  const buttons = PAD.map(([code, sign, label]) => {
    const button = el("button", { class: `go ${code}`, type: "button", "aria-label": label }, sign);
    const release = () => walking.release(code);
    button.addEventListener("pointerdown", (event) => { button.setPointerCapture(event.pointerId); walking.press(code, event); });
    for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, release);
    return button;
  });
  return el("div", { class: "pad", role: "group", "aria-label": "Walk" }, buttons);
}

// The pace of a walk on the spot: how fast the foot that carries goes backwards, in metres a second.
export function measurePace(avatar, clip) {
  const { humanoid } = avatar.vrm;
  const kept = humanoid.getNormalizedPose();
  const mixer = new THREE.AnimationMixer(avatar.vrm.scene);
  mixer.clipAction(clip).play();
  const foot = avatar.bone("leftFoot");
  const places = Array.from({ length: SAMPLES + 1 }, (_, index) => {
    mixer.setTime((clip.duration * index) / SAMPLES / 4); // a stride of the four that it has
    return avatar.root.worldToLocal(foot.getWorldPosition(new THREE.Vector3()));
  });
  mixer.stopAllAction();
  mixer.uncacheRoot(avatar.vrm.scene);
  humanoid.setNormalizedPose(kept);
  const step = clip.duration / SAMPLES / 4;
  const back = places.slice(1).map((place, index) => (places[index].z - place.z) / step).filter((speed) => speed > 0);
  return back.sort((a, b) => a - b)[Math.floor(back.length / 2)] ?? 0;
}
