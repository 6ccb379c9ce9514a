// The second view: one double in 3-D beside its photo, with its motions, its parts and its files.
import { makeAnother } from "./again_card.mjs";
import * as api from "./api.mjs";
import { openAvatar } from "./avatar.mjs";
import { clear, complain, el, stem } from "./dom.mjs";
import { faceCard } from "./face.mjs";
import { FilesCard } from "./files_card.mjs";
import { MotionBar, STANDING, WALK } from "./motion_bar.mjs";
import { Motions } from "./motions.mjs";
import { Posing } from "./posing.mjs";
import { RepaintCard } from "./repaint_card.mjs";
import { checkAvatar, reportCard } from "./report.mjs";
import { ShowCard } from "./show_card.mjs";
import { notesCard, photoCard } from "./side_cards.mjs";
import { Speech, speechForm } from "./speech.mjs";
import { Viewer } from "./viewer.mjs";
import { measurePace, Walking, walkPad } from "./walking.mjs";
import { wearCard } from "./wear_card.mjs";
import { Wishes } from "./wishes.mjs";

const AVATAR = "double.vrm"; // what the page shows
const POINTER = "Drag to turn it, scroll or pinch to come nearer.";
const KEYS = "Arrow keys turn it, + and − come nearer and go away, W, A, S and D walk it.";

export class DoubleView {
  constructor(store, double) {
    this.store = store;
    this.double = double;
    this.wishes = new Wishes(store, double.id);
    this.bar = new MotionBar(double.id, this.wishes, store, (file) => this.played(file));
    this.files = new FilesCard(double, this.wishes);
    this.parts = new ShowCard(double, this.wishes, (tinted) => (this.root.dataset.tinted = tinted));
    this.canvas = el("canvas", { tabIndex: 0, role: "img", "aria-label": `The double of ${double.name} in 3-D. ${KEYS}` });
    this.waiting = el("p", { class: "waiting quiet" }, "Opening …");
    this.root = el("div", { class: "double" }, this.head(), this.stage(), this.side());
    this.root.view = this; // for the console
    this.open();
  }

  head() {
    return el("div", { class: "head" },
      el("div", {}, el("a", { class: "back", href: "#/" }, "‹ All doubles"), el("h1", {}, stem(this.double.name))));
  }

  stage() {
    this.picture = el("div", { class: "canvas" }, this.canvas, this.waiting);
    this.poser = el("button", { class: "choice", type: "button", "aria-pressed": "false", disabled: true, onclick: () => this.pose(!this.posing.shown) }, "Pose");
    this.below = el("div", { class: "speaking" });
    const stage = el("section", { class: "stage card", "aria-label": "Double" }, this.picture,
      el("div", { class: "bar-below" }, this.bar.choices, this.poser, this.bar.own), this.below,
      el("p", { class: "hint quiet small" }, POINTER), el("p", { class: "keys quiet small" }, KEYS));
    stage.addEventListener("dragover", (event) => event.preventDefault());
    stage.addEventListener("drop", (event) => { event.preventDefault(); this.bar.drop(event.dataTransfer.files[0]); });
    return stage;
  }

  side() {
    [this.later, this.last] = [0, 1].map(() => el("div", { class: "later" })); // cards that need the avatar
    return el("aside", { class: "side" },
      photoCard(this.double),
      this.parts.root,
      this.later,
      this.files.root,
      makeAnother(this.double, (changes, photo) => this.another(changes, photo)),
      notesCard(this.double),
      this.last,
      el("p", {}, el("button", { class: "button plain danger", onclick: () => this.remove() }, "Remove this double")));
  }

  async open() {
    try {
      this.viewer = new Viewer(this.canvas);
      await this.wishes.want(AVATAR, () => this.wishes.want(STANDING, () => this.begin()));
    } catch (error) {
      this.waiting.textContent = error.message;
    }
  }

