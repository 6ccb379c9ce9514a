// The face: moods, and a slider for each of its shapes, by the names that face trackers use.
import { el } from "./dom.mjs";

export const MOODS = ["happy", "sad", "angry", "relaxed", "surprised"];

// `set` gets a name and a value from 0 to 1.
export function faceCard(avatar, set) {
  const names = avatar.shapes();
  const sliders = names.map((name) => {
    const id = `face-${name}`;
    const input = el("input", { type: "range", id, min: "0", max: "1", step: "0.01", value: "0", oninput: () => set(name, Number(input.value)) });
    return { name, input, row: el("li", {}, el("label", { for: id }, spaced(name)), input) };
  });
  const moods = MOODS.filter((name) => avatar.presets().includes(name)).map((name) => {
    const button = el("button", { class: "choice", type: "button", "aria-pressed": "false", onclick: () => choose(name) }, spaced(name));
    return { name, button };
  });

  function choose(chosen) {
    for (const { name, button } of moods) {
      const pressed = name === chosen && button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-pressed", String(pressed));
      set(name, Number(pressed));
    }
  }

  function reset() {
    choose("");
    for (const { name, input } of sliders) {
      input.value = "0";
      set(name, 0);
    }
  }

  return el("details", { class: "card more face" }, el("summary", {}, "Face"),
    el("div", { class: "choices moods", role: "group", "aria-label": "Mood" }, moods.map(({ button }) => button)),
    el("button", { class: "button plain", onclick: reset }, "Neutral face"),
    el("ul", { class: "sliders" }, sliders.map(({ row }) => row)));
}

// JawOpen: jaw open
const spaced = (name) => name.replace(/(?<!^)([A-Z])/g, " $1").replace(/_/g, " ").toLowerCase();
