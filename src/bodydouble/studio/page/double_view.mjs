// The second view: one double in 3-D beside its photo, with its motions, its parts and its files.
import * as api from "./api.mjs";
import { clear, complain, el, say, stem } from "./dom.mjs";
import { faceSliders } from "./face.mjs";
import { notesCard, othersCard, photoCard, sidesCard } from "./side_cards.mjs";
import { PENDING } from "./state.mjs";
import { FADE_S, Viewer } from "./viewer.mjs";

const FIRST = "idle.glb"; // what the page shows at once
const OWN = "own.glb"; // with the motion that was dropped here
const MADE_UP = "made_up.glb"; // with what was made up in another colour
const PARTS = { hair: "Hair", skirt: "Skirt", coat: "Coat", shoes: "Shoes" };

export class DoubleView {
  constructor(store, double) {
    this.store = store;
    this.double = double;
    this.wanted = new Map(); // files asked for here, and what to do when they are there
    const told = `The double of ${double.name} in 3-D. Arrow keys turn it.`;
    this.canvas = el("canvas", { tabIndex: 0, role: "img", "aria-label": told });
    this.waiting = el("p", { class: "waiting quiet" }, "Opening …");
    this.motions = el("div", { class: "choices", role: "group", "aria-label": "Motion" });
    this.files = el("ul", { class: "files" });
    this.root = el("div", { class: "double" }, this.head(), this.stage(), this.side());
    this.open();
  }

  head() {
    return el("div", { class: "head" },
      el("div", {}, el("a", { class: "back", href: "#/" }, "‹ All doubles"), el("h1", {}, stem(this.double.name))));
  }

  stage() {
    const picker = el("input", {
      type: "file", id: "motion", class: "unseen", accept: ".bvh,.glb,.vrma,.npz,.npy",
      onchange: () => { this.addMotion(picker.files[0]); picker.value = ""; },
    });
    this.own = el("span", { class: "own" }, picker, el("label", { class: "choice", for: "motion" }, "Add a motion …"));
    const stage = el("section", { class: "stage card", "aria-label": "Double" },
      el("div", { class: "canvas" }, this.canvas, this.waiting), el("div", { class: "bar-below" }, this.motions, this.own));
    stage.addEventListener("dragover", (event) => event.preventDefault());
    stage.addEventListener("drop", (event) => { event.preventDefault(); this.addMotion(event.dataTransfer.files[0]); });
    return stage;
  }

  side() {
    return el("aside", { class: "side" },
      photoCard(this.double),
      this.parts(),
      this.face = el("div", { hidden: true }),
      el("section", { class: "card", "aria-labelledby": "files" }, el("h2", { id: "files" }, "Download"), this.files),
      othersCard(this.double, (person) => this.another({ person })),
      sidesCard((photo) => this.another({}, photo)),
      notesCard(this.double),
      el("p", {}, el("button", { class: "button plain danger", onclick: () => this.remove() }, "Remove this double")));
  }

  parts() {
    const surfaces = this.double.surfaces.filter(({ kind }) => kind in PARTS);
    const toggle = (label, checked, onchange) =>
      el("label", {}, el("input", { type: "checkbox", checked, onchange }), label);
    const worn = surfaces.map(({ name, kind }) =>
      toggle(PARTS[kind], true, (event) => this.viewer?.setVisible(name, event.target.checked)));
    return el("section", { class: "card", "aria-labelledby": "parts" }, el("h2", { id: "parts" }, "Show"),
      el("div", { class: "switches" }, worn, toggle("What was made up", false, (event) => this.showMadeUp(event.target))));
  }

  // Colour what no photo showed.
  showMadeUp(box) {
    if (this.tinted !== undefined) return this.tint(box.checked);
    this.want(MADE_UP, async () => {
      if (this.tinted === undefined) await this.viewer.addColours(await api.fetchBytes(this.double.id, MADE_UP));
      this.tinted ??= false;
      this.tint(box.checked);
    });
  }

  tint(wanted) {
    if (wanted !== this.tinted) this.viewer.swapColours();
    this.tinted = wanted;
    this.root.dataset.tinted = wanted;
  }

  async another(changes, photo) {
    try {
      await api.makeAnother(this.double, changes, photo);
      location.hash = "#/";
    } catch (error) {
      complain(error.message);
    }
  }

  async open() {
    try {
      this.viewer = new Viewer(this.canvas);
      const bytes = await api.fetchBytes(this.double.id, FIRST);
      await this.viewer.load(bytes, FIRST);
      this.play(FIRST);
      this.viewer.mixer.update(0);
      this.viewer.frame();
      this.viewer.pause(matchMedia("(prefers-reduced-motion: reduce)").matches);
      this.waiting.hidden = true;
      this.showFace();
      this.root.dataset.ready = FIRST;
    } catch (error) {
      this.waiting.textContent = error.message;
    }
  }

  showFace() {
    const names = this.viewer.faces();
    if (!names.length) return;
    const sliders = faceSliders(names, (name, value) => this.viewer.setFace(name, value));
    sliders.addEventListener("toggle", () => {
      if (sliders.open) this.chooseMotion(FIRST); // a face that holds still
      setTimeout(() => this.viewer.lookAtFace(sliders.open), 1500 * FADE_S);
    });
    clear(this.face, sliders);
    this.face.hidden = false;
  }

