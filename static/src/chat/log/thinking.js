/** What the model thought before it answered: open while it does, folded when the answer begins. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { render } from "../../markdown/index.js";
import { seconds } from "./facts.js";

/** What the reader opened or folded, by message: kept for as long as the page is open. @type {Map<string, boolean>} */
const chosen = new Map();

export class Thinking {
  /** @param {string} id of the message @param {() => boolean} follows whether folding moves nothing under the reader */
  constructor(id, follows) {
    this.id = id;
    this.follows = follows;
    this.label = h("span");
    this.live = document.createTextNode("");
    this.box = h("div", { class: "thought" }, this.live);
    this.summary = h("summary", { onclick: () => chosen.set(this.id, !this.element.open) }, this.label);
    this.element = h("details", { class: "think", hidden: true, ontoggle: () => this.#dress() }, this.summary, this.box);
    this.text = "";
    this.done = true;
    this.dressed = false;
    this.began = 0;
    /** @type {number | null} */
    this.ms = null;
    this.timer = 0;
  }

  /** @param {string} text all so far @param {boolean} thinking whether it still does @param {number | null} ms how long it took @param {number} began */
  follow(text, thinking, ms, began) {
    if (text === "") return;
    this.#show(text);
    if (thinking) this.#count(began);
    else this.#fold(ms);
  }

  /** @param {import("./message.js").Generation} live @param {string} piece */
  push(live, piece) {
    if (this.text.length + piece.length === live.think.length) {
      this.live.appendData(piece);
      this.text = live.think;
      this.element.hidden = false;
    } else {
      this.#show(live.think);
    }
    if (!live.text) this.#count(live.began);
  }

  /** @param {import("./message.js").Generation} live */
  replace(live) {
    this.#show(live.think);
    if (live.think && !live.text && live.state !== "done") this.#count(live.began);
  }

  /** @param {string} text @param {number | null} ms @param {boolean} answered */
  finish(text, ms, answered) {
    this.element.hidden = text === "";
    if (text === "") return;
    if (text !== this.text) this.#show(text);
    if (answered || !this.timer) this.#fold(ms);
    else this.#stop(ms);
    this.done = true;
    this.#dress();
  }

  /** @param {string} text */
  #show(text) {
    this.element.hidden = text === "";
    if (text.startsWith(this.text)) this.live.appendData(text.slice(this.text.length));
    else this.live.data = text;
    this.text = text;
  }

  /** The seconds go up while it thinks. @param {number} began */
  #count(began) {
    if (this.timer) return;
    this.done = false;
    this.began = began || Date.now();
    this.element.open = chosen.get(this.id) ?? true;
    const tick = () => {
      this.label.textContent = t("log.thinking", { count: seconds(Date.now() - this.began) });
    };
    tick();
    this.timer = window.setInterval(tick, 1000);
  }

  /** The answer begins: out of its way, unless the reader wants it open or is reading it. @param {number | null} ms */
  #fold(ms) {
    const counted = this.timer !== 0;
    this.#stop(ms);
    if (counted && this.follows()) this.element.open = chosen.get(this.id) ?? false;
    if (!counted) this.element.open = chosen.get(this.id) ?? this.element.open;
  }

  /** @param {number | null} ms */
  #stop(ms) {
    if (this.timer) {
      clearInterval(this.timer);
      this.timer = 0;
      this.ms = ms ?? Date.now() - this.began;
    }
    this.ms ??= ms;
    this.label.textContent = this.ms === null ? t("log.thought") : t("log.thought_for", { count: seconds(this.ms) });
  }

  /** As Markdown only once it is whole and somebody looks. */
  #dress() {
    if (!this.done || this.dressed || !this.element.open) return;
    this.dressed = true;
    this.box.classList.add("md");
    this.box.replaceChildren(render(this.text));
  }

  destroy() {
    clearInterval(this.timer);
  }
}
