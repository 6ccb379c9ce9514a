// What the page asks of the server. The token comes with the address, behind its #, and is kept for this address alone.
const KEY = "token";

export function takeToken() {
  const behind = location.hash.slice(1);
  if (behind && !behind.startsWith("/") && behind !== "main") {
    localStorage.setItem(KEY, behind);
    history.replaceState(null, "", "#/");
  }
}

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${localStorage.getItem(KEY) ?? ""}` };
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { ...options, headers });
  } catch {
    throw new Error("The studio does not answer. Is it still running in its terminal?");
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(sentence(told.error ?? `The studio answered ${answer.status}.`));
  }
  return answer;
}

// The command line's sentences begin small and end without a stop; what begins with a file's name keeps that.
export function sentence(text) {
  const first = /^[a-z]+[ ,:]/.test(text) ? text[0].toUpperCase() : text[0];
  return text && first + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

const json = async (path, options) => (await ask(path, options)).json();
const post = (path, body) => json(path, { method: "POST", body });

export const fetchState = () => json("state");
export const addSample = () => post("sample");
export const addPhoto = (file, height) => {
  const query = new URLSearchParams({ name: file.name, ...(height ? { height } : {}) });
  return post(`photos?${query}`, file);
};
// Another double of the same photos: with other options, or with a further photo.
export const makeAnother = ({ id, name, options = {} }, changes, photo) => {
  const { height, person, seed } = options;
  const query = new URLSearchParams({ name, ...(height && { height }), ...(person && { person }), ...(seed && { seed }), ...changes, ...(photo && { further: 1 }) });
  return post(`doubles/${id}/again?${query}`, photo);
};
// The double changed: `change` says how, `painted` where.
export const editDouble = (id, change, painted) => post(`doubles/${id}/edit?${new URLSearchParams(change)}`, painted);
export const addMotion = (id, file) => post(`doubles/${id}/motion?${new URLSearchParams({ name: file.name })}`, file);
export const makeProduct = (id, file) => post(`doubles/${id}/${file}`);
export const removeDouble = (id) => json(`doubles/${id}`, { method: "DELETE" });
export const cancelJob = (id) => post(`jobs/${id}/cancel`);
export const startAgain = (id) => post(`jobs/${id}/again`);

export const fetchBytes = async (id, file) => (await ask(`doubles/${id}/${file}`)).arrayBuffer();
export const fetchJson = async (id, file) => (await ask(`doubles/${id}/${file}`)).json();
export const fetchBlob = async (id, file) => (await ask(`doubles/${id}/${file}`)).blob();

// Pictures by their address; an <img> cannot carry the token. Each is fetched once.
const pictures = new Map();
export function pictureUrl(id, file) {
  const key = `${id}/${file}`;
  if (!pictures.has(key)) {
    const url = fetchBlob(id, file).then((blob) => URL.createObjectURL(blob));
    url.catch(() => pictures.delete(key));
    pictures.set(key, url);
  }
  return pictures.get(key);
}
// Into an <img>, which stays empty where there is none.
export const showPicture = (image, id, file) => pictureUrl(id, file).then((url) => (image.src = url), () => {});
