// Another double of the same photos: somebody else in them, another height, another guess, or one more photo.
import * as api from "./api.mjs";
import { el } from "./dom.mjs";
import { peopleOver } from "./people.mjs";

// `make` gets what is to be different, and a photo that comes on top.
export function makeAnother(double, make) {
  return el("section", { class: "card again", "aria-labelledby": "again" }, el("h2", { id: "again" }, "Make another version"),
    others(double, make), taller(double, make), otherGuess(double, make), otherSide(make));
}

// The people in the photo, each to be clicked.
function others({ id, files }, make) {
  const place = el("div", { class: "crowd", hidden: true }, el("p", { class: "quiet small" }, "Of somebody else in the photo: click them."));
  if (files.includes("people.json")) api.fetchJson(id, "people.json").then((people) => {
    if (people.length < 2) return;
    const photo = el("img", { alt: "" });
    api.showPicture(photo, id, "photo.jpg");
    place.append(el("div", { class: "people" }, photo, peopleOver(people, (person) => make({ person }))));
    place.hidden = false;
  }, () => {});
  return place;
}

function taller({ options }, make) {
  const height = el("input", {
    type: "number", id: "taller", min: "40", max: "260", step: "1", required: true,
    value: options?.height ? String(Math.round(100 * options.height)) : "", placeholder: "170",
  });
  const submit = (event) => { event.preventDefault(); make({ height: Number(height.value) / 100 }); };
  return el("form", { class: "line", onsubmit: submit }, el("label", { for: "taller" }, "With a height, in cm"), height,
    el("button", { class: "button" }, "Make"));
}

function otherGuess({ options }, make) {
  return el("p", { class: "line" }, el("span", {}, "With another guess of what the photo hides"),
    el("button", { class: "button", type: "button", onclick: () => make({ seed: (options?.seed ?? 0) + 1 }) }, "Guess again"));
}

function otherSide(make) {
  const picker = el("input", {
    type: "file", id: "side", class: "unseen", accept: "image/*,.heic,.heif,.avif",
    onchange: () => picker.files[0] && make({}, picker.files[0]),
  });
  return el("p", { class: "line" }, el("span", {}, "With a photo from behind"),
    picker, el("label", { class: "button", for: "side" }, "Add a photo"));
}
