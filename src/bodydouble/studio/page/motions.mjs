// The motions of an avatar, one at a time, each fading into the next. Read from .vrma files.
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { createVRMAnimationClip, VRMAnimationLoaderPlugin } from "@pixiv/three-vrm-animation";

export const FADE_S = 0.4;

export class Motions {
  constructor(avatar) {
    this.vrm = avatar.vrm;
    this.mixer = new THREE.AnimationMixer(this.vrm.scene);
    this.clips = new Map();
    this.held = false;
  }

  has(name) {
    return this.clips.has(name);
  }

  async add(name, bytes) {
    const loader = new GLTFLoader();
    loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
    const { userData } = await loader.parseAsync(bytes, "");
    this.clips.set(name, createVRMAnimationClip(userData.vrmAnimations[0], this.vrm));
  }

  forget(name) {
    const clip = this.clips.get(name);
    if (!clip) return;
    this.mixer.uncacheClip(clip);
    if (this.action?.getClip() === clip) this.action = null;
    this.clips.delete(name);
  }

  play(name) {
    this.held = false;
    const action = this.mixer.clipAction(this.clips.get(name));
    if (action === this.action) return;
    action.reset().play();
    if (this.action) action.crossFadeFrom(this.action, FADE_S, false);
    this.action = action;
  }

  pause(paused) {
    this.mixer.timeScale = paused ? 0 : 1;
  }

  // Stand as now, for joints to be turned by hand; `play` goes on.
  hold() {
    if (this.held) return;
    const pose = this.vrm.humanoid.getNormalizedPose();
    this.mixer.stopAllAction();
    this.vrm.humanoid.setNormalizedPose(pose);
    this.action = null;
    this.held = true;
  }

  update(seconds) {
    if (!this.held) this.mixer.update(seconds);
  }
}
