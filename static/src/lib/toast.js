/** Short messages at the lower edge, at most three; one may offer to take something back. */

import { byId, h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const SECONDS = 5;

/**
 * @param {string} text
 * @param {{ action?: { label: string, act: () => void }, seconds?: number, tone?: "plain" | "danger" }} [more]
 * @returns {() => void} what takes it away
 */
export function toast(text, more = {}) {
  const shelf = byId("toasts");
  const close = () => {
    clearTimeout(timer);
    box.remove();
  };
  const { action } = more;
  const box = h("div", { class: `toast ${more.tone ?? "plain"}`, role: more.tone === "danger" ? "alert" : "status" },
    h("p", { text }),
    action && h("button", {
      type: "button",
      class: "btn quiet",
      text: action.label,
      onclick: () => {
        close();
        action.act();
      },
    }),
    h("button", { type: "button", class: "icon small", "aria-label": t("close"), onclick: close }, icon("close")),
  );
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = window.setTimeout(close, (more.seconds ?? SECONDS) * 1000);
  };
  for (const come of ["pointerenter", "focusin"]) box.addEventListener(come, () => clearTimeout(timer));
  for (const leave of ["pointerleave", "focusout"]) box.addEventListener(leave, wait);
  shelf.append(box);
  while (shelf.children.length > 3) shelf.firstElementChild?.remove();
  wait();
  return close;
}
