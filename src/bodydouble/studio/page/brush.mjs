// Painting a region on the avatar: a mask for each of its textures, shown over its colours. A ring shows the brush; the
// pointer moves it and paints, or Shift with the arrow keys and the space bar do.
import * as THREE from "three";
import { material } from "./avatar.mjs";
import { el } from "./dom.mjs";
import { UvPass } from "./uv_pass.mjs";

const SIZE = 512; // texels a side of a mask
const DOT = 1 / 220; // of a texture's side: radius of a dot, which closes the gaps between pixels of the screen
const DABS = 8; // steps that are painted between two pictures
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MARK = "rgba(255, 60, 150, 0.55)";

export class Brush {
  // `nameOf` tells the surface of a mesh's name; null where it cannot be painted.
  constructor(viewer, avatar, nameOf) {
    Object.assign(this, { viewer, avatar, nameOf });
    this.radius = 14; // CSS pixels
    this.erases = false;
    this.on = false;
    this.layers = new Map(); // by number of the mesh
    const { canvas } = viewer;
    this.ring = el("div", { class: "ring", hidden: true });
    canvas.parentElement.append(this.ring);
    this.handlers = {
      keydown: (event) => this.on && this.press(event),
      pointerdown: (event) => this.on && this.begin(event),
      pointermove: (event) => this.on && this.move(event),
      pointerup: () => (this.painting = false),
      pointercancel: () => (this.painting = false),
    };
    for (const [name, handler] of Object.entries(this.handlers)) canvas.addEventListener(name, handler);
    this.ahead = []; // places that the pointer came by and that are not painted yet
    this.step = () => this.catchUp();
    viewer.steps.add(this.step);
  }

  get empty() {
    return ![...this.layers.values()].some(({ marked }) => marked);
  }

  // Whether the avatar shows its colours with what is painted over them, or may at any moment.
  get holds() {
    return this.on || this.layers.size > 0 || this.ahead.length > 0;
  }

  // While it is on, the pointer paints and turns nothing.
  turn(on) {
    this.on = on;
    this.viewer.hold(on);
    const { canvas } = this.viewer;
    canvas.classList.toggle("painting", on);
    this.ring.hidden = !on;
    if (on) this.place(new THREE.Vector2(canvas.clientWidth / 2, canvas.clientHeight / 2));
  }

  // Lay the brush on a place of the canvas.
  place(here) {
    this.here = here;
    const side = `${2 * this.radius}px`;
    Object.assign(this.ring.style, { left: `${here.x}px`, top: `${here.y}px`, width: side, height: side });
  }

  resize(radius) {
    this.radius = radius;
    if (this.on) this.place(this.here);
  }

  press(event) {
    const { canvas } = this.viewer;
    if (event.key === " ") this.stroke(this.here.clone(), true);
    else if (event.shiftKey && event.key in KEYS) {
      const [x, y] = KEYS[event.key];
      const here = this.here.clone().add(new THREE.Vector2(x, y).multiplyScalar(this.radius / 2));
      this.place(here.clamp(new THREE.Vector2(), new THREE.Vector2(canvas.clientWidth, canvas.clientHeight)));
    } else return;
    event.preventDefault();
  }

  begin(event) {
    this.viewer.canvas.setPointerCapture(event.pointerId);
    this.painting = true;
    this.place(this.under(event));
    this.stroke(this.here, true);
  }

  move(event) {
    this.place(this.under(event));
    if (this.painting) this.stroke(this.here, false);
  }

  under({ clientX, clientY }) {
    const { left, top } = this.viewer.canvas.getBoundingClientRect();
    return new THREE.Vector2(clientX - left, clientY - top);
  }

  // From where the brush was to where it is, a step for each half of it; `first`: it was nowhere.
  stroke(here, first) {
    const from = first ? here : this.last;
    if (!first && from.distanceTo(here) < this.radius / 2) return;
    const steps = Math.max(1, Math.ceil((2 * from.distanceTo(here)) / this.radius));
    for (let step = 1; step <= steps; step++) this.ahead.push(from.clone().lerp(here, step / steps));
    this.last = here;
  }

  // Once a picture: paint a few steps, and show them.
  catchUp() {
    if (this.ahead.length) this.pass ??= new UvPass(this.viewer, this.avatar);
    const touched = new Set();
    for (const { x, y } of this.ahead.splice(0, DABS)) this.dab(x, y, touched);
    for (const layer of touched) this.show(layer);
  }

  // Paint what lies under the brush at a place of the canvas, in CSS pixels.
  dab(x, y, touched) {
    for (const { mesh, u, v } of this.pass.under(x, y, this.radius)) {
      const layer = this.layer(mesh);
      if (!layer) continue;
      layer.mask.globalCompositeOperation = this.erases ? "destination-out" : "source-over";
      layer.mask.beginPath();
      layer.mask.arc(u * SIZE, v * SIZE, DOT * SIZE, 0, 2 * Math.PI);
      layer.mask.fill();
      touched.add(layer);
    }
  }

  layer(number) {
    if (this.layers.has(number)) return this.layers.get(number);
    const mesh = this.avatar.meshes[number];
    const name = this.nameOf(mesh.name);
    if (!name) return null;
    const plain = material(mesh).map;
    const mask = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
    mask.fillStyle = "#fff";
    const shown = new OffscreenCanvas(plain.image.width, plain.image.height).getContext("2d");
    const map = new THREE.CanvasTexture(shown.canvas);
    for (const key of ["flipY", "colorSpace", "wrapS", "wrapT", "channel", "anisotropy"]) map[key] = plain[key];
    material(mesh).map = map;
    const layer = { name, mesh, mask, shown, map, plain, marked: false };
    this.layers.set(number, layer);
    return layer;
  }

  show(layer) {
    const { mask, shown, map, plain } = layer;
    const { width, height } = shown.canvas;
    const tint = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
    tint.drawImage(mask.canvas, 0, 0);
    tint.globalCompositeOperation = "source-in";
    tint.fillStyle = MARK;
    tint.fillRect(0, 0, SIZE, SIZE);
    shown.drawImage(plain.image, 0, 0);
    shown.drawImage(tint.canvas, 0, 0, width, height);
    map.needsUpdate = true;
    layer.marked = true;
  }

  // Nothing is painted any more.
  clear() {
    for (const { mesh, map, plain } of this.layers.values()) {
      material(mesh).map = plain;
      map.dispose();
    }
    this.layers.clear();
    this.ahead = [];
  }

  // By a surface's name its mask as a PNG in base64, white on black.
  async masks() {
    const painted = {};
    for (const { name, mask } of this.layers.values()) {
      const whole = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
      whole.fillStyle = "#000";
      whole.fillRect(0, 0, SIZE, SIZE);
      whole.drawImage(mask.canvas, 0, 0);
      const bytes = new Uint8Array(await (await whole.canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
      painted[name] = btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    }
    return painted;
  }

  close() {
    const { canvas, steps } = this.viewer;
    for (const [name, handler] of Object.entries(this.handlers)) canvas.removeEventListener(name, handler);
    steps.delete(this.step);
    this.clear();
    this.ring.remove();
    this.pass?.close();
  }
}
