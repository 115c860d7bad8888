/** Two comforts of the login page, which works without them: showing the password, and Caps Lock's hint. */

import { h } from "../lib/dom.js";

for (const box of document.querySelectorAll(".secret")) {
  const field = box.querySelector("input");
  if (box instanceof HTMLElement && field) comfort(box, field);
}

/** @param {HTMLElement} box with the texts `show`, `hide` and `caps` @param {HTMLInputElement} field */
function comfort(box, field) {
  const { show = "", hide = "", caps = "" } = box.dataset;
  const button = h("button", { type: "button", class: "reveal", "aria-pressed": "false", "aria-controls": field.id, text: show });
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? hide : show;
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  });
  const hint = h("p", { class: "caps", role: "status", hidden: true, text: caps });
  const watch = (/** @type {KeyboardEvent} */ event) => {
    hint.hidden = !event.getModifierState("CapsLock");
  };
  field.addEventListener("keydown", watch);
  field.addEventListener("keyup", watch);
  field.addEventListener("blur", () => {
    hint.hidden = true;
  });
  field.form?.addEventListener("submit", () => {
    field.type = "password"; // so that no browser keeps it among the words of other fields
  });
  box.classList.add("can-show");
  box.append(button);
  box.after(hint);
}
