// How long something will still take, by how it went so far.
const FIRST_MS = 6000; // before that nothing is said
const LEAST = 0.1; // of all, that must have been done since

export class Pace {
  // Words for a share of it that is done now, from 0 to 1; empty where that cannot be told.
  left(done, now = performance.now()) {
    if (!(done >= this.last)) [this.begun, this.start] = [done, now]; // at first, and where it began anew
    this.last = done;
    const [gone, got] = [now - this.start, done - this.begun];
    if (gone < FIRST_MS || got < LEAST) return "";
    const minutes = ((gone / got) * (1 - done)) / 60_000;
    return minutes < 0.75 ? "less than a minute left" : `about ${Math.round(minutes)} min left`;
  }
}
