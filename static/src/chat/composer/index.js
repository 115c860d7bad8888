/** The box at the lower edge, or a line that says why there is none. */

import { byId, fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { summon } from "../list/refusal.js";
import { Composer } from "./composer.js";
import { locked } from "./state.js";

const CALM = 2_000; // ms after the connection is there

/**
 * Fill the dock, and keep it true to the store.
 * @param {import("../store.js").Store} store @param {import("../acts.js").Acts} acts
 */
export function mountComposer(store, acts) {
  const dock = byId("dock");
  const composer = new Composer(store, acts);
  const draw = () => {
    const why = locked(store);
    if (why) fill(dock, line(t(why.key, why.args)));
    else if (!composer.parts.form.isConnected) fill(dock, composer.parts.form, composer.parts.note);
    if (!why) composer.refresh();
  };
  for (const topic of ["connection", "me", "list", "chat", "generation", "outbox", "settings", "models", "limit"]) {
    store.on(topic, draw);
  }
  store.on("open", () => {
    draw();
    composer.turn();
  });
  document.addEventListener("clawd:lightbox", (event) => {
    void summon(import("./lightbox.js"), (box) => box.show(/** @type {CustomEvent<{ src: string, alt: string }>} */ (event).detail));
  });
  draw();
  composer.turn();
  fetchRest(store);
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--dock", `${dock.offsetHeight}px`); // toasts stay above it
  }).observe(dock);
}

/**
 * What comes with a click must be there without a connection too: it is fetched once there has been one.
 * @param {import("../store.js").Store} store
 */
function fetchRest(store) {
  const off = store.on("connection", () => {
    if (store.connection.phase !== "ready") return;
    off();
    setTimeout(() => {
      const parts = [import("./choices.js"), import("./images.js"), import("./dropping.js"), import("./lightbox.js")];
      void Promise.allSettled(parts); // what failed is asked for again when it is needed
    }, CALM);
  });
}

/** The skip link leads to `#text`, box or not. @param {string} text @returns {HTMLElement} */
function line(text) {
  return h("p", { class: "locked", id: "text", tabindex: "-1" }, icon("lock"), h("span", { text }));
}
