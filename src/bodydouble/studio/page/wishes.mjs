// Files of a double that are wanted here, made first where they are not there.
import * as api from "./api.mjs";
import { complain } from "./dom.mjs";
import { PENDING } from "./state.mjs";

export class Wishes {
  constructor(store, id) {
    Object.assign(this, { store, id });
    this.wanted = new Map(); // what to do when a file is there
  }

  // Do something with a file.
  async want(file, then) {
    if (this.store.double(this.id)?.files.includes(file)) return then();
    try {
      await api.makeProduct(this.id, file);
      this.expect(file, then);
      await this.store.refresh();
    } catch (error) {
      complain(error.message);
    }
  }

  // Do something with a file that is being made already.
  expect(file, then) {
    this.wanted.set(file, then);
  }

  // Of a file: whether it is there, and the job that makes it.
  progress(file) {
    const job = this.store.job(this.id, file);
    const made = this.store.double(this.id)?.files.includes(file) ?? false;
    return { made, busy: PENDING.includes(job?.state), job: job && { state: job.state, done: job.done, error: job.error } };
  }

  // Look at what has become of them.
  settle() {
    for (const [file, then] of [...this.wanted]) {
      const { made, busy, job } = this.progress(file);
      if (busy) continue;
      this.wanted.delete(file);
      if (made) then();
      else if (job) complain(job.error ? api.sentence(job.error) : "That was cancelled.");
    }
  }

  cancel(file) {
    return api.cancelJob(this.store.job(this.id, file).id).then(() => this.store.refresh(), (error) => complain(error.message));
  }
}
