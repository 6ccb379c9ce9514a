// A sentence that is typed, and the mouth that says it; and eyes that blink meanwhile and always.
import { el, say } from "./dom.mjs";
import { SHAPES, visemesOf } from "./visemes.mjs";

const QUICK = 14; // 1/s, how quickly the mouth comes from one shape to the next
const BLINK_S = 0.16;
const BLINKS_S = [2.5, 6]; // between two blinks, at least and at most

export class Speech {
  constructor(viewer, avatar) {
    this.avatar = avatar;
    this.weights = new Map(); // of the shapes that are in use
    this.queue = [];
    this.nextBlink = 2;
    viewer.steps.add((seconds) => this.step(seconds));
  }

  say(text) {
    this.queue = visemesOf(text);
  }

  get speaking() {
    return this.queue.length > 0;
  }

  step(seconds) {
    this.blink(seconds);
    if (!this.queue.length && !this.weights.size) return;
    const wanted = SHAPES[this.queue[0]?.shape ?? "rest"];
    for (const name of Object.keys(wanted)) if (!this.weights.has(name)) this.weights.set(name, 0);
    const step = 1 - Math.exp(-QUICK * seconds);
    for (const [name, weight] of this.weights) {
      const next = weight + ((wanted[name] ?? 0) - weight) * step;
      if (next < 0.005 && !wanted[name]) this.weights.delete(name);
      else this.weights.set(name, next);
      this.avatar.setFace(name, this.weights.get(name) ?? 0);
    }
    for (let left = seconds; this.queue.length && left > 0; ) {
      const used = Math.min(left, this.queue[0].seconds);
      this.queue[0].seconds -= used;
      left -= used;
      if (this.queue[0].seconds <= 1e-6) this.queue.shift();
    }
  }

  blink(seconds) {
    this.nextBlink -= seconds;
    if (this.nextBlink > BLINK_S) return;
    const along = Math.max(0, this.nextBlink) / BLINK_S; // 1 to 0
    this.avatar.setFace("blink", Math.sin(Math.PI * along));
    if (this.nextBlink <= 0) this.nextBlink = BLINKS_S[0] + Math.random() * (BLINKS_S[1] - BLINKS_S[0]);
  }
}

// A line to type in.
export function speechForm(speech, begin) {
  const text = el("input", { type: "text", id: "sentence", maxlength: "400", autocomplete: "off", placeholder: "Hello, I am your double." });
  const speak = (event) => {
    event.preventDefault();
    begin();
    speech.say(text.value || text.placeholder);
    say("It speaks");
  };
  return el("form", { class: "speech", onsubmit: speak },
    el("label", { for: "sentence" }, "Let it say"), text, el("button", { class: "button" }, "Say"));
}
