/** The way to the drawer: its code comes when it is opened for the first time. */

import { summon } from "./refusal.js";

/** The width at which the list becomes a drawer, as layout.css has it. */
export const NARROW = "(max-width: 767px)";

/**
 * `clawd:drawer` {open: true} opens it; {open: false, then} closes it and goes on.
 * @param {HTMLElement} panel what fills `#side`
 * @returns {{ leave: (go: () => void) => void }} closes it where it is open, and then goes
 */
export function drawerOf(panel) {
  /** @type {import("./drawer.js").Drawer | null} */
  let drawer = null;
  const leave = (/** @type {() => void} */ go) => (drawer ? drawer.leave(go) : go());
  document.addEventListener("clawd:drawer", (event) => {
    const { open, then } = /** @type {CustomEvent} */ (event).detail;
    if (!open) leave(then ?? (() => {}));
    else if (matchMedia(NARROW).matches) void summon(import("./drawer.js"), (code) => (drawer ??= code.makeDrawer(panel)).open());
  });
  return { leave };
}
