// What stands beside a double: its photo, and what is to say of it.
import * as api from "./api.mjs";
import { el } from "./dom.mjs";

// The photo, and as much of the double over it as the slider says.
export function photoCard({ id, name }) {
  const photo = el("img", { alt: `The photo ${name}` });
  const over = el("img", { class: "over", alt: "" });
  for (const [image, file] of [[photo, "photo.jpg"], [over, "over_photo.png"]])
    api.pictureUrl(id, file).then((url) => (image.src = url), () => image.remove());
  const cut = (percent) => (over.style.clipPath = `inset(0 ${100 - percent}% 0 0)`);
  const slider = el("input", {
    type: "range", min: "0", max: "100", value: "0", id: "compare", oninput: () => cut(Number(slider.value)),
  });
  cut(0);
  return el("figure", { class: "card photo" }, el("div", { class: "pair" }, photo, over),
    el("figcaption", {}, el("label", { for: "compare" }, "Photo"), slider,
      el("span", { class: "quiet", "aria-hidden": "true" }, "Double")));
}

export function notesCard({ notes }) {
  if (!notes.length) return null;
  return el("details", { class: "card notes" }, el("summary", {}, "What was seen, and what was not"),
    el("ul", {}, notes.map((note) => el("li", {}, api.sentence(note)))));
}
