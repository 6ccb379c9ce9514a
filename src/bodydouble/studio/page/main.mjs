// Which view is shown: #/ is the first one, #/double/ID a double.
import { takeToken } from "./api.mjs";
import { clear, complain } from "./dom.mjs";
import { DoubleView } from "./double_view.mjs";
import { Home } from "./home.mjs";
import { Store } from "./state.mjs";

takeToken();
const main = document.getElementById("main");
const store = new Store((state) => show(state), complain);
const home = new Home(store);
let view = null;
let shown = null;

function show(state) {
  const id = /^#\/double\/([0-9a-f]{16})$/.exec(location.hash)?.[1];
  const double = id && store.double(id);
  const route = double ? id : "";
  if (route !== shown) {
    if (view instanceof DoubleView) view.close();
    view = double ? new DoubleView(store, double) : home;
    clear(main, view.root);
    document.title = double ? `${double.name} – Bodydouble Studio` : "Bodydouble Studio";
    if (shown !== null) main.focus();
    scrollTo(0, 0);
    shown = route;
  }
  view.show(state);
}

addEventListener("hashchange", () => {
  takeToken();
  store.refresh();
});
// A photo dropped beside the place for it must not replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
store.refresh();
