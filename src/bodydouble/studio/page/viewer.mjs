// A double in 3-D: turned with the pointer or the arrow keys, moving with one motion at a time.
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

export const FADE_S = 0.4;
const STEP = Math.PI / 12; // of an arrow key
const FIELD = 28; // degrees, vertical

export class Viewer {
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.scene = new THREE.Scene();
    // The photo's light is in the colours already, so that what is added is even, with a hint of form.
    this.scene.add(new THREE.HemisphereLight(0xffffff, 0xe4e0dc, 3));
    const key = new THREE.DirectionalLight(0xffffff, 0.5);
    key.position.set(1, 2, 3);
    this.scene.add(key, ground());
    this.camera = new THREE.PerspectiveCamera(FIELD, 1, 0.05, 50);
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enablePan: false, enableDamping: true, dampingFactor: 0.08, maxPolarAngle: 1.75, minPolarAngle: 0.4 });
    this.timer = new THREE.Timer();
    this.clips = new Map();
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(canvas.parentElement);
    canvas.addEventListener("keydown", (event) => this.turn(event));
  }

  // Show a model; its own clip is the motion of that name.
  async load(bytes, name) {
    const { scene, animations } = await new GLTFLoader().parseAsync(bytes, "");
    this.model = scene;
    for (const mesh of meshes(scene)) mesh.frustumCulled = false; // their bounds are those of the pose at rest
    this.scene.add(scene);
    this.mixer = new THREE.AnimationMixer(scene);
    this.clips.set(name, animations[0]);
    this.resize();
    this.renderer.setAnimationLoop((now) => this.draw(now));
  }

  // The motion of another file of the same double.
  async addMotion(bytes, name) {
    const { animations } = await new GLTFLoader().parseAsync(bytes, "");
    this.clips.set(name, animations[0]);
  }

  // The colours of another file of the same double, to be shown in place of its own. Its meshes have the same order.
  async addColours(bytes) {
    const { scene } = await new GLTFLoader().parseAsync(bytes, "");
    this.otherMaps = meshes(scene).map((mesh) => mesh.material.map);
  }

  // Show those, or the double's own.
  swapColours() {
    meshes(this.model).forEach((mesh, index) => {
      [mesh.material.map, this.otherMaps[index]] = [this.otherMaps[index], mesh.material.map];
    });
  }

  forgetMotion(name) {
    this.clips.delete(name);
  }

  has(name) {
    return this.clips.has(name);
  }

  play(name) {
    const action = this.mixer.clipAction(this.clips.get(name));
    if (action === this.action) return;
    action.reset().play();
    if (this.action) action.crossFadeFrom(this.action, FADE_S, false);
    this.action = action;
  }

  pause(paused) {
    this.mixer.timeScale = paused ? 0 : 1;
  }

  // Show or hide the surface of that name.
  setVisible(name, visible) {
    const node = this.model.getObjectByName(THREE.PropertyBinding.sanitizeNodeName(name));
    if (node) node.visible = visible;
  }

  // Names of the blendshapes.
  faces() {
    const names = new Set();
    this.model.traverse((node) => Object.keys(node.morphTargetDictionary ?? {}).forEach((name) => names.add(name)));
    return [...names];
  }

  // Blend one in, from 0 to 1, on all surfaces that have it.
  setFace(name, value) {
    this.model.traverse((node) => {
      const index = node.morphTargetDictionary?.[name];
      if (index !== undefined) node.morphTargetInfluences[index] = value;
    });
  }

  // Look at the face, or at all.
  lookAtFace(near) {
    this.frame();
    if (!near) return;
    const box = new THREE.Box3().setFromObject(this.model, true);
    const head = box.max.y - 0.07 * (box.max.y - box.min.y);
    const offset = this.camera.position.clone().sub(this.controls.target).multiplyScalar(0.24);
    this.controls.target.y = head;
    this.camera.position.copy(this.controls.target).add(offset);
  }

  // Look from the front, so far away that the standing model fills the picture.
  frame() {
    this.model.updateMatrixWorld(true);
    const box = new THREE.Box3().setFromObject(this.model, true);
    const size = box.getSize(new THREE.Vector3());
    const half = Math.tan(THREE.MathUtils.degToRad(FIELD / 2));
    const reach = Math.max(size.x, size.z, 0.7) * 1.15;
    const distance = Math.max((size.y * 1.12) / 2 / half, reach / 2 / half / this.camera.aspect) + size.z / 2;
    const middle = box.getCenter(new THREE.Vector3());
    this.controls.target.set(0, middle.y, 0);
    this.camera.position.set(distance * Math.sin(0.3), middle.y + 0.12 * distance, distance * Math.cos(0.3));
    Object.assign(this.controls, { minDistance: 0.25 * distance, maxDistance: 2 * distance });
    this.controls.update();
  }

  turn(event) {
    const sides = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP / 2], ArrowDown: [0, STEP / 2] }[event.key];
    if (!sides) return;
    event.preventDefault();
    const offset = this.camera.position.clone().sub(this.controls.target);
    const place = new THREE.Spherical().setFromVector3(offset);
    place.theta += sides[0];
    place.phi = THREE.MathUtils.clamp(place.phi + sides[1], this.controls.minPolarAngle, this.controls.maxPolarAngle);
    this.camera.position.copy(this.controls.target).add(offset.setFromSpherical(place));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    if (!width || !height) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    if (this.model) this.frame();
  }

  draw(now) {
    this.timer.update(now);
    this.mixer.update(Math.min(this.timer.getDelta(), 0.1));
    this.controls.update();
    this.renderer.render(this.scene, this.camera);
    this.frames = (this.frames ?? 0) + 1;
  }

  close() {
    this.renderer.setAnimationLoop(null);
    this.resizing.disconnect();
    this.controls.dispose();
    for (const map of this.otherMaps ?? []) map?.dispose();
    this.scene.traverse((node) => {
      node.geometry?.dispose();
      for (const material of [node.material ?? []].flat()) { material.map?.dispose(); material.dispose(); }
    });
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

function meshes(scene) {
  const found = [];
  scene.traverse((node) => node.isMesh && found.push(node));
  return found;
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
