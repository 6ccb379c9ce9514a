// The motions that a double can play: those that come with it, and the one that is dropped on it.
import * as api from "./api.mjs";
import { clear, complain, el } from "./dom.mjs";
import { FADE_S } from "./motions.mjs";

export const STANDING = "idle.vrma"; // what is played first, and in between
export const WALK = "walk.vrma";
const OWN = "own.vrma"; // with the motion that was dropped

export class MotionBar {
  // `played` is told the file that is played now.
  constructor(id, wishes, store, played) {
    Object.assign(this, { id, wishes, store, played });
    this.choices = el("div", { class: "choices", role: "group", "aria-label": "Motion" });
    const picker = el("input", {
      type: "file", id: "motion", class: "unseen", accept: ".bvh,.glb,.vrma,.npz,.npy",
      onchange: () => { this.drop(picker.files[0]); picker.value = ""; },
    });
    this.own = el("span", { class: "own" }, picker, el("label", { class: "choice", for: "motion" }, "Add a motion …"));
    this.playing = "";
  }

  // Motions can be played from now on.
  open(motions) {
    this.motions = motions;
  }

  // Let the double move as a file says.
  async drop(file) {
    if (!file) return;
    try {
      await api.addMotion(this.id, file);
      this.motions.forget(OWN);
      this.chosen = OWN;
      this.wishes.expect(OWN, () => this.start(OWN));
      await this.store.refresh();
    } catch (error) {
      complain(error.message);
    }
  }

  choose(file) {
    this.chosen = file;
    return this.wishes.want(file, () => this.start(file));
  }

  async start(file) {
    await this.load(file);
    if (this.chosen === file) this.play(file);
  }

  async load(file) {
    if (!this.motions.has(file)) await this.motions.add(file, await api.fetchBytes(this.id, file));
  }

  play(file) {
    this.motions.pause(false);
    this.motions.play(file);
    this.tell(file);
  }

  // Stand still as now: joints are turned by hand.
  hold() {
    this.motions.hold();
    this.chosen = "";
    this.tell("");
  }

  tell(file) {
    if (file === this.playing) return;
    this.playing = file;
    this.played(file);
  }

  // Stand, and be sure to do so by the time that `then` is called.
  stand(then) {
    this.choose(STANDING);
    setTimeout(then, 1500 * FADE_S);
  }

  show(products) {
    const offered = products.filter(({ file, motion, made, busy }) =>
      motion && file.endsWith(".vrma") && (file !== OWN || made || busy));
    const key = JSON.stringify([offered.map(({ file, busy }) => [file, busy]), this.playing]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = this.choices.contains(document.activeElement) ? document.activeElement.dataset.file : "";
    clear(this.choices, offered.map(({ file, label, busy }) => el("button", {
      class: "choice", "data-file": file, "aria-pressed": String(file === this.playing), "aria-busy": String(busy),
      onclick: () => this.choose(file),
    }, label)));
    if (focused) this.choices.querySelector(`[data-file="${focused}"]`)?.focus();
  }
}
