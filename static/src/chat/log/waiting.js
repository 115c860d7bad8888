/** Before the first word: dots, the place in the queue, a word when it takes long. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { rare } from "./lazy.js";

const LONG = 10_000; // ms without a word until one is said

export class Waiting {
  constructor() {
    this.words = h("span", { class: "quiet-text" });
    this.element = h("div", { class: "waiting", hidden: true }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), this.words);
    this.timer = 0;
    this.seen = "";
  }

  /** @param {string} what of `phase` @param {{ pos: number | null, eta_ms: number | null } | undefined} live */
  show(what, live) {
    this.element.hidden = what !== "queued" && what !== "waiting";
    const seen = what === "queued" ? `${live?.pos} ${live?.eta_ms}` : what;
    if (seen === this.seen) return;
    this.seen = seen;
    this.destroy();
    this.words.textContent = "";
    const say = (/** @type {string} */ words) => {
      if (this.seen === seen) this.words.textContent = words;
    };
    if (what === "queued") void rare().then((parts) => say(parts?.queueWords(live?.pos ?? null, live?.eta_ms ?? null) ?? ""));
    if (what === "waiting") this.timer = window.setTimeout(() => say(t("log.slow")), LONG);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
