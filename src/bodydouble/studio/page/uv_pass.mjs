// Which texels lie under a brush: the avatar is drawn once more, around the pointer alone, with uv in place of colour.
import * as THREE from "three";
import { material } from "./avatar.mjs";

const VERTEX = `
#include <common>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
varying vec2 place;
void main() {
  place = uv;
  #include <begin_vertex>
  #include <morphtarget_vertex>
  #include <skinbase_vertex>
  #include <skinning_vertex>
  #include <project_vertex>
}`;
const FRAGMENT = `
uniform float number;
uniform sampler2D map;
varying vec2 place;
void main() {
  if (texture2D(map, place).a < 0.5) discard; // a gap in hair, or what was cut away
  gl_FragColor = vec4(place, number, 1.0);
}`;

export class UvPass {
  constructor(viewer, avatar) {
    Object.assign(this, { viewer, avatar });
    this.materials = avatar.meshes.map((_, number) => new THREE.ShaderMaterial({
      vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms: { number: { value: number + 1 }, map: { value: null } }, side: THREE.DoubleSide,
    }));
    this.scene = new THREE.Scene();
  }

  // [{ mesh, u, v }] of what is seen within a disc: the number of the mesh, and the place in its texture, [0, 1].
  // `x`, `y`, `radius`: CSS pixels of the canvas.
  under(x, y, radius) {
    const { renderer, camera, canvas } = this.viewer;
    const side = Math.max(4, Math.ceil(2 * radius));
    const target = new THREE.WebGLRenderTarget(side, side, { type: THREE.FloatType, magFilter: THREE.NearestFilter, minFilter: THREE.NearestFilter });
    const view = camera.clone();
    view.setViewOffset(canvas.clientWidth, canvas.clientHeight, x - side / 2, y - side / 2, side, side);
    const pixels = new Float32Array(4 * side * side);
    this.draw(view, target);
    renderer.readRenderTargetPixels(target, 0, 0, side, side, pixels);
    target.dispose();
    return texels(pixels, side);
  }

  draw(view, target) {
    const { renderer } = this.viewer;
    const { meshes, root } = this.avatar;
    const kept = meshes.map((mesh) => mesh.material);
    meshes.forEach((mesh, number) => {
      this.materials[number].uniforms.map.value = material(mesh).map;
      mesh.material = this.materials[number];
    });
    const clear = renderer.getClearColor(new THREE.Color());
    const alpha = renderer.getClearAlpha();
    const parent = root.parent;
    this.scene.add(root);
    renderer.setClearColor(0, 0);
    renderer.setRenderTarget(target);
    renderer.clear();
    renderer.render(this.scene, view);
    renderer.setRenderTarget(null);
    renderer.setClearColor(clear, alpha);
    parent.add(root);
    meshes.forEach((mesh, number) => (mesh.material = kept[number]));
  }

  close() {
    for (const material of this.materials) material.dispose();
  }
}

function texels(pixels, side) {
  const found = [];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (Math.hypot(row - side / 2 + 0.5, column - side / 2 + 0.5) > side / 2) continue;
      const at = 4 * (row * side + column);
      if (pixels[at + 3] > 0) found.push({ mesh: Math.round(pixels[at + 2]) - 1, u: pixels[at], v: pixels[at + 1] });
    }
  }
  return found;
}