  // The avatar and its first motion are there.
  async begin() {
    try {
      const { viewer } = this;
      this.avatar = await openAvatar(await api.fetchBytes(this.double.id, AVATAR));
      this.motions = new Motions(this.avatar);
      viewer.steps.add((seconds) => this.motions.update(seconds));
      this.bar.open(this.motions);
      await this.bar.start(STANDING, (this.bar.chosen = STANDING));
      this.motions.update(0);
      viewer.show(this.avatar);
      viewer.frame();
      this.avatar.settle();
      this.motions.pause(matchMedia("(prefers-reduced-motion: reduce)").matches);
      this.addTools();
      this.waiting.hidden = true;
      this.root.dataset.ready = AVATAR;
    } catch (error) {
      this.waiting.textContent = error.message;
    }
  }

  addTools() {
    const { viewer, avatar } = this;
    this.parts.open(avatar, viewer.camera);
    this.walking = new Walking(viewer, avatar, { start: () => this.walk(), stop: () => this.bar.choose(STANDING) });
    this.posing = new Posing(viewer, avatar, () => this.bar.hold());
    this.picture.append(this.posing.root, walkPad(this.walking));
    this.poser.disabled = false;
    this.speech = new Speech(viewer, avatar);
    clear(this.below, speechForm(this.speech, () => this.lookNear()));
    const face = faceCard(avatar, (name, value) => avatar.setFace(name, value));
    face.addEventListener("toggle", () => this.bar.stand(() => this.look(face.open))); // a face that holds still
    const change = (how, painted) => this.leave(() => api.editDouble(this.double.id, how, painted));
    this.repaint = new RepaintCard(this.double, viewer, avatar, {
      begin: (on) => this.paint(on), hold: (held) => this.parts.hold(held), make: change,
    });
    const wear = wearCard(this.double, this.store.state.doubles, change);
    clear(this.later, face, this.repaint.root, wear);
    clear(this.last, reportCard(() => checkAvatar(avatar, this.rate())));
  }

  // Pictures a second, of the last seconds.
  rate() {
    const { frames, opened } = this.viewer;
    return (1000 * frames) / (performance.now() - opened);
  }

  look(near) {
    this.viewer.near = near;
    this.viewer.frame(near);
    this.root.dataset.near = near;
  }

  lookNear() {
    if (!this.viewer.near) this.look(true);
  }

  pose(wanted) {
    this.posing.show(wanted);
    this.poser.setAttribute("aria-pressed", String(wanted));
    if (wanted) {
      if (this.viewer.near) this.look(false);
      this.bar.hold();
    } else if (!this.bar.playing) this.bar.choose(STANDING);
  }

  // It holds still while it is painted on.
  paint(on) {
    if (on && this.posing.shown) this.pose(false);
    this.motions.pause(on);
  }

  async walk() {
    if (this.viewer.near) this.look(false);
    await this.wishes.want(WALK, async () => {
      await this.bar.load(WALK);
      this.walking.pace ||= measurePace(this.avatar, this.motions.clips.get(WALK));
      if (this.walking.pressed.size) this.bar.choose(WALK);
    });
  }

  // Another motion is played, or none.
  played(file) {
    if (file && this.posing?.shown) this.pose(false);
    this.root.dataset.playing = file;
    this.show(this.store.state);
  }

  // Another double is made: it is seen in the gallery.
  another(changes, photo) {
    return this.leave(() => api.makeAnother(this.double, changes, photo));
  }

  async leave(action) {
    try {
      await action();
      location.hash = "#/";
    } catch (error) {
      complain(error.message);
    }
  }

  show(state) {
    this.wishes.settle();
    const products = state.products.map((product) => ({ ...product, ...this.wishes.progress(product.file) }));
    this.bar.show(products);
    this.files.show(products, products.find(({ file }) => file === this.bar.playing)?.motion);
  }

  remove() {
    if (confirm(`Remove ${this.double.name}, its photo and everything made of it?`)) this.leave(() => api.removeDouble(this.double.id));
  }

  close() {
    this.repaint?.close();
    this.viewer?.close();
  }
}
