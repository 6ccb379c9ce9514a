// What can be downloaded of a double; what is not there yet is made first.
import * as api from "./api.mjs";
import { clear, el, say, stem } from "./dom.mjs";

const ORDER = [".mp4", ".glb", ".vrm", ".double", ".vrma"]; // what most people came for is first
const KINDS = { mp4: "Video", glb: "3-D model", vrma: "Motion alone" }; // of files with a motion

const suffixOf = (file) => file.slice(file.lastIndexOf("."));

export class FilesCard {
  constructor(double, wishes) {
    Object.assign(this, { double, wishes });
    this.files = el("ul", { class: "files" });
    this.programs = el("ul", { class: "files" });
    this.root = el("section", { class: "card", "aria-labelledby": "files" }, el("h2", { id: "files" }, "Download"), this.files,
      el("details", { class: "programs" }, el("summary", {}, "For a program"), this.programs));
  }

  // `motion`: the one on show, whose files are offered, too.
  show(products, motion) {
    const place = ({ file }) => ORDER.indexOf(suffixOf(file));
    const offered = products.filter((product) => product.download && (!product.motion || product.motion === motion))
      .sort((a, b) => place(a) - place(b));
    const key = JSON.stringify(offered.map(({ file, busy, job }) => [file, busy, busy && job]));
    if (key === this.shown) return;
    this.shown = key;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.file : "";
    const special = ({ profile, vrm }) => profile || vrm !== "1";
    clear(this.files, offered.filter((product) => !special(product)).map((product) => this.row(product)));
    clear(this.programs, offered.filter(special).map((product) => this.row(product)));
    if (focused) this.root.querySelector(`[data-file="${focused}"]`)?.focus();
  }

  row({ file, label, motion, busy, job }) {
    const suffix = suffixOf(file);
    const title = motion ? `${KINDS[suffix.slice(1)]}: ${label}` : label;
    const told = !busy ? suffix : job.state === "waiting" ? "waiting …" : `${Math.round(100 * job.done)} %`;
    return el("li", {},
      el("button", { class: "file", "data-file": file, "aria-busy": String(busy), onclick: () => this.download(file) },
        el("span", {}, title), el("span", { class: "quiet" }, told)),
      busy ? el("button", { class: "button plain", "aria-label": `Cancel ${title}`, onclick: () => this.wishes.cancel(file) }, "Cancel") : null);
  }

  download(file) {
    this.wishes.want(file, async () => {
      const url = URL.createObjectURL(await api.fetchBlob(this.double.id, file));
      const name = stem(this.double.name).replace(/[^\p{L}\p{N} _-]/gu, "") || "double";
      const kind = file.startsWith("double.") ? suffixOf(file) : `-${file.replace(/^double-/, "")}`;
      const link = el("a", { href: url, download: name + kind });
      document.body.append(link); // some browsers start no download from outside the page
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      say(`${name}${kind} was downloaded`);
    });
  }
}
