// The second view: one double in 3-D beside its photo, with its motions, its parts and its files.
import * as api from "./api.mjs";
import { clear, complain, el, say } from "./dom.mjs";
import { PENDING } from "./state.mjs";
import { Viewer } from "./viewer.mjs";

const FIRST = "idle.glb"; // what the page shows at once
const PARTS = { hair: "Hair", skirt: "Skirt", coat: "Coat", shoes: "Shoes" };

export class DoubleView {
  constructor(store, double) {
    this.store = store;
    this.double = double;
    this.wanted = new Map(); // files asked for here, and what to do when they are there
    this.canvas = el("canvas", { tabIndex: 0, role: "img", "aria-label": `The double of ${double.name} in 3-D. Arrow keys turn it.` });
    this.waiting = el("p", { class: "waiting quiet" }, "Opening …");
    this.motions = el("div", { class: "choices", role: "group", "aria-label": "Motion" });
    this.files = el("ul", { class: "files" });
    this.root = el("div", { class: "double" }, this.head(), this.stage(), this.side());
    this.open();
  }

  head() {
    return el("div", { class: "head" },
      el("div", {}, el("a", { class: "back", href: "#/" }, "‹ All doubles"), el("h1", {}, this.double.name)));
  }

  stage() {
    return el("section", { class: "stage card", "aria-label": "Double" },
      el("div", { class: "canvas" }, this.canvas, this.waiting), this.motions);
  }

  side() {
    const photo = el("img", { alt: `The photo ${this.double.name}` });
    api.pictureUrl(this.double.id, "photo.jpg").then((url) => (photo.src = url), () => photo.remove());
    return el("aside", { class: "side" },
      el("figure", { class: "card photo" }, photo),
      this.parts(),
      el("section", { class: "card", "aria-labelledby": "files" }, el("h2", { id: "files" }, "Download"), this.files),
      this.notes(),
      el("p", {}, el("button", { class: "button plain danger", onclick: () => this.remove() }, "Remove this double")));
  }

  parts() {
    const surfaces = this.double.surfaces.filter(({ kind }) => kind in PARTS);
    if (!surfaces.length) return null;
    return el("section", { class: "card", "aria-labelledby": "parts" }, el("h2", { id: "parts" }, "Worn"),
      el("div", { class: "switches" }, surfaces.map(({ name, kind }) => el("label", {},
        el("input", { type: "checkbox", checked: true, onchange: (event) => this.viewer?.setVisible(name, event.target.checked) }),
        PARTS[kind]))));
  }

  notes() {
    const notes = this.double.notes.map((note) => el("li", {}, api.sentence(note)));
    return notes.length ? el("details", { class: "card notes" }, el("summary", {}, "What was seen and what was made up"), el("ul", {}, notes)) : null;
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
      this.root.dataset.ready = FIRST;
    } catch (error) {
      this.waiting.textContent = error.message;
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
    clear(this.motions, this.products.filter(({ motion }) => motion).map(({ file, label, job }) => {
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
    this.want(file, async () => {
      if (!this.viewer.has(file)) await this.viewer.addMotion(await api.fetchBytes(this.double.id, file), file);
      if (this.chosen === file) this.play(file);
    });
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
    const offered = this.products.filter(({ file, download, motion }) => download || (motion && file === this.playing));
    clear(this.files, offered.map((product) => this.fileRow(product)));
    if (focused) this.files.querySelector(`[data-file="${focused}"]`)?.focus();
  }

  fileRow({ file, label, motion, job }) {
    const busy = PENDING.includes(job?.state);
    const title = motion ? `3-D model, ${label.toLowerCase()}` : label;
    const told = busy ? (job.state === "waiting" ? "waiting …" : `${Math.round(100 * job.done)} %`) : file.slice(file.lastIndexOf("."));
    const running = this.store.job(this.double.id, file);
    return el("li", {},
      el("button", { class: "file", "data-file": file, "aria-busy": String(busy), onclick: () => this.download(file) },
        el("span", {}, title), el("span", { class: "quiet" }, told)),
      busy ? el("button", { class: "button plain", "aria-label": `Cancel ${title}`, onclick: () => api.cancelJob(running.id).then(() => this.store.refresh(), (error) => complain(error.message)) }, "Cancel") : null);
  }

  download(file) {
    this.want(file, async () => {
      const url = URL.createObjectURL(await api.fetchBlob(this.double.id, file));
      const stem = this.double.name.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N} _-]/gu, "") || "double";
      const kind = ["double.double", "double.glb"].includes(file) ? file.slice(file.lastIndexOf(".")) : `-${file}`;
      const link = el("a", { href: url, download: stem + kind });
      document.body.append(link); // some browsers start no download from outside the page
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      say(`${stem}${kind} was downloaded`);
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
