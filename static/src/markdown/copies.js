/** Copying code: one listener for all the buttons there will ever be. */

import { copy } from "../lib/clipboard.js";
import { t } from "../lib/texts.js";

const SECONDS = 2;

/** The code of the block that `inside` is in, without the last line's end. @param {Element} inside @returns {string} */
export function codeOf(inside) {
  return inside.closest(".code")?.querySelector("pre")?.textContent?.replace(/\n$/, "") ?? "";
}

/**
 * @param {HTMLElement} root
 * @param {(button: HTMLButtonElement) => void} [copied] told of each success, to announce it
 */
export function mindCopies(root, copied) {
  root.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest?.("button[data-copy-code]");
    if (!(button instanceof HTMLButtonElement)) return;
    const done = await copy(codeOf(button));
    button.textContent = done ? t("markdown.copied") : t("markdown.not_copied");
    if (done) copied?.(button);
    setTimeout(() => {
      button.textContent = t("markdown.copy_code");
    }, SECONDS * 1000);
  });
}
