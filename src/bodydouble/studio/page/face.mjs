// The face's sliders: one for each blendshape of the model, by the names that face trackers use.
import { el } from "./dom.mjs";

export function faceSliders(names, set) {
  const sliders = names.map((name) => {
    const id = `face-${name}`;
    const input = el("input", { type: "range", id, min: "0", max: "1", step: "0.01", value: "0", oninput: () => set(name, Number(input.value)) });
    return { name, input, row: el("li", {}, el("label", { for: id }, spaced(name)), input) };
  });
  const reset = () => {
    for (const { name, input } of sliders) {
      input.value = "0";
      set(name, 0);
    }
  };
  return el("details", { class: "card more" }, el("summary", {}, "Face"),
    el("button", { class: "button plain", onclick: reset }, "Neutral face"),
    el("ul", { class: "sliders" }, sliders.map(({ row }) => row)));
}

// jawOpen: jaw open
const spaced = (name) => name.replace(/([A-Z])/g, " $1").replace(/_/g, " ").toLowerCase();
