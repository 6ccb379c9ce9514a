// The double as an avatar: its meshes, its bones, its face, what swings on it. Read from a .vrm.
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { VRMLoaderPlugin } from "@pixiv/three-vrm";

const LONGEST_STEP_S = 1 / 30; // springs that are told of more fly off

export async function openAvatar(bytes) {
  return new Avatar(await loadVrm(bytes), bytes.byteLength);
}

async function loadVrm(bytes) {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const { userData } = await loader.parseAsync(bytes, "");
  return userData.vrm;
}

function meshesOf(vrm) {
  const meshes = [];
  vrm.scene.traverse((node) => node.isMesh && meshes.push(node));
  return meshes;
}

export class Avatar {
  constructor(vrm, byteCount) {
    this.vrm = vrm;
    this.byteCount = byteCount;
    this.root = new THREE.Group().add(vrm.scene); // turns and travels as one
    this.meshes = meshesOf(vrm);
    for (const mesh of this.meshes) mesh.frustumCulled = false; // their bounds are those of the pose at rest
    if (vrm.lookAt) vrm.lookAt.autoUpdate = true;
  }

  // Seconds pass: what swings swings, and the face takes its shape.
  update(seconds) {
    for (let left = Math.min(seconds, 0.1); left > 0; left -= LONGEST_STEP_S) this.vrm.update(Math.min(left, LONGEST_STEP_S));
  }

  // Let what swings hang still in the present pose.
  settle() {
    this.root.updateMatrixWorld(true);
    this.vrm.springBoneManager?.reset();
  }

  // The bone of that name in VRM's humanoid, to be turned; null where there is none.
  bone(name) {
    return this.vrm.humanoid.getNormalizedBoneNode(name);
  }

  boneNames() {
    return Object.keys(this.vrm.humanoid.humanBones);
  }

  // Show or hide the surface of that name.
  setVisible(name, visible) {
    const node = this.vrm.scene.getObjectByName(THREE.PropertyBinding.sanitizeNodeName(name));
    if (node) node.visible = visible;
  }

  // Names of the single shapes that the face has, those of face trackers.
  shapes() {
    return Object.keys(this.vrm.expressionManager?.customExpressionMap ?? {});
  }

  // Of the expressions that every avatar has: aa, blink, happy ...
  presets() {
    return Object.keys(this.vrm.expressionManager?.presetExpressionMap ?? {});
  }

  // Blend a shape or an expression in, from 0 to 1.
  setFace(name, value) {
    this.vrm.expressionManager?.setValue(name, value);
  }

  // Eyes follow an object; null: they look ahead.
  lookAt(object) {
    if (!this.vrm.lookAt) return;
    this.vrm.lookAt.target = object;
    if (!object) this.vrm.lookAt.reset();
  }

  // The colours of another file of the same double, whose meshes have the same order.
  async addColours(bytes) {
    const vrm = await loadVrm(bytes);
    this.otherMaps = meshesOf(vrm).map((mesh) => material(mesh).map);
  }

  // Show those, or the double's own.
  swapColours() {
    this.meshes.forEach((mesh, index) => {
      [material(mesh).map, this.otherMaps[index]] = [this.otherMaps[index], material(mesh).map];
    });
  }

  box() {
    this.root.updateMatrixWorld(true);
    return new THREE.Box3().setFromObject(this.vrm.scene, true);
  }

  close() {
    for (const map of this.otherMaps ?? []) map?.dispose();
    for (const mesh of this.meshes) {
      mesh.geometry.dispose();
      for (const each of [mesh.material].flat()) { each.map?.dispose(); each.dispose(); }
    }
  }
}

export const material = (mesh) => [mesh.material].flat()[0];
