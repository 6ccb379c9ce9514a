// What is shown of a double: its hair, clothes and shoes, what was made up, and where it looks.
import * as api from "./api.mjs";
import { el } from "./dom.mjs";

const MADE_UP = "made_up.vrm"; // with what was made up in another colour
const PARTS = { hair: "Hair", hat: "Hat", skirt: "Skirt", coat: "Coat", shoes: "Shoes" };

export class ShowCard {
  // `told` is called with whether what was made up is coloured now.
  constructor(double, wishes, told) {
    Object.assign(this, { double, wishes, told });
    const worn = double.surfaces.filter(({ kind }) => kind in PARTS).map(({ name, kind }) =>
      this.toggle(PARTS[kind], true, (box) => this.avatar?.setVisible(name, box.checked)));
    this.gaze = this.toggle("Looks at you", false, (box) => this.avatar?.lookAt(box.checked ? this.camera : null));
    this.madeUp = this.toggle("What was made up", false, (box) => this.showMadeUp(box));
    this.root = el("section", { class: "card", "aria-labelledby": "parts" }, el("h2", { id: "parts" }, "Show"),
      el("div", { class: "switches" }, worn, this.madeUp, this.gaze));
  }

  open(avatar, camera) {
    Object.assign(this, { avatar, camera });
  }

  toggle(label, checked, change) {
    const box = el("input", { type: "checkbox", checked, onchange: () => change(box) });
    return el("label", {}, box, label);
  }

  // Colour what no photo showed.
  showMadeUp(box) {
    if (this.tinted !== undefined) return this.tint(box.checked);
    this.wishes.want(MADE_UP, async () => {
      if (this.tinted === undefined) await this.avatar.addColours(await api.fetchBytes(this.double.id, MADE_UP));
      this.tinted ??= false;
      this.tint(box.checked);
    });
  }

  // The double's own colours, and no others while it is painted on.
  hold(held) {
    const box = this.madeUp.control;
    box.disabled = held;
    if (held) box.checked = false;
    if (held && this.tinted) this.tint(false);
  }

  tint(wanted) {
    if (wanted !== this.tinted) this.avatar.swapColours();
    this.tinted = wanted;
    this.told(wanted);
  }
}
