/** The composer's elements, before anything is in them. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";

/**
 * @typedef {object} Parts
 * @property {HTMLFormElement} form
 * @property {HTMLElement} images where thumbnails go
 * @property {HTMLTextAreaElement} box
 * @property {HTMLElement} tools
 * @property {HTMLButtonElement} send
 * @property {HTMLElement} note
 */

/** @returns {Parts} */
export function build() {
  const images = h("div", { class: "shelf", hidden: true });
  const box = h("textarea", { id: "text", rows: "1", autocomplete: "off", spellcheck: "true", "aria-describedby": "text-note" });
  const tools = h("div", { class: "tools-left" });
  // the second click of a double one would stop what the first one asked
  const send = h("button", { type: "submit", class: "icon send", onclick: (/** @type {MouseEvent} */ event) => event.detail > 1 && event.preventDefault() });
  const form = h("form", { class: "composer", "aria-label": t("composer.name"), novalidate: true },
    images,
    h("label", { class: "vh", for: "text", text: t("composer.label") }),
    box,
    h("div", { class: "tools" }, tools, send),
  );
  const note = h("div", { class: "note", id: "text-note" });
  return { form, images, box, tools, send, note };
}

/**
 * A tool: an icon with a label that small screens show as its name only.
 * @param {{ icon: string, label: string, folds?: "folds" | "folds late" | "", class?: string, onclick: (event: MouseEvent) => void }} tool
 *   folds: late: where it is really narrow; empty: never
 * @returns {HTMLButtonElement}
 */
export function tool(tool) {
  return h("button", { type: "button", class: `tool ${tool.class ?? ""}`, onclick: tool.onclick },
    icon(tool.icon),
    h("span", { class: `label ${tool.folds ?? "folds"}`, text: tool.label }),
  );
}

/**
 * Name a tool anew, and say why it cannot be used (null: it can).
 * @param {HTMLButtonElement} button @param {string} label @param {string | null} [why]
 */
export function name(button, label, why = null) {
  const shown = button.querySelector(".label");
  if (shown && shown.textContent !== label) shown.textContent = label;
  button.title = why ?? label;
  button.setAttribute("aria-label", why === null ? label : `${label}: ${why}`);
  if (why === null) button.removeAttribute("aria-disabled");
  else button.setAttribute("aria-disabled", "true");
}
