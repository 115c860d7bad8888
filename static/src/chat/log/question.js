/** A question: word for word, its images, where it is on its way, and its editor. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { actionRow } from "./actions.js";
import { isLong } from "./facts.js";
import { thumbnails } from "./images.js";
import { rare } from "./lazy.js";
import { pendingLine } from "./pending.js";
import { refill } from "./row.js";

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("./message.js").View} View */

/** @implements {View} */
export class Question {
  /** @param {Item} item @param {import("./deeds.js").Deeds} deeds */
  constructor(item, deeds) {
    this.deeds = deeds;
    this.item = item;
    const { text } = item.message;
    this.words = h("div", { class: "bub", text });
    this.state = h("div", { class: "state" });
    this.acts = h("div", { class: "acts" });
    this.shown = h("div", { class: "said" },
      item.asker && h("p", { class: "who", text: item.asker }),
      thumbnails(item),
      text && this.words,
      isLong(text) && this.#more(),
      this.state,
      this.acts,
    );
    this.element = h("article", { class: "msg user", "aria-label": item.asker ?? t("log.you") }, this.shown);
    /** @type {{ element: HTMLElement } | null} */
    this.editor = null;
    this.seen = "";
    this.update(item);
  }

  /** @param {Item} item */
  update(item) {
    this.item = item;
    this.element.dataset["id"] = item.message.id;
    const seen = JSON.stringify([item.pending?.state, item.pending?.error, item.versions, item.may, item.busy, item.message.created]);
    if (seen === this.seen) return;
    this.seen = seen;
    this.element.classList.toggle("pending", Boolean(item.pending));
    const stuck = item.pending && item.pending.state !== "sending" ? item.pending : null;
    refill(this.state, stuck ? pendingLine(stuck, this.deeds) : []);
    refill(this.acts, stuck ? [] : actionRow(item, this.deeds));
  }

  /** Long text is folded until it is asked for. @returns {HTMLElement} */
  #more() {
    this.words.classList.add("folded");
    const button = h("button", {
      type: "button", class: "btn quiet unroll", "aria-expanded": "false", text: t("log.more_text"),
      onclick: () => {
        const folded = this.words.classList.toggle("folded");
        button.setAttribute("aria-expanded", String(!folded));
        button.textContent = t(folded ? "log.more_text" : "log.less_text");
      },
    });
    return button;
  }

  /** The text becomes a field. */
  async edit() {
    if (this.editor) return;
    const parts = await rare();
    if (this.editor || !parts) return;
    this.editor = new parts.Editor(this.item, this.deeds, () => this.shut());
    this.shown.hidden = true;
    this.element.append(this.editor.element);
    this.editor.element.querySelector("textarea")?.focus();
  }

  /** Back to what was said, the keyboard where it was. */
  shut() {
    this.editor?.element.remove();
    this.editor = null;
    this.shown.hidden = false;
    /** @type {HTMLElement | null} */ (this.acts.querySelector('[data-act="edit"]'))?.focus({ preventScroll: true });
  }

  destroy() {}
}
