// The clothes of another double in the gallery, for this one.
import * as api from "./api.mjs";
import { el, stem } from "./dom.mjs";

export function wearCard(double, doubles, make) {
  const others = doubles.filter(({ id }) => id !== double.id);
  if (!others.length) return null;
  const tiles = others.map(({ id, name }) => {
    const picture = el("img", { alt: "", loading: "lazy" });
    api.showPicture(picture, id, "picture.png");
    return el("li", {}, el("button", { class: "outfit", type: "button", "aria-label": `The clothes of ${stem(name)}`, onclick: () => make({ edit: "wear", wear: id }) },
      picture, el("span", {}, stem(name))));
  });
  return el("details", { class: "card more" }, el("summary", {}, "Wear another double's clothes"), el("ul", { class: "outfits" }, tiles));
}
