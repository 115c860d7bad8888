/** One article for each message; what did not change is not touched. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { Answer, answerLabel } from "./answer.js";
import { actionRow } from "./actions.js";
import { contextUsed, isLive } from "./facts.js";
import { rare } from "./lazy.js";
import { Question } from "./question.js";
import { refill } from "./row.js";

/** @typedef {import("../shapes").Generation} Generation */
/** @typedef {import("../shapes").Pending} Pending */
/** @typedef {import("../shapes").Message} Message */

/**
 * @typedef {object} Item
 * @property {string} key @property {"question" | "answer" | "mark"} kind @property {Message} message
 * @property {Generation} [live] its answer in the making, also when it has just ended
 * @property {Pending} [pending]
 * @property {string[]} versions the ids beside it, itself among them
 * @property {string | null} asker who asked, where it was somebody else
 * @property {boolean} last @property {boolean} may continue @property {boolean} busy something is being written
 * @property {number | null} window how many tokens the model can see
 *
 * @typedef {object} View
 * @property {HTMLElement} element @property {Item} item
 * @property {(item: Item) => void} update @property {() => void} destroy
 */

const FULL = 80; // per cent of the context from which one is warned; the box shows how much always

/** @param {Item} item @param {import("./deeds.js").Deeds} deeds @param {boolean} far from what is seen @returns {View} */
export function viewOf(item, deeds, far) {
  if (item.kind === "mark") return new Mark(item, deeds);
  return item.kind === "question" ? new Question(item, deeds) : new AnswerArticle(item, deeds, far);
}

/** The answer's body, how it ended, and what can be done with it. @implements {View} */
export class AnswerArticle {
  /** @param {Item} item @param {import("./deeds.js").Deeds} deeds @param {boolean} far */
  constructor(item, deeds, far) {
    this.deeds = deeds;
    this.item = item;
    this.heard = Boolean(item.live && item.live.state !== "done");
    this.answer = new Answer(item.message, item.live, () => deeds.follows(), far);
    this.ending = h("div", { class: "ending" });
    this.acts = h("div", { class: "acts" });
    this.element = h("article", { class: "msg assistant", "aria-label": answerLabel(), data: { id: item.message.id } }, this.answer.element, this.ending, this.acts);
    this.seen = "";
    this.update(item);
  }

  /** @param {Item} item */
  update(item) {
    this.item = item;
    const what = this.answer.update(item.message, item.live);
    const live = isLive(what);
    if (live) this.heard = true;
    this.element.setAttribute("aria-busy", String(live));
    const { message } = item;
    const usage = item.live?.usage ?? message.usage;
    const seen = JSON.stringify([what, item.versions, item.last, item.may, item.busy, usage, message.model, message.created, item.live?.err, message.error, message.generation]);
    if (seen === this.seen) return;
    this.seen = seen;
    this.#end(what, seen, item.last ? contextUsed(usage, item.window) : null);
    refill(this.acts, live ? [] : actionRow(item, this.deeds, what === "failed" && item.last));
  }

  /** What is said below an answer that did not simply end. @param {string} what @param {string} seen @param {number | null} used */
  async #end(what, seen, used) {
    const plain = isLive(what) || (what === "complete" && (used ?? 0) < FULL);
    const below = plain ? [] : (await rare())?.afterword(this.item, what, this.deeds, this.heard, used) ?? [];
    if (seen === this.seen) refill(this.ending, below);
  }

  destroy() {
    this.answer.destroy();
  }
}

/** "Nothing above goes to the model any more". @implements {View} */
class Mark {
  /** @param {Item} item @param {import("./deeds.js").Deeds} deeds */
  constructor(item, deeds) {
    this.item = item;
    this.undo = h("button", { type: "button", class: "btn quiet", text: t("log.mark_undo"), onclick: () => deeds.undoClear() });
    this.element = h("div", { class: "divider", data: { id: item.message.id } }, h("span", { text: t("log.mark") }), this.undo);
    this.update(item);
  }

  /** @param {Item} item */
  update(item) {
    this.item = item;
    this.undo.hidden = !item.last || !item.may || item.busy;
  }

  destroy() {}
}
