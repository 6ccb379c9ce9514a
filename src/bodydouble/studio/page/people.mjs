// The people in a photo, each a button over them.
import { el } from "./dom.mjs";

// `people`: [{ number, left, top, width, height, taken }], in shares of the picture. `choose` gets a number.
export function peopleOver(people, choose) {
  return people.filter(({ left, top, width, height }) => left < 1 && top < 1 && left + width > 0 && top + height > 0)
    .map(({ number, taken, left, top, width, height }) => {
      const label = taken ? `Number ${number} from the left, who is made now` : `Make number ${number} from the left`;
      const button = el("button", { class: "person", type: "button", disabled: taken, "aria-label": label, title: label, onclick: () => choose(number) }, String(number));
      const [right, bottom] = [Math.min(1, left + width), Math.min(1, top + height)];
      const [x, y] = [Math.max(0, left), Math.max(0, top)];
      Object.assign(button.style, { left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * (right - x)}%`, height: `${100 * (bottom - y)}%` });
      return button;
    });
}
