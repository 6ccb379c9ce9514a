// Open double.glb in TalkingHead and send what it does there back to the server, as JSON: where hands and feet are in its
// poses and gestures, how far each viseme of a fixed track went, and pictures.
import * as THREE from "three";
import { TalkingHead } from "./node_modules/@met4citizen/talkinghead/modules/talkinghead.mjs";

const VISEMES = ["aa", "PP", "O", "U"];
const EACH_MS = 800; // long enough for a renderer in software, which draws few frames a second

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

function places(head) {
  head.armature.updateMatrixWorld(true);
  const names = ["Hips", "LeftShoulder", "LeftArm", "LeftHand", "RightHand", "LeftFoot", "LeftToeBase", "RightToeBase"];
  const place = (name) => head.armature.getObjectByName(name).getWorldPosition(new THREE.Vector3()).toArray();
  return Object.fromEntries(names.map((name) => [name, place(name)]));
}

function picture(head) {
  head.renderer.render(head.scene, head.camera);
  return head.renderer.domElement.toDataURL("image/png");
}

async function speak(head) {
  const context = head.audioCtx;
  head.speakAudio({
    audio: context.createBuffer(1, (context.sampleRate * EACH_MS * VISEMES.length) / 1000, context.sampleRate),
    words: ["word"], wtimes: [0], wdurations: [EACH_MS * VISEMES.length],
    visemes: VISEMES,
    vtimes: VISEMES.map((_, number) => number * EACH_MS),
    vdurations: VISEMES.map(() => EACH_MS),
  });
  const most = Object.fromEntries(VISEMES.map((name) => [name, 0]));
  for (const end = performance.now() + EACH_MS * (VISEMES.length + 3); performance.now() < end; await wait(0.02)) {
    for (const name of VISEMES) most[name] = Math.max(most[name], head.mtAvatar[`viseme_${name}`].applied);
  }
  return most;
}

async function report() {
  const node = document.getElementById("avatar");
  const head = new TalkingHead(node, { ttsEndpoint: "none", lipsyncModules: [], cameraView: "full", modelPixelRatio: 1 });
  await head.showAvatar({ url: "double.glb", body: "F", avatarMood: "neutral" });
  const found = { targets: Object.keys(head.mtAvatar), places: {}, pictures: {} };
  const note = async (name) => {
    await wait(3);
    found.places[name] = places(head);
    found.pictures[name] = picture(head);
  };
  head.setPoseFromTemplate(head.poseTemplates.straight, 200);
  await note("straight");
  head.setPoseFromTemplate(head.poseTemplates.hip, 200);
  await note("hip");
  head.playGesture("handup", 6);
  await note("handup");
  return { ...found, visemes: await speak(head) };
}

const text = await report().then(JSON.stringify, (error) => JSON.stringify({ error: `${error} ${error.stack}` }));
await fetch("report", { method: "POST", body: text });
