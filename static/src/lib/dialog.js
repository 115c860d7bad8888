/** Dialogs: `<dialog>` with a title, focus back where it was, Esc and the backdrop close. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

let count = 0;

/**
 * Show a dialog until it is closed.
 * @param {string} title
 * @param {import("./dom.js").Child[]} content
 * @param {{ wide?: boolean, class?: string, onclose?: () => void }} [more]
 * @returns {{ element: HTMLDialogElement, close: () => void }}
 */
export function open(title, content, more = {}) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  count += 1;
  const id = `dialog-title-${count}`;
  const element = h("dialog", { class: `dialog ${more.wide ? "wide" : ""} ${more.class ?? ""}`, "aria-labelledby": id },
    h("header", null,
      h("h2", { id, text: title }),
      h("button", { type: "button", class: "icon small", "aria-label": t("close"), onclick: () => element.close() }, icon("close")),
    ),
    h("div", { class: "dialog-body" }, ...content),
  );
  /** @type {EventTarget | null} */
  let pressed = null; // text that is marked from the field to beyond the edge ends in a click on the backdrop
  element.addEventListener("pointerdown", (event) => {
    pressed = event.target;
  });
  element.addEventListener("click", (event) => {
    if (event.target === element && pressed === element) element.close();
  });
  element.addEventListener("close", () => {
    element.remove();
    more.onclose?.();
    if (before?.isConnected) before.focus();
  });
  document.body.append(element);
  element.showModal();
  return { element, close: () => element.close() };
}

/**
 * Ask yes or no.
 * @param {{ title: string, text: string, yes: string, danger?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function confirm(question) {
  return new Promise((resolve) => {
    let answer = false;
    const say = (/** @type {boolean} */ value) => () => {
      answer = value;
      shown.close();
    };
    const shown = open(question.title, [
      h("p", { text: question.text }),
      h("div", { class: "dialog-actions" },
        h("button", { type: "button", class: "btn", text: t("cancel"), onclick: say(false) }),
        h("button", { type: "button", class: `btn ${question.danger ? "danger-fill" : "primary"}`, text: question.yes, autofocus: true, onclick: say(true) }),
      ),
    ], { onclose: () => resolve(answer) });
  });
}
