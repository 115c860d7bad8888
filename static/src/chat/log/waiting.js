/** Before the first word: dots, the place in the queue, a word when it takes long. */

import { h } from "../../lib/dom.js";
import { number, t } from "../../lib/texts.js";

const LONG = 10_000; // ms without a word until one is said

export class Waiting {
  constructor() {
    this.words = h("span", { class: "quiet-text" });
    this.element = h("div", { class: "waiting", hidden: true }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), this.words);
    this.timer = 0;
  }

  /** @param {string} what of `phase` @param {{ pos?: number | null, eta_ms?: number | null } | undefined} live */
  show(what, live) {
    this.element.hidden = what !== "queued" && what !== "waiting";
    if (what === "waiting" && !this.timer) {
      this.timer = window.setTimeout(() => {
        this.words.textContent = t("log.slow");
      }, LONG);
    }
    if (what !== "waiting") this.destroy();
    if (what === "queued") this.words.textContent = queueWords(live?.pos ?? null, live?.eta_ms ?? null);
    else if (!this.timer || this.words.dataset["what"] === "queued") this.words.textContent = "";
    this.words.dataset["what"] = what;
  }

  destroy() {
    clearTimeout(this.timer);
    this.timer = 0;
  }
}

/** "In the queue, 3 ahead, about 20 s". @param {number | null} pos 1 is the next @param {number | null} eta ms @returns {string} */
export function queueWords(pos, eta) {
  const ahead = Math.max(0, (pos ?? 1) - 1);
  const where = pos === null ? t("log.queued") : ahead === 0 ? t("log.queued_next") : t("log.queued_ahead", { count: ahead });
  if (!eta) return where;
  const long = eta < 60_000 ? t("log.eta_seconds", { count: Math.max(1, Math.ceil(eta / 1000)) }) : t("log.eta_minutes", { count: Math.ceil(eta / 60_000) });
  return t("log.queued_with_eta", { where, eta: long, place: number(ahead) });
}
