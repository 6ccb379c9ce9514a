// Open double.glb, which is a VRM, in three-vrm and send what it is there back to the server, as JSON: bones, expressions
// and what they move, how springs swing, where eyes look, and pictures.
// Query: pictures (any value: take them), distance and above (of the camera of the head's pictures, metres).
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";

const STEP = 1 / 60;
const query = new URLSearchParams(location.search);

function round(values) {
  return values.map((value) => Number(value.toFixed(5)));
}

// World positions of a mesh's vertices, with morph targets and bones as three.js applies them.
function positions(mesh) {
  const found = [];
  for (let index = 0; index < mesh.geometry.attributes.position.count; index++) {
    found.push(mesh.getVertexPosition(index, new THREE.Vector3()).applyMatrix4(mesh.matrixWorld));
  }
  return found;
}

function skinnedMeshes(scene) {
  const meshes = [];
  scene.traverse((object) => object.isSkinnedMesh && meshes.push(object));
  return meshes;
}

// What an expression at 1 moves of the body: how many vertices, how far at most, and the box around them.
function expressionReport(vrm, mesh, rest, name) {
  vrm.expressionManager.setValue(name, 1);
  vrm.expressionManager.update();
  const box = new THREE.Box3();
  let [count, farthest] = [0, 0];
  positions(mesh).forEach((point, index) => {
    const distance = point.distanceTo(rest[index]);
    farthest = Math.max(farthest, distance);
    if (distance > 5e-4) {
      count += 1;
      box.expandByPoint(rest[index]);
    }
  });
  vrm.expressionManager.setValue(name, 0);
  vrm.expressionManager.update();
  return { count, farthest, low: count ? round(box.min.toArray()) : null, high: count ? round(box.max.toArray()) : null };
}

function rootJoints(vrm) {
  return [...(vrm.springBoneManager?.joints ?? [])].map((joint) => joint.bone);
}

function worldPositions(bones) {
  return bones.map((bone) => round(bone.getWorldPosition(new THREE.Vector3()).toArray()));
}

// The hips turn to and fro for a second; how far each joint's child came away from where it hangs, seen from the hips.
function swing(vrm) {
  const hips = vrm.humanoid.getNormalizedBoneNode("hips");
  const bones = rootJoints(vrm).map((bone) => bone.children[0] ?? bone);
  const inHips = () => bones.map((bone) => vrm.humanoid.getRawBoneNode("hips").worldToLocal(bone.getWorldPosition(new THREE.Vector3())));
  vrm.springBoneManager?.reset();
  for (let step = 0; step < 60; step++) vrm.update(STEP);
  const still = inHips();
  let farthest = 0;
  for (let step = 0; step < 60; step++) {
    hips.rotation.y = Math.sin(step / 6);
    vrm.update(STEP);
    vrm.scene.updateMatrixWorld(true);
    inHips().forEach((point, index) => (farthest = Math.max(farthest, point.distanceTo(still[index]))));
  }
  hips.rotation.y = 0;
  for (let step = 0; step < 300; step++) vrm.update(STEP);
  vrm.scene.updateMatrixWorld(true);
  const left = Math.max(0, ...inHips().map((point, index) => point.distanceTo(still[index])));
  return { joints: bones.length, farthest, left };
}

// Eye bones' turns, in degrees about y and x, when they look at a point that is so many degrees to the left, and above.
function gaze(vrm, yaw, pitch) {
  vrm.lookAt.yaw = yaw;
  vrm.lookAt.pitch = pitch;
  vrm.lookAt.update(STEP);
  vrm.humanoid.update();
  const eye = vrm.humanoid.getNormalizedBoneNode("leftEye");
  const front = vrm.lookAt.faceFront; // -z in 0.x
  const direction = front.clone().applyQuaternion(eye.quaternion).multiply(new THREE.Vector3(front.z, 1, front.z));
  vrm.lookAt.yaw = vrm.lookAt.pitch = 0;
  vrm.lookAt.update(STEP);
  vrm.humanoid.update();
  return round([THREE.MathUtils.radToDeg(Math.atan2(direction.x, direction.z)), THREE.MathUtils.radToDeg(Math.asin(direction.y))]);
}

function turn(vrm, bone, x, y, z) {
  const sign = vrm.meta.metaVersion === "0" ? -1 : 1; // whose bones have x and z the other way
  vrm.humanoid.getNormalizedBoneNode(bone)?.rotation.set(sign * x, y, sign * z);
}

