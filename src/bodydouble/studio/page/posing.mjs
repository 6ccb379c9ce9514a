// Joints to be dragged: a button over each, which the pointer or the arrow keys move.
import * as THREE from "three";
import { el } from "./dom.mjs";
import { bend, reach } from "./reach.mjs";

const KEY_STEP = 0.03; // metres, of an arrow key
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const SIDES = ["left", "right"];
// What is dragged, and the bones that then turn: two are a limb, whose middle bends; none: all moves.
const JOINTS = [
  { bone: "hips", label: "Hips", turns: [] },
  { bone: "upperChest", label: "Chest", turns: ["spine", "chest"] },
  { bone: "head", label: "Head", turns: ["head", "neck"], tip: 0.16 },
  ...SIDES.flatMap((side) => [
    { bone: `${side}LowerArm`, label: `${title(side)} elbow`, turns: [`${side}UpperArm`] },
    { bone: `${side}Hand`, label: `${title(side)} hand`, turns: [`${side}LowerArm`, `${side}UpperArm`], limb: true },
    { bone: `${side}LowerLeg`, label: `${title(side)} knee`, turns: [`${side}UpperLeg`] },
    { bone: `${side}Foot`, label: `${title(side)} foot`, turns: [`${side}LowerLeg`, `${side}UpperLeg`], limb: true },
  ]),
];

function title(word) {
  return word[0].toUpperCase() + word.slice(1);
}

export class Posing {
  // `begin` is called before the first joint moves.
  constructor(viewer, avatar, begin) {
    Object.assign(this, { viewer, avatar, begin });
    this.joints = JOINTS.filter(({ bone }) => avatar.bone(bone));
    this.buttons = this.joints.map((joint) => this.button(joint));
    this.root = el("div", { class: "joints", hidden: true, role: "group", "aria-label": "Joints" }, this.buttons);
    viewer.steps.add(() => this.place());
  }

  get shown() {
    return !this.root.hidden;
  }

  show(shown) {
    this.root.hidden = !shown;
    this.place();
  }

  button(joint) {
    const button = el("button", { class: "joint", type: "button", "aria-label": `${joint.label}: drag, or use the arrow keys`, title: joint.label });
    button.addEventListener("pointerdown", (event) => {
      this.begin();
      button.setPointerCapture(event.pointerId);
      event.preventDefault();
      button.focus();
    });
    button.addEventListener("pointermove", (event) => {
      if (button.hasPointerCapture(event.pointerId)) this.drag(joint, this.under(event, this.placeOf(joint)));
    });
    button.addEventListener("keydown", (event) => {
      const step = KEYS[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.begin();
      this.drag(joint, this.beside(this.placeOf(joint), step));
    });
    return button;
  }

  // The place of a joint in the world; of the head, its top.
  placeOf({ bone, tip = 0 }) {
    return this.avatar.bone(bone).localToWorld(new THREE.Vector3(0, tip, 0));
  }

  // The point under the pointer that is as far from the camera as another one.
  under(event, place) {
    const { left, top, width, height } = this.viewer.canvas.getBoundingClientRect();
    const pointer = new THREE.Vector2(((event.clientX - left) / width) * 2 - 1, 1 - ((event.clientY - top) / height) * 2);
    const ray = new THREE.Raycaster();
    ray.setFromCamera(pointer, this.viewer.camera);
    const facing = this.viewer.camera.getWorldDirection(new THREE.Vector3());
    const plane = new THREE.Plane().setFromNormalAndCoplanarPoint(facing, place);
    return ray.ray.intersectPlane(plane, new THREE.Vector3()) ?? place;
  }

  beside(place, [right, up]) {
    const { camera } = this.viewer;
    const across = new THREE.Vector3(1, 0, 0).applyQuaternion(camera.quaternion).multiplyScalar(right * KEY_STEP);
    return place.clone().add(across).addScaledVector(new THREE.Vector3(0, 1, 0), up * KEY_STEP);
  }

  drag(joint, target) {
    const bones = joint.turns.map((name) => this.avatar.bone(name)).filter(Boolean);
    if (!bones.length) return this.move(this.avatar.bone(joint.bone), target);
    const place = () => this.placeOf(joint);
    if (joint.limb) reach(bones[1], bones[0], place, target, joint.bone.endsWith("Foot"));
    else for (const bone of bones) bend(bone, place(), target, 1 / bones.length);
    this.avatar.root.updateMatrixWorld(true);
  }

  // Hips that move carry everything.
  move(hips, target) {
    hips.position.copy(hips.parent.worldToLocal(target.clone()));
    this.avatar.root.updateMatrixWorld(true);
  }

  // Lay the buttons over their joints.
  place() {
    if (!this.shown) return;
    this.joints.forEach((joint, index) => {
      const { x, y } = this.viewer.onCanvas(this.placeOf(joint));
      this.buttons[index].style.transform = `translate(${x}px, ${y}px)`;
    });
  }
}
