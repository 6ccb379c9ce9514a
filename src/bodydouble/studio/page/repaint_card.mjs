// Change a part of the double: paint over it, and say what it is to be.
import { Brush } from "./brush.mjs";
import { complain, el } from "./dom.mjs";

// What a painted part may be: on the body made up again as such; hair, hats, skirts and coats end where skin is painted.
const LABELS = [
  ["skin", "Skin"], ["hair", "Hair"], ["facial hair", "Beard"], ["hat", "Hat or scarf"], ["upper", "Shirt or top"],
  ["lower", "Trousers or skirt"], ["dress", "Dress"], ["outer", "Jacket or coat"], ["under", "Tights or underwear"],
  ["shoes", "Shoes"],
];
const WAYS = [["colour", "In another colour"], ["label", "As something else"], ["again", "Made up again"]];
const CUTS = "Skin painted on long hair, a hat, a skirt or a coat cuts it away: what is beneath shows.";
const CUT = ["hair", "hat", "skirt", "coat"]; // kinds of surfaces
const TEETH = /_teeth$/;

export class RepaintCard {
  // `begin` is called before painting, with whether it is on; `hold` with whether the avatar's colours have to stay as
  // they are; `make` gets the change and what was painted.
  constructor(double, viewer, avatar, { begin, hold, make }) {
    Object.assign(this, { double, begin, hold, make });
    const surfaces = new Set(double.surfaces.map(({ name }) => name));
    this.brush = new Brush(viewer, avatar, (name) => (surfaces.has(name) ? name : TEETH.test(name) ? null : "body"));
    this.seed = 1;
    this.switch = el("button", { class: "button", type: "button", "aria-pressed": "false", onclick: () => this.paint(!this.brush.on) }, "Paint");
    this.root = el("details", { class: "card more repaint" }, el("summary", {}, "Change a part"), this.tools(), this.form());
    this.root.addEventListener("toggle", () => this.root.open || this.paint(false));
  }

  tools() {
    const radius = el("input", { type: "range", id: "brush", min: "4", max: "40", value: String(this.brush.radius), oninput: () => this.brush.resize(Number(radius.value)) });
    const erase = el("input", { type: "checkbox", onchange: () => (this.brush.erases = erase.checked) });
    return el("div", { class: "tools" },
      el("p", { class: "quiet small" }, "Paint over it on the double. Everything else stays as it is. By keys: Shift and an arrow move the brush, Space paints, arrows turn the double."),
      el("p", { class: "line" }, this.switch, el("button", { class: "button plain", type: "button", onclick: () => this.clear() }, "Clear")),
      el("p", { class: "line" }, el("label", { for: "brush" }, "Brush"), radius, el("label", { class: "check" }, erase, "Erase")));
  }

  form() {
    const colour = el("input", { type: "color", id: "colour", value: "#2f5d50", "aria-label": "Colour" });
    const label = el("select", { "aria-label": "What it is to be" }, LABELS.map(([value, text]) => el("option", { value }, text)));
    const inputs = { colour, label, again: el("span", {}) };
    const rows = WAYS.map(([way, text], index) => {
      const choice = el("input", { type: "radio", name: "way", value: way, checked: index === 0 });
      return el("p", { class: "line" }, el("label", { class: "check" }, choice, text), inputs[way]);
    });
    const submit = (event) => {
      event.preventDefault();
      const way = new FormData(event.target).get("way");
      this.send(way, way === "again" ? String(this.seed++) : inputs[way].value);
    };
    if (this.double.surfaces.some(({ kind }) => CUT.includes(kind))) rows.splice(2, 0, el("p", { class: "quiet small" }, CUTS));
    return el("form", { onsubmit: submit }, rows, el("p", { class: "actions" }, el("button", { class: "button strong" }, "Change it")));
  }

  paint(on) {
    if (on === this.brush.on) return;
    this.begin(on);
    this.brush.turn(on);
    this.hold(this.brush.holds);
    this.switch.setAttribute("aria-pressed", String(on));
    this.switch.textContent = on ? "Stop painting" : "Paint";
    if (on) this.brush.viewer.canvas.focus({ preventScroll: true });
  }

  clear() {
    this.brush.clear();
    this.hold(this.brush.holds);
  }

  async send(way, value) {
    if (this.brush.empty) return complain("Nothing is painted yet: press Paint, and mark a part of the double.");
    complain("");
    this.make({ edit: way, [way]: value }, JSON.stringify(await this.brush.masks()));
  }

  close() {
    this.brush.close();
  }
}
