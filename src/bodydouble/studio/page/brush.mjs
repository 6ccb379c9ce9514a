// Painting a region on the avatar: a mask for each of its textures, shown over its colours.
import * as THREE from "three";
import { material } from "./avatar.mjs";
import { UvPass } from "./uv_pass.mjs";

const SIZE = 512; // texels a side of a mask
const DOT = 1 / 220; // of a texture's side: radius of a dot, which closes the gaps between pixels of the screen
const DABS = 8; // steps that are painted between two pictures
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
    this.handlers = {
      pointerdown: (event) => this.on && this.begin(event),
      pointermove: (event) => this.on && this.painting && this.stroke(event),
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
    this.viewer.controls.enabled = !on;
    this.viewer.canvas.classList.toggle("painting", on);
  }

  begin(event) {
    this.viewer.canvas.setPointerCapture(event.pointerId);
    this.pass ??= new UvPass(this.viewer, this.avatar);
    this.painting = true;
    this.last = null;
    this.stroke(event);
  }

  // From where the pointer was to where it is, a step for each half a brush.
  stroke(event) {
    const { left, top } = this.viewer.canvas.getBoundingClientRect();
    const here = new THREE.Vector2(event.clientX - left, event.clientY - top);
    const from = this.last ?? here;
    if (this.last && from.distanceTo(here) < this.radius / 2) return;
    const steps = Math.max(1, Math.ceil((2 * from.distanceTo(here)) / this.radius));
    for (let step = 1; step <= steps; step++) this.ahead.push(from.clone().lerp(here, step / steps));
    this.last = here;
  }

  // Once a picture: paint a few steps, and show them.
  catchUp() {
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
    this.pass?.close();
  }
}
