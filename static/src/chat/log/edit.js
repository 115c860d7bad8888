/** A question of one's own as a field: Esc leaves, Ctrl+Enter asks again. Loaded when it is wanted first. */

import { h, isTouch } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { onward } from "./deeds.js";
import { thumbnails } from "./images.js";

let count = 0;

export class Editor {
  /** @param {import("./message.js").Item} item @param {import("./deeds.js").Deeds} deeds @param {() => void} shut */
  constructor(item, deeds, shut) {
    this.item = item;
    this.deeds = deeds;
    this.shut = shut;
    count += 1;
    const id = `edit-${count}`;
    this.field = h("textarea", { id, rows: 3, oninput: () => this.weigh(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event) });
    this.field.value = item.message.text;
    this.save = h("button", { type: "submit", class: "btn primary", text: t("log.edit_send") });
    this.element = h("form", { class: "editor", onsubmit: (/** @type {Event} */ event) => this.submit(event) },
      h("label", { class: "vh", for: id, text: t("log.edit") }),
      thumbnails(item),
      this.field,
      h("p", { class: "quiet-text" }, t("log.edit_note"), " ", !isTouch() && t("log.edit_keys")),
      h("div", { class: "editor-acts" },
        h("button", { type: "button", class: "btn", text: t("log.cancel"), onclick: () => this.shut() }),
        this.save,
      ),
    );
    this.weigh();
  }

  /** Nothing to ask is not asked. */
  weigh() {
    this.save.disabled = this.field.value.trim() === "" && this.item.message.images.length === 0;
  }

  /** Not while a word is being composed: Enter and Esc belong to the input method then. @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.shut();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.submit(event);
    }
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    if (this.save.disabled) return;
    this.save.disabled = true;
    const went = await this.deeds.save(this.item, this.field.value, this.item.message.images);
    if (went) this.shut();
    else this.weigh();
    onward(went);
  }
}
