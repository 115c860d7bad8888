/** Importing conversations: choose a file, see what came in, or which row is wrong. */

import { open } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { size, t } from "../../lib/texts.js";
import { words } from "../live/errors.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

const LARGEST = 50e6; // bytes, as the server has it

/** @param {Store} _store @param {Acts} acts */
export function show(_store, acts) {
  const state = h("div", { class: "import-state", "aria-live": "polite" });
  const field = h("input", { type: "file", class: "vh", accept: ".json,application/json", tabindex: "-1", "aria-hidden": "true" });
  const choose = h("button", { type: "button", class: "btn primary", onclick: () => field.click() }, icon("upload"), t("import.choose"));
  const take = async (/** @type {File} */ file) => {
    const wrong = file.size > LARGEST ? t("import.too_large", { size: size(file.size), limit: size(LARGEST) }) : null;
    if (wrong) return fill(state, problem(wrong));
    choose.disabled = true;
    fill(state, h("p", { text: t("import.running", { name: file.name }) }), h("progress", { "aria-label": t("import.title") }));
    try {
      const made = await acts.importFile(file);
      fill(state, made.conversations ? good(made) : problem(t("import.nothing")));
    } catch (error) {
      fill(state, problem(sayWhy(error)));
    } finally {
      choose.disabled = false;
    }
  };
  field.addEventListener("change", () => {
    const file = field.files?.[0];
    field.value = "";
    if (file) void take(file);
  });
  const shown = open(t("import.title"), [
    h("p", { text: t("import.what") }),
    h("p", { class: "quiet-text", text: t("import.note", { limit: size(LARGEST) }) }),
    field, choose, state,
  ]);
  shown.element.addEventListener("dragover", (event) => event.preventDefault());
  shown.element.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const file = event.dataTransfer?.files[0];
    if (file && !choose.disabled) void take(file);
  });
}

/** @param {{ conversations: number, messages: number }} made @returns {HTMLElement} */
function good({ conversations, messages }) {
  const text = t("import.done", { count: conversations, messages: t("import.messages", { count: messages }) });
  return h("p", { class: "good" }, icon("check"), h("span", { text }));
}

/** @param {string} text @returns {HTMLElement} */
function problem(text) {
  return h("p", { class: "bad", role: "alert" }, icon("warning"), h("span", { text }));
}

/** @param {any} error @returns {string} with the row that is wrong, where the server names it */
function sayWhy(error) {
  if (typeof error?.details === "string") return t("import.bad_row", { row: error.details });
  if (error?.code === "invalid_json") return t("import.not_json");
  return words(error);
}
