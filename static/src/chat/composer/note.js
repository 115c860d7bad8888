/** The line below the box: what is in the way, how much is left, else that AI may be wrong. */

import { fill, h } from "../../lib/dom.js";
import { number, t } from "../../lib/texts.js";
import { tokens } from "./state.js";

const NEAR = 0.9; // of the limit: from here on the count is shown

/**
 * @typedef {object} Moment
 * @property {number} length characters in the box
 * @property {"running" | "empty" | "long" | "limited" | "failed" | "uploading" | null} obstacle
 * @property {boolean} held a question that waits for its uploads
 * @property {string | null} said what was just refused
 */

/**
 * @param {HTMLElement} note @param {import("../store.js").Store} store @param {Moment} moment
 */
export function drawNote(note, store, moment) {
  const words = warning(store, moment);
  const text = words ?? usual(store);
  const count = counted(store, moment.length);
  const shown = `${text}|${count ?? ""}`;
  if (note.dataset.shown === shown) return;
  note.dataset.shown = shown;
  note.classList.toggle("warned", words !== null);
  fill(note, h("span", { text }), count && h("span", { class: "count", text: count }));
}

/** Whole seconds until the next question may go. @param {import("../store.js").Store} store @returns {number} */
export function secondsLeft(store) {
  return store.limited ? Math.max(0, Math.ceil((store.limited.until - Date.now()) / 1000)) : 0;
}

/** @param {import("../store.js").Store} store @param {Moment} moment @returns {string | null} */
function warning(store, { length, obstacle, held, said }) {
  const { limits } = store;
  if (length > limits.text) return t("composer.long", { over: length - limits.text, limit: limits.text });
  const seconds = secondsLeft(store);
  if (seconds > 0) return t("composer.limited", { count: seconds });
  if (held) return t("composer.held");
  if (said) return said;
  return obstacle === "failed" ? t("composer.failed") : null;
}

/** @param {import("../store.js").Store} store @returns {string} */
function usual(store) {
  const spent = tokens(store);
  if (spent === null) return t("composer.note");
  if (!spent.whole) return t("composer.note.used", { count: spent.used });
  return t("composer.note.share", { percent: Math.min(100, Math.ceil((spent.used / spent.whole) * 100)) });
}

/** @param {import("../store.js").Store} store @param {number} length @returns {string | null} */
function counted(store, length) {
  const { text } = store.limits;
  return length >= text * NEAR ? `${number(length)} / ${number(text)}` : null;
}
