// What the server knows, asked for again and again: often while something is being made, seldom otherwise.
import { fetchState } from "./api.mjs";

const BUSY_MS = 400;
const IDLE_MS = 4000;

export const PENDING = ["waiting", "running"];

export class Store {
  constructor(show, fail) {
    this.state = { doubles: [], jobs: [], products: [] };
    this.show = show;
    this.fail = fail;
    this.timer = 0;
    this.asked = 0;
    document.addEventListener("visibilitychange", () => !document.hidden && this.refresh());
  }

  async refresh() {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    let state = this.state;
    try {
      state = await fetchState();
      this.fail("");
    } catch (error) {
      this.fail(error.message);
    }
    if (asked !== this.asked) return; // a later question is under way
    this.state = state;
    this.show(state);
    const busy = state.jobs.some((job) => PENDING.includes(job.state));
    this.timer = setTimeout(() => this.refresh(), document.hidden ? 4 * IDLE_MS : busy ? BUSY_MS : IDLE_MS);
  }

  double(id) {
    return this.state.doubles.find((double) => double.id === id);
  }

  // The job that makes a file of a double, or the double itself ("create").
  job(double, makes) {
    return this.state.jobs.find((job) => job.double === double && job.makes === makes);
  }
}
