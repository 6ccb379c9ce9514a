// The first view: a place to drop a photo, what is being made, and what was made before.
import * as api from "./api.mjs";
import { openCamera } from "./camera.mjs";
import { clear, complain, el, say, stem } from "./dom.mjs";
import { Pace } from "./pace.mjs";
import { peopleOver } from "./people.mjs";
import { STAGES, stageIndex } from "./stages.mjs";
import { PENDING } from "./state.mjs";

const STEPS = ["photo.jpg", "person.jpg", "labels.jpg", "fit.jpg", "over_photo.png"]; // pictures of what is understood, in their order
const EDITS = { colour: "another colour", label: "a part changed", again: "a part made up again", wear: "other clothes" };
const EDITING = { dressing: "Changing clothes", painting: "Painting the part" };
const ENDED = { failed: "That did not work", cancelled: "Cancelled", interrupted: "Interrupted" };

export class Home {
  constructor(store) {
    this.store = store;
    this.cards = new Map();
    this.sent = new Map(); // by a job's id the address of the photo that was given here, until the studio shows it
    this.making = el("section", { class: "making", "aria-label": "Being made" });
    this.gallery = el("ul", { class: "gallery" });
    this.earlier = el("section", { "aria-labelledby": "earlier", hidden: true }, el("h2", { id: "earlier" }, "Your doubles"), this.gallery);
    this.root = el("div", { class: "home" }, this.dropPlace(), this.making, this.earlier);
  }

  dropPlace() {
    const picker = el("input", {
      type: "file", id: "photo", class: "unseen", accept: "image/*,video/*,.heic,.heif,.avif,.mkv",
      onchange: () => { this.add([...picker.files]); picker.value = ""; },
    });
    this.height = el("input", { type: "number", id: "height", min: "40", max: "260", step: "1", inputmode: "numeric", placeholder: "auto" });
    const place = el("section", { class: "drop", "aria-labelledby": "begin" },
      el("h1", { id: "begin" }, "One photo. A double that moves."),
      el("p", { class: "quiet" }, "Drop a photo of a person here, head to feet if you have one."),
      el("p", { class: "actions" },
        picker,
        el("label", { class: "button strong", for: "photo" }, "Choose a photo"),
        navigator.mediaDevices ? el("button", { class: "button", onclick: () => openCamera((file) => this.add([file])) }, "Take one") : null,
        el("button", { class: "button", onclick: () => this.run(api.addSample) }, "Try a drawn person")),
      el("p", { class: "option" },
        el("label", { for: "height" }, "Height, if you know it"), this.height, el("span", { class: "quiet" }, "cm")),
      el("p", { class: "quiet small" }, "Use photos of yourself, or of people who have agreed to it."));
    for (const kind of ["dragenter", "dragover"])
      place.addEventListener(kind, (event) => { event.preventDefault(); place.classList.add("over"); });
    for (const kind of ["dragleave", "drop"])
      place.addEventListener(kind, (event) => { event.preventDefault(); place.classList.remove("over"); });
    place.addEventListener("drop", (event) => this.add([...event.dataTransfer.files]));
    return place;
  }

  async add(files) {
    const centimetres = Number(this.height.value);
    for (const file of files) await this.run(async () => {
      const job = await api.addPhoto(file, centimetres ? centimetres / 100 : 0);
      this.sent.set(job.id, URL.createObjectURL(file));
    });
  }

  async run(action) {
    try {
      await action();
      await this.store.refresh();
    } catch (error) {
      complain(error.message);
    }
  }

  show(state) {
    const creating = state.jobs.filter((job) => job.makes === "create" && job.state !== "done");
    for (const id of [...this.cards.keys()]) {
      if (creating.some((job) => job.id === id)) continue;
      this.cards.get(id).root.remove();
      this.cards.delete(id);
      if (this.sent.has(id)) URL.revokeObjectURL(this.sent.get(id));
      this.sent.delete(id);
    }
    for (const job of creating) {
      if (!this.cards.has(job.id)) {
        const card = new JobCard(this);
        this.cards.set(job.id, card);
        this.making.append(card.root);
      }
      this.cards.get(job.id).show(job);
    }
    this.showGallery(state.doubles);
  }

  showGallery(doubles) {
    const key = doubles.map((double) => double.id).join();
    if (key === this.shown) return;
    if (this.shown !== undefined && doubles.length > this.count) say(`The double of ${stem(doubles[0].name)} is ready`);
    [this.shown, this.count] = [key, doubles.length];
    this.earlier.hidden = !doubles.length;
    clear(this.gallery, doubles.map((double) => el("li", {}, tile(double))));
  }
}