  // Let the double move as a file says.
  async addMotion(file) {
    if (!file) return;
    try {
      await api.addMotion(this.double.id, file);
      this.viewer.forgetMotion(OWN);
      this.chosen = OWN;
      this.wanted.set(OWN, () => this.startMotion(OWN));
      await this.store.refresh();
    } catch (error) {
      complain(error.message);
    }
  }

  show(state) {
    this.double = state.doubles.find(({ id }) => id === this.double.id) ?? this.double;
    const products = state.products.map((product) => ({ ...product, ...this.progress(product.file) }));
    for (const product of products) this.answer(product);
    const key = JSON.stringify([products, this.playing]);
    if (key === this.shown) return;
    this.shown = key;
    this.products = products;
    this.showMotions();
    this.showFiles();
  }

  // Whether a file is there, is being made, or came to nothing.
  progress(file) {
    const job = this.store.job(this.double.id, file);
    return { made: this.double.files.includes(file), job: job && { state: job.state, done: job.done, error: job.error } };
  }

  answer({ file, made, job }) {
    if (!this.wanted.has(file) || PENDING.includes(job?.state)) return;
    const then = this.wanted.get(file);
    if (made) {
      this.wanted.delete(file);
      then();
    } else if (job) {
      this.wanted.delete(file);
      complain(job.error ? api.sentence(job.error) : "That was cancelled.");
    }
  }

  // Do something with a file, made first where it is not there.
  async want(file, then) {
    if (this.double.files.includes(file)) return then();
    try {
      await api.makeProduct(this.double.id, file);
      this.wanted.set(file, then);
      await this.store.refresh();
    } catch (error) {
      complain(error.message);
    }
  }

  showMotions() {
    const focused = this.motions.contains(document.activeElement) ? document.activeElement.dataset.file : "";
    const offered = this.products.filter(({ file, motion, made, job }) =>
      motion && file.endsWith(".glb") && (file !== OWN || made || PENDING.includes(job?.state)));
    clear(this.motions, offered.map(({ file, label, job }) => {
      const busy = PENDING.includes(job?.state);
      return el("button", {
        class: "choice", "data-file": file, "aria-pressed": String(file === this.playing), "aria-busy": String(busy),
        onclick: () => this.chooseMotion(file),
      }, label);
    }));
    if (focused) this.motions.querySelector(`[data-file="${focused}"]`)?.focus();
  }

  chooseMotion(file) {
    this.chosen = file;
    this.want(file, () => this.startMotion(file));
  }

  async startMotion(file) {
    if (!this.viewer.has(file)) await this.viewer.addMotion(await api.fetchBytes(this.double.id, file), file);
    if (this.chosen === file) this.play(file);
  }

  play(file) {
    this.viewer.pause(false);
    this.viewer.play(file);
    this.playing = file;
    this.root.dataset.playing = file;
    this.show(this.store.state);
  }

  showFiles() {
    const focused = this.files.contains(document.activeElement) ? document.activeElement.dataset.file : "";
    const offered = this.products.filter(({ download, motion }) => download && (!motion || motion === this.motion()));
    clear(this.files, offered.map((product) => this.fileRow(product)));
    if (focused) this.files.querySelector(`[data-file="${focused}"]`)?.focus();
  }

  // The motion on show.
  motion() {
    return this.products.find(({ file }) => file === this.playing)?.motion;
  }

  fileRow({ file, label, motion, job }) {
    const busy = PENDING.includes(job?.state);
    const title = motion ? `${file.endsWith(".mp4") ? "Video" : "3-D model"}: ${label}` : label;
    const told = busy ? (job.state === "waiting" ? "waiting …" : `${Math.round(100 * job.done)} %`) : file.slice(file.lastIndexOf("."));
    const cancel = () => api.cancelJob(this.store.job(this.double.id, file).id)
      .then(() => this.store.refresh(), (error) => complain(error.message));
    return el("li", {},
      el("button", { class: "file", "data-file": file, "aria-busy": String(busy), onclick: () => this.download(file) },
        el("span", {}, title), el("span", { class: "quiet" }, told)),
      busy ? el("button", { class: "button plain", "aria-label": `Cancel ${title}`, onclick: cancel }, "Cancel") : null);
  }

  download(file) {
    this.want(file, async () => {
      const url = URL.createObjectURL(await api.fetchBlob(this.double.id, file));
      const name = stem(this.double.name).replace(/[^\p{L}\p{N} _-]/gu, "") || "double";
      const kind = file.startsWith("double.") ? file.slice(file.lastIndexOf(".")) : `-${file}`;
      const link = el("a", { href: url, download: name + kind });
      document.body.append(link); // some browsers start no download from outside the page
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      say(`${name}${kind} was downloaded`);
    });
  }

  async remove() {
    if (!confirm(`Remove ${this.double.name}, its photo and everything made of it?`)) return;
    try {
      await api.removeDouble(this.double.id);
      location.hash = "#/";
    } catch (error) {
      complain(error.message);
    }
  }

  close() {
    this.viewer?.close();
  }
}