const POSES = {
  t: () => {},
  arms: (vrm) => {
    turn(vrm, "leftUpperArm", 0, 0, -1.25);
    turn(vrm, "rightUpperArm", 0, 0, 1.25);
  },
  walk: (vrm) => {
    POSES.arms(vrm);
    turn(vrm, "leftUpperArm", 0.5, 0, -1.25);
    turn(vrm, "rightUpperArm", -0.5, 0, 1.25);
    turn(vrm, "leftUpperLeg", -0.55, 0, 0);
    turn(vrm, "rightUpperLeg", 0.4, 0, 0);
    turn(vrm, "rightLowerLeg", 0.5, 0, 0);
    turn(vrm, "rightToes", -0.5, 0, 0);
  },
};

function renderer() {
  const drawn = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  drawn.setSize(480, 480);
  drawn.setClearColor(0x909090);
  return drawn;
}

// The pose held for two seconds, or an expression, as a picture from the front (or so many degrees beside it).
function picture(drawn, scene, vrm, { pose = "arms", expression, look, from = 0, head = false }) {
  vrm.humanoid.resetNormalizedPose();
  POSES[pose](vrm);
  if (expression) vrm.expressionManager.setValue(expression, 1);
  if (look) [vrm.lookAt.yaw, vrm.lookAt.pitch] = look;
  for (let step = 0; step < 120; step++) vrm.update(STEP);
  vrm.scene.updateMatrixWorld(true);
  const eyes = vrm.humanoid.getRawBoneNode("head").getWorldPosition(new THREE.Vector3());
  const target = head ? eyes.add(new THREE.Vector3(0, Number(query.get("above") ?? 0.03), 0)) : new THREE.Vector3(0, 0.9, 0);
  const distance = head ? Number(query.get("distance") ?? 0.55) : 3.4;
  const camera = new THREE.PerspectiveCamera(35, 1, 0.05, 20);
  const angle = THREE.MathUtils.degToRad(from);
  camera.position.set(target.x + distance * Math.sin(angle), target.y, target.z + distance * Math.cos(angle));
  camera.lookAt(target);
  drawn.render(scene, camera);
  if (expression) vrm.expressionManager.setValue(expression, 0);
  if (look) [vrm.lookAt.yaw, vrm.lookAt.pitch] = [0, 0];
  return drawn.domElement.toDataURL("image/png");
}

function pictures(vrm) {
  const scene = new THREE.Scene();
  scene.add(vrm.scene, new THREE.DirectionalLight(0xffffff, Math.PI));
  const drawn = renderer();
  const wanted = {
    t: { pose: "t" },
    t_side: { pose: "t", from: 90 },
    arms: {},
    walk: { pose: "walk", from: 30 },
    walk_behind: { pose: "walk", from: 150 },
    look: { head: true, look: [25, 0] },
  };
  for (const name of ["neutral", "aa", "ih", "ou", "ee", "oh", "blink", "happy", "angry", "sad", "relaxed", "surprised", "lookUp", "lookLeft", "TongueOut", "JawOpen"]) {
    wanted[name] = { head: true, expression: name };
  }
  return Object.fromEntries(Object.entries(wanted).map(([name, view]) => [name, picture(drawn, scene, vrm, view)]));
}

async function report() {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser, { autoUpdateHumanBones: true }));
  const gltf = await loader.loadAsync("double.glb");
  const vrm = gltf.userData.vrm;
  if (vrm.meta.metaVersion === "0") VRMUtils.rotateVRM0(vrm);
  vrm.lookAt.autoUpdate = false;
  vrm.scene.updateMatrixWorld(true);
  const meshes = skinnedMeshes(vrm.scene);
  const rest = positions(meshes[0]);
  const bones = Object.entries(vrm.humanoid.humanBones).map(([name, { node }]) => [name, node]);
  const places = Object.fromEntries(bones.map(([name, node]) => [name, worldPositions([node])[0]]));
  const names = Object.keys(vrm.expressionManager.expressionMap);
  const box = new THREE.Box3().setFromPoints(meshes.flatMap(positions));
  const found = {
    meta: { ...vrm.meta, thumbnailImage: undefined },
    bones: places,
    expressions: Object.fromEntries(names.map((name) => [name, expressionReport(vrm, meshes[0], rest, name)])),
    box: [round(box.min.toArray()), round(box.max.toArray())],
    materials: meshes.map((mesh) => [mesh.material].flat()[0].type),
    gaze: { left: gaze(vrm, 20, 0), up: gaze(vrm, 0, -10) },
    swing: swing(vrm),
    views: vrm.firstPerson.meshAnnotations.map((annotation) => annotation.type),
  };
  return query.has("pictures") ? { ...found, pictures: pictures(vrm) } : found;
}

const text = await report().then(JSON.stringify, (error) => JSON.stringify({ error: `${error} ${error.stack}` }));
await fetch("report", { method: "POST", body: text });