// What makes a double another one than the first of its photo.
function differences({ edit, seed, person, height }) {
  const changed = edit ? EDITS[edit] : seed ? "another guess" : "";
  return [changed, person && `person ${person}`, height && `${Math.round(100 * height)} cm`].filter(Boolean).join(", ");
}

function tile(double) {
  const picture = el("img", { alt: "" });
  api.showPicture(picture, double.id, "picture.png");
  const day = new Date(1000 * double.created).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
  return el("a", { class: "tile", href: `#/double/${double.id}` },
    el("span", { class: "frame" }, picture),
    el("strong", {}, stem(double.name)),
    el("span", { class: "quiet small" }, [day, differences(double.options)].filter(Boolean).join(" · ")));
}

// One double that is being made, or that came to nothing.
class JobCard {
  constructor(home) {
    this.home = home;
    this.stage = 0;
    this.pace = new Pace();
    this.title = el("h2", {});
    this.told = el("p", { class: "quiet" });
    this.bar = el("progress", { max: 1, "aria-label": "Progress" });
    this.stages = el("ol", { class: "stages" }, STAGES.map(([, title]) => el("li", {}, title)));
    this.actions = el("p", { class: "actions" });
    this.picture = el("img", { alt: "", hidden: true, onload: () => (this.picture.hidden = this.people.hidden = false) });
    this.hint = el("p", { class: "small" });
    this.people = el("div", { class: "people", hidden: true }, this.picture);
    this.root = el("article", { class: "job card" }, this.people, el("div", { class: "about" },
      el("div", { class: "head" }, el("div", {}, this.title, this.told), this.actions), this.hint, this.bar, this.stages));
  }

  show(job) {
    const pending = PENDING.includes(job.state);
    this.stage = job.state === "running" ? stageIndex(job.stage, this.stage) : 0;
    this.title.textContent = stem(job.name);
    this.told.textContent = this.words(job);
    this.bar.hidden = job.state !== "running";
    this.bar.value = job.done;
    this.stages.hidden = job.state !== "running";
    [...this.stages.children].forEach((item, index) => {
      item.className = index < this.stage ? "past" : index === this.stage ? "now" : "";
      if (index === this.stage) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    this.showPicture(job);
    this.showPeople(job);
    if (job.state === this.shown) return;
    if (this.shown && !pending) say(`${stem(job.name)}: ${this.told.textContent}`);
    this.shown = job.state;
    this.root.classList.toggle("failed", job.state === "failed");
    this.root.classList.toggle("queued", job.state === "waiting");
    clear(this.actions, pending ? [this.button("Cancel", () => api.cancelJob(job.id))]
      : [this.button("Start again", () => api.startAgain(job.id)), this.button("Remove", () => api.removeDouble(job.double))]);
  }

  // The last thing that was understood of the photo; before that the photo, where the browser can show it.
  showPicture(job) {
    const file = STEPS.findLast((step) => job.files.includes(step)) ?? (this.home.sent.has(job.id) ? "sent" : "");
    if (!file || file === this.pictured) return;
    this.pictured = file;
    if (file === "sent") this.picture.src = this.home.sent.get(job.id);
    else api.showPicture(this.picture, job.double, file);
  }

  // Where there are several, each can be clicked: then that one is made instead.
  showPeople(job) {
    if (this.counted || job.options.edit || !job.files.includes("people.json")) return;
    this.counted = true;
    const make = (person) => this.home.run(async () => {
      await api.makeAnother({ id: job.double, name: job.name, options: job.options }, { person });
      await api.removeDouble(job.double);
    });
    api.fetchJson(job.double, "people.json").then((people) => {
      if (people.length < 2) return;
      this.people.append(...peopleOver(people, make));
      this.hint.textContent = "Several people: click the one to be made.";
    }, () => {});
  }

  words(job) {
    if (job.state === "waiting") return "Waiting for the one before";
    if (job.state === "running") {
      const left = this.pace.left(job.done);
      return [EDITING[job.stage] ?? STAGES[this.stage][1], `${Math.round(100 * job.done)} %`, left].filter(Boolean).join(" · ");
    }
    return job.error ? api.sentence(job.error) : ENDED[job.state];
  }

  button(label, action) {
    const press = async () => {
      button.disabled = true;
      await this.home.run(action);
      button.disabled = false;
    };
    const button = el("button", { class: "button", "aria-label": `${label}: ${this.title.textContent}`, onclick: press }, label);
    return button;
  }
}
