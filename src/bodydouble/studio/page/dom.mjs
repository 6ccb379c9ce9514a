// Elements in one line: el("button", { class: "plain", onclick }, "Cancel").
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function clear(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
}

// Tell those who hear the page; the same words twice are told twice.
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  requestAnimationFrame(() => (said.textContent = text));
}

export function complain(text) {
  const trouble = document.getElementById("trouble");
  trouble.hidden = !text;
  if (trouble.textContent !== text) trouble.textContent = text;
}

// A file's name without its kind.
export const stem = (name) => name.replace(/\.[A-Za-z0-9]{1,5}$/, "");
