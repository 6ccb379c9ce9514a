// Open double.glb in three.js and send what it is there back to the server, as JSON: names, skinned positions, a picture.
// Query: mesh (its name; the first one), time (seconds into the first clip), target (morph target set to 1 on its own),
// step (every which vertex).
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const query = new URLSearchParams(location.search);
const size = { width: 480, height: 640 };

// Every step-th vertex in world space, with morph targets and bones applied as three.js does it.
function positions(scene, mesh, step) {
  scene.updateMatrixWorld(true);
  const found = [];
  for (let index = 0; index < mesh.geometry.attributes.position.count; index += step) {
    const point = mesh.getVertexPosition(index, new THREE.Vector3()).applyMatrix4(mesh.matrixWorld);
    found.push(point.toArray().map((value) => Number(value.toFixed(6))));
  }
  return found;
}

function picture(scene) {
  const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  renderer.setSize(size.width, size.height);
  renderer.setClearColor(0x808080);
  const camera = new THREE.PerspectiveCamera(35, size.width / size.height, 0.1, 20);
  camera.position.set(0.9, 1.2, 3.4);
  camera.lookAt(0, 0.9, 0);
  scene.add(new THREE.HemisphereLight(0xffffff, 0xb0b0b0, 3));
  renderer.render(scene, camera);
  return renderer.domElement.toDataURL("image/png");
}

async function report() {
  const { scene, animations } = await new GLTFLoader().loadAsync("double.glb");
  const named = query.has("mesh") ? scene.getObjectByName(query.get("mesh")) : undefined;
  const mesh = named ?? scene.getObjectByProperty("isSkinnedMesh", true);
  const step = Number(query.get("step"));
  const found = {
    bones: mesh.skeleton.bones.map((bone) => bone.name),
    targets: Object.keys(mesh.morphTargetDictionary ?? {}),
    clips: animations.map(({ name, duration, tracks }) => ({ name, duration, tracks: tracks.length })),
    texture: [mesh.material.map.image.width, mesh.material.map.image.height],
    transparent: mesh.material.transparent,
    rest: positions(scene, mesh, step),
  };
  if (query.has("target")) {
    const index = mesh.morphTargetDictionary[query.get("target")];
    mesh.morphTargetInfluences[index] = 1;
    found.morphed = positions(scene, mesh, step);
    mesh.morphTargetInfluences[index] = 0;
  }
  if (query.has("time")) {
    const mixer = new THREE.AnimationMixer(scene);
    mixer.clipAction(animations[0]).play();
    mixer.setTime(Number(query.get("time")));
    found.animated = positions(scene, mesh, step);
  }
  return { ...found, picture: picture(scene) };
}

const text = await report().then(JSON.stringify, (error) => JSON.stringify({ error: String(error) }));
await fetch("report", { method: "POST", body: text });
