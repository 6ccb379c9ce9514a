// What an avatar has of what programs for avatars ask for, and what drawing it costs.
import { el } from "./dom.mjs";
import { material } from "./avatar.mjs";
import { MOODS } from "./face.mjs";
import { VOWELS } from "./visemes.mjs";

// Of VRM 1.0: bones that must be there, and expressions that every avatar may have.
const REQUIRED = ["hips", "spine", "head", ...["left", "right"].flatMap((side) =>
  ["UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand"].map((bone) => side + bone))];
const FINGERS = /Thumb|Index|Middle|Ring|Little/;
const TRACKED = 52; // ARKit's shapes
const USERS = { onlyAuthor: "its author alone", onlySeparatelyLicensedPerson: "who was permitted to", everyone: "everyone" }; // of VRM 1.0
// What an ordinary laptop's built-in graphics draw 60 times a second with room to spare.
export const BUDGET = { triangles: 70_000, draws: 20, texels: 16_000_000 };

const TEXEL_BYTES = 4 * 4 / 3; // on the graphics card, with smaller copies for distant views

// What drawing it costs, from its meshes.
export function measureCost(avatar) {
  const maps = new Set(avatar.meshes.map((mesh) => material(mesh).map).filter(Boolean));
  const corners = avatar.meshes.map(({ geometry }) => geometry.index?.count ?? geometry.attributes.position.count);
  return {
    triangles: corners.reduce((sum, count) => sum + count / 3, 0),
    draws: avatar.meshes.length,
    textures: maps.size,
    texels: [...maps].reduce((sum, { image }) => sum + image.width * image.height, 0),
    joints: new Set(avatar.meshes.flatMap((mesh) => mesh.skeleton?.bones ?? [])).size,
  };
}

// [{ what, told, good }]: one line each. `good` is null where there is nothing to judge.
export function checkAvatar(avatar, rate) {
  const { vrm } = avatar;
  const bones = new Set(avatar.boneNames());
  const presets = new Set(avatar.presets());
  const cost = measureCost(avatar);
  const count = (names, has) => names.filter((name) => has.has(name)).length;
  const fraction = (names, has) => `${count(names, has)} of ${names.length}`;
  const all = (names, has) => count(names, has) === names.length;
  const springs = vrm.springBoneManager?.joints.size ?? 0;
  const number = (value) => Math.round(value).toLocaleString();
  return [
    { what: "Format", told: `VRM ${vrm.meta.metaVersion === "1" ? "1.0" : "0.x"}, glTF 2.0`, good: true },
    { what: "Bones that must be there", told: fraction(REQUIRED, bones), good: all(REQUIRED, bones) },
    { what: "Bones in all", told: `${bones.size}, ${[...bones].filter((name) => FINGERS.test(name)).length} of them in fingers`, good: bones.size >= 50 },
    { what: "Mouth: vowels", told: fraction(VOWELS, presets), good: all(VOWELS, presets) },
    { what: "Moods", told: fraction(MOODS, presets), good: all(MOODS, presets) },
    { what: "Blink", told: presets.has("blink") ? "yes, and each eye" : "no", good: presets.has("blink") },
    { what: "Face tracking (ARKit)", told: `${avatar.shapes().length} of ${TRACKED}`, good: avatar.shapes().length >= TRACKED },
    { what: "Gaze", told: vrm.lookAt ? "by its eyes' bones" : "no", good: Boolean(vrm.lookAt) },
    { what: "What swings", told: springs ? `${springs} joints, ${vrm.springBoneManager.colliders.length} colliders` : "nothing hangs", good: null },
    { what: "Triangles", told: number(cost.triangles), good: cost.triangles <= BUDGET.triangles },
    { what: "Draw calls", told: number(cost.draws), good: cost.draws <= BUDGET.draws },
    { what: "Textures", told: `${cost.textures}, ${(cost.texels / 1e6).toFixed(1)} million texels, ${Math.round(cost.texels * TEXEL_BYTES / 1e6)} MB`, good: cost.texels <= BUDGET.texels },
    { what: "File", told: `${(avatar.byteCount / 1e6).toFixed(1)} MB`, good: null },
    { what: "Drawn here", told: `${Math.round(rate)} times a second`, good: rate >= 55 ? true : null },
    { what: "Who may use it", told: USERS[vrm.meta.avatarPermission] ?? "see its licence", good: null },
  ];
}

// The report as a card that is filled when it is opened.
export function reportCard(make) {
  const rows = el("tbody", {});
  const copy = el("button", { class: "button plain", type: "button" }, "Copy");
  const card = el("details", { class: "card more report" }, el("summary", {}, "Compatibility report"),
    el("table", {}, el("caption", { class: "unseen" }, "What the avatar has of what programs ask for"), rows), copy);
  const mark = (good) => (good === null ? "" : good ? "✓" : "–");
  const spoken = (good) => (good === null ? "" : good ? "good" : "not so good");
  let lines = [];
  const fill = () => {
    lines = make();
    rows.replaceChildren(...lines.map(({ what, told, good }) => el("tr", {},
      el("th", { scope: "row" }, what), el("td", {}, told),
      el("td", { class: "mark" }, el("span", { "aria-hidden": "true" }, mark(good)), el("span", { class: "unseen" }, spoken(good))))));
  };
  card.addEventListener("toggle", () => card.open && fill());
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(lines.map(({ what, told, good }) => `${mark(good) || " "} ${what}: ${told}`).join("\n"));
    copy.textContent = "Copied";
  });
  return card;
}
