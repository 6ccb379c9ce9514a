// Play motion.vrma on double.glb, which is a VRM, in three-vrm and send where bones are back to the server, as JSON.
// Query: times (seconds, with commas between).
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { createVRMAnimationClip, VRMAnimationLoaderPlugin } from "@pixiv/three-vrm-animation";

const times = new URLSearchParams(location.search).get("times").split(",").map(Number);

function places(vrm) {
  vrm.scene.updateMatrixWorld(true);
  const place = (node) => node.getWorldPosition(new THREE.Vector3()).toArray();
  return Object.fromEntries(Object.entries(vrm.humanoid.humanBones).map(([name, { node }]) => [name, place(node)]));
}

async function report() {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
  const vrm = (await loader.loadAsync("double.glb")).userData.vrm;
  if (vrm.meta.metaVersion === "0") VRMUtils.rotateVRM0(vrm);
  const [animation] = (await loader.loadAsync("motion.vrma")).userData.vrmAnimations;
  const clip = createVRMAnimationClip(animation, vrm);
  const mixer = new THREE.AnimationMixer(vrm.scene);
  const action = mixer.clipAction(clip);
  action.clampWhenFinished = true;
  action.setLoop(THREE.LoopOnce).play();
  const bones = times.map((time) => {
    mixer.setTime(time);
    vrm.humanoid.update();
    return places(vrm);
  });
  return { duration: clip.duration, tracks: clip.tracks.length, bones };
}

const text = await report().then(JSON.stringify, (error) => JSON.stringify({ error: `${error} ${error.stack}` }));
await fetch("report", { method: "POST", body: text });
