// What stands beside a double: its photo, the people and sides that could be made, too, and what is to say of it.
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

// The other people in the photo, as the note of several people numbers them; `choose` gets a number.
export function othersCard({ notes }, choose) {
  const note = notes.find((each) => each.startsWith("several people")) ?? "";
  const taken = Number(/took (\d+)/.exec(note)?.[1]);
  const numbers = [...note.matchAll(/(\d+) at /g)].map((match) => Number(match[1])).filter((each) => each !== taken);
  if (!numbers.length) return null;
  return el("section", { class: "card", "aria-labelledby": "others" },
    el("h2", { id: "others" }, "Somebody else in the photo?"),
    el("p", { class: "quiet small" }, `This is number ${taken}, counted from the left.`),
    el("p", { class: "actions" }, numbers.map((number) =>
      el("button", { class: "button", onclick: () => choose(number) }, `Make number ${number}`))));
}

// A photo from another side makes a better double; `add` gets its file.
export function sidesCard(add) {
  const picker = el("input", {
    type: "file", id: "side", class: "unseen", accept: "image/*,.heic,.heif,.avif",
    onchange: () => picker.files[0] && add(picker.files[0]),
  });
  return el("section", { class: "card", "aria-labelledby": "sides" },
    el("h2", { id: "sides" }, "Another side"),
    el("p", { class: "quiet small" }, "A photo from behind, in the same clothes, makes a new double with a real back."),
    el("p", { class: "actions" }, picker, el("label", { class: "button", for: "side" }, "Add a photo")));
}

export function notesCard({ notes }) {
  if (!notes.length) return null;
  return el("details", { class: "card notes" }, el("summary", {}, "What was seen, and what was not"),
    el("ul", {}, notes.map((note) => el("li", {}, api.sentence(note)))));
}
