/** The list as a drawer on phones: one way in, and Esc, the backdrop, a choice or Back as ways out. */

import { byId } from "../../lib/dom.js";
import { NARROW } from "./narrow.js";

/**
 * @typedef {object} Drawer
 * @property {() => void} open
 * @property {(go: () => void) => void} leave closes and then goes: the drawer's own step in the history is taken
 *   back first, so that Back never does nothing
 */

/**
 * @param {HTMLElement} panel what fills `#side`: a dialog while it is open
 * @returns {Drawer}
 */
export function makeDrawer(panel) {
  const narrow = matchMedia(NARROW);
  const app = byId("app");
  const side = byId("side");
  const main = byId("main");
  const skip = /** @type {HTMLElement | null} */ (document.querySelector(".skip"));
  /** @type {HTMLElement | null} */
  let before = null;
  /** @type {(() => void) | null} */
  let after = null;
  const isOpen = () => app.classList.contains("open");

  const show = (/** @type {boolean} */ on) => {
    app.classList.toggle("open", on);
    main.inert = on;
    if (skip) skip.inert = on;
    for (const [name, value] of Object.entries({ role: "dialog", "aria-modal": "true", "aria-label": side.getAttribute("aria-label") ?? "" })) {
      if (on) panel.setAttribute(name, value);
      else panel.removeAttribute(name);
    }
    document.dispatchEvent(new CustomEvent("clawd:drawer-is", { detail: { open: on } }));
  };
  const open = () => {
    if (isOpen()) return;
    before = /** @type {HTMLElement | null} */ (document.activeElement);
    history.pushState({ ...history.state, drawer: true }, "");
    show(true);
    focusable(side)[0]?.focus();
  };
  const shut = () => {
    show(false);
    if (before?.isConnected) before.focus();
    before = null;
  };
  const leave = (/** @type {() => void} */ go) => {
    if (!isOpen()) return go();
    shut();
    if (!history.state?.drawer) return go();
    after = go;
    history.back();
  };
  const close = () => leave(() => {});

  addEventListener("popstate", () => {
    if (isOpen()) shut();
    const go = after;
    after = null;
    if (go) setTimeout(go); // once everybody has heard of the step back
  });
  addEventListener("keydown", (event) => {
    if (!isOpen() || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && !event.shiftKey) close();
    else if (event.key === "Tab") wrap(event, focusable(side));
  });
  app.addEventListener("click", (event) => {
    if (isOpen() && event.target === app) close(); // the backdrop is drawn by it
  });
  narrow.addEventListener("change", () => {
    if (!narrow.matches && isOpen()) close();
  });
  return { open, leave };
}

/** @param {HTMLElement} box @returns {HTMLElement[]} what Tab reaches, in order */
function focusable(box) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("a[href], button, input"));
  return [...all].filter((one) => one.checkVisibility?.() ?? one.offsetParent !== null);
}

/** Keep Tab inside. @param {KeyboardEvent} event @param {HTMLElement[]} all */
function wrap(event, all) {
  const first = all[0];
  const last = all.at(-1);
  const outside = !all.includes(/** @type {HTMLElement} */ (document.activeElement));
  const to = event.shiftKey ? (document.activeElement === first || outside ? last : null) : document.activeElement === last || outside ? first : null;
  if (!to) return;
  event.preventDefault();
  to.focus();
}
