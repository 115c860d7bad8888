/** Renaming in place: Enter saves, Esc leaves it, going elsewhere saves. An input method's Enter is its own. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { composing } from "./keys.js";

const LONGEST = 200; // characters, as the server has it

/**
 * Put a field in the place of `shown` until the title is settled.
 * @param {HTMLElement} shown what shows the title, hidden meanwhile
 * @param {string} title
 * @param {(title: string) => void} save called with a title that is new and not empty
 * @param {() => void} done called at the end; whether the field still has the focus then: `true`
 */
export function renameAt(shown, title, save, done) {
  const field = h("input", { class: "field rename", type: "text", value: title, maxlength: String(LONGEST), "aria-label": t("list.title_field"), autocomplete: "off", enterkeyhint: "done" });
  let over = false;
  const end = (/** @type {boolean} */ keep) => {
    if (over) return;
    over = true;
    const typed = field.value.trim().replace(/\s+/g, " ");
    field.remove();
    shown.hidden = false;
    if (keep && typed && typed !== title) save(typed);
    done();
  };
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  });
  // the list may be put in another order meanwhile, which takes the focus for a moment
  field.addEventListener("blur", () => setTimeout(() => document.activeElement !== field && end(field.isConnected)));
  shown.hidden = true;
  shown.before(field);
  field.focus();
  field.select();
}
