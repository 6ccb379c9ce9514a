// A stage for one avatar: light, ground, a camera that the pointer or the arrow keys turn, and a clock.
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

const STEP = Math.PI / 12; // of an arrow key
const NEARER = { "+": 1 / 1.2, "=": 1 / 1.2, "-": 1.2 }; // of the distance, by a key
const LATE_S = 1 / 45; // between two pictures, on average over so many: then they have fewer pixels
const WATCHED = 45;
const FIELD = 28; // degrees, vertical
const HEAD = 0.24; // of the distance from all to that from the head alone

export class Viewer {
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.paces = []; // seconds between the last pictures
    this.scene = new THREE.Scene();
    // The photo's light is in the colours already; what is lit all the same gets even light with a hint of form.
    this.scene.add(new THREE.HemisphereLight(0xffffff, 0xe4e0dc, 3));
    const key = new THREE.DirectionalLight(0xffffff, 0.5);
    key.position.set(1, 2, 3);
    this.shadow = ground();
    this.scene.add(key, this.shadow);
    this.camera = new THREE.PerspectiveCamera(FIELD, 1, 0.05, 50);
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enablePan: false, enableDamping: true, dampingFactor: 0.08, maxPolarAngle: 1.75, minPolarAngle: 0.4 });
    this.hold(false);
    this.timer = new THREE.Timer();
    this.steps = new Set(); // called with the seconds that passed, in the order in which they came
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(canvas.parentElement);
    canvas.addEventListener("keydown", (event) => this.turn(event));
  }

  show(avatar) {
    this.avatar = avatar;
    this.scene.add(avatar.root);
    this.resize();
    [this.frames, this.opened] = [0, performance.now()];
    this.renderer.setAnimationLoop((now) => this.draw(now));
  }

  // Look from the front, so far away that the model fills the picture; or at the head alone.
  frame(near = false) {
    const box = this.avatar.box();
    const size = box.getSize(new THREE.Vector3());
    const half = Math.tan(THREE.MathUtils.degToRad(FIELD / 2));
    const reach = Math.max(size.x, size.z, 0.7) * 1.15;
    const distance = Math.max((size.y * 1.12) / 2 / half, reach / 2 / half / this.camera.aspect) + size.z / 2;
    const middle = box.getCenter(new THREE.Vector3());
    const place = this.avatar.root.position;
    this.controls.target.set(place.x, near ? box.max.y - 0.07 * size.y : middle.y, place.z);
    const offset = new THREE.Vector3(distance * Math.sin(0.3), 0.12 * distance, distance * Math.cos(0.3));
    if (near) offset.applyQuaternion(this.avatar.root.quaternion);
    this.camera.position.copy(this.controls.target).addScaledVector(offset, near ? HEAD : 1);
    Object.assign(this.controls, { minDistance: 0.2 * distance, maxDistance: 2.5 * distance });
    this.controls.update();
  }

  // Camera and what it looks at move along.
  follow(move) {
    this.camera.position.add(move);
    this.controls.target.add(move);
    this.shadow.position.add(move);
  }

  // While it is held the pointer turns nothing, and a finger does not scroll the page, as it else does up and down.
  hold(held) {
    this.controls.enabled = !held;
    this.canvas.style.touchAction = held ? "none" : "pan-y";
  }

  turn(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey && event.key !== "+") return;
    if (event.key in NEARER) return this.approach(NEARER[event.key], event);
    const sides = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP / 2], ArrowDown: [0, STEP / 2] }[event.key];
    if (!sides) return;
    event.preventDefault();
    const offset = this.camera.position.clone().sub(this.controls.target);
    const place = new THREE.Spherical().setFromVector3(offset);
    place.theta += sides[0];
    place.phi = THREE.MathUtils.clamp(place.phi + sides[1], this.controls.minPolarAngle, this.controls.maxPolarAngle);
    this.camera.position.copy(this.controls.target).add(offset.setFromSpherical(place));
  }

  approach(factor, event) {
    event.preventDefault();
    const { minDistance, maxDistance, target } = this.controls;
    const offset = this.camera.position.clone().sub(target).multiplyScalar(factor).clampLength(minDistance, maxDistance);
    this.camera.position.copy(target).add(offset);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    if (!width || !height) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    if (this.avatar) this.frame(this.near);
  }

  // Draw fewer pixels where pictures come late, down to one for each of CSS.
  ease(seconds) {
    if (this.paces.push(seconds) < WATCHED) return;
    const usual = this.paces.sort((a, b) => a - b)[WATCHED >> 1];
    this.paces = [];
    const ratio = this.renderer.getPixelRatio();
    if (usual > LATE_S && ratio > 1) this.renderer.setPixelRatio(Math.max(1, 0.75 * ratio));
  }

  draw(now) {
    this.timer.update(now);
    const seconds = Math.min(this.timer.getDelta(), 0.1);
    this.ease(seconds);
    for (const step of this.steps) step(seconds);
    this.avatar.update(seconds);
    this.controls.update();
    this.renderer.render(this.scene, this.camera);
    this.frames++;
  }

  // Where a point of the world is on the canvas, in CSS pixels.
  onCanvas(point) {
    const { x, y } = point.clone().project(this.camera);
    return new THREE.Vector2(((x + 1) / 2) * this.canvas.clientWidth, ((1 - y) / 2) * this.canvas.clientHeight);
  }

  close() {
    this.renderer.setAnimationLoop(null);
    this.resizing.disconnect();
    this.controls.dispose();
    this.avatar?.close();
    this.shadow.material.map.dispose();
    this.shadow.material.dispose();
    this.shadow.geometry.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

// A soft shadow under the feet.
function ground() {
  const canvas = new OffscreenCanvas(128, 128);
  const brush = canvas.getContext("2d");
  const fall = brush.createRadialGradient(64, 64, 4, 64, 64, 64);
  fall.addColorStop(0, "rgba(0, 0, 0, .34)");
  fall.addColorStop(1, "rgba(0, 0, 0, 0)");
  brush.fillStyle = fall;
  brush.fillRect(0, 0, 128, 128);
  const material = new THREE.MeshBasicMaterial({ map: new THREE.CanvasTexture(canvas), transparent: true, depthWrite: false });
  const shadow = new THREE.Mesh(new THREE.PlaneGeometry(1.2, 0.9), material);
  shadow.rotation.x = -Math.PI / 2;
  shadow.position.y = 0.001;
  return shadow;
}
