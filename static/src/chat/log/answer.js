/** An answer's body: waiting, place in the queue, thinking, the text as it comes, how it ended. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { render } from "../../markdown/index.js";
import { isLive, phase } from "./facts.js";
import { fetchStream, streamView } from "./lazy.js";
import { forget, whenNear } from "./near.js";
import { Thinking } from "./thinking.js";
import { Waiting } from "./waiting.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./message.js").Generation} Generation */
/** @typedef {Pick<Generation, "text" | "think" | "thinkMs" | "began">} Live */

export class Answer {
  /**
   * @param {Message} message @param {Generation | undefined} live
   * @param {() => boolean} follows whether the reader follows the end
   * @param {boolean} far above what is seen: its source will do until somebody comes near
   */
  constructor(message, live, follows, far) {
    this.far = far;
    this.box = h("div", { class: "md" });
    this.element = h("div", { class: "body" }, this.box);
    /** @type {Waiting | null} */
    this.dots = null;
    /** @type {Thinking | null} */
    this.thoughts = null;
    this.begun = () => {
      const thinking = new Thinking(message.id, follows);
      this.box.before(thinking.element);
      return thinking;
    };
    /** @type {import("../../markdown/stream.js").StreamView | null} */
    this.stream = null;
    /** Characters of the text that are shown, or on their way into the view. */
    this.length = 0;
    this.text = "";
    /** @type {Live | null} while it is being written */
    this.live = null;
    this.update(message, live);
  }

  /** @param {Message} message @param {Generation | undefined} live @returns {string} the phase it is in now */
  update(message, live) {
    const what = phase(message, live);
    this.#wait(what, live);
    if (isLive(what) && live) this.#follow(live);
    else if (isLive(what)) this.#follow({ text: message.text, think: message.thinking ?? "", thinkMs: null, began: 0 });
    else this.#finish(message.text || live?.text || "", message.thinking || live?.think || "", live?.thinkMs ?? message.thought_ms ?? null);
    this.box.classList.toggle("caret", what === "writing");
    return what;
  }

  /** @param {string} what @param {Generation | undefined} live */
  #wait(what, live) {
    if (!this.dots && isLive(what)) {
      this.dots = new Waiting();
      this.box.after(this.dots.element);
    }
    this.dots?.show(what, live);
  }

  /** @returns {Thinking} */
  get thinking() {
    this.thoughts ??= this.begun();
    return this.thoughts;
  }

  /** Catch up with what is there. @param {Live} live */
  #follow(live) {
    this.live = live;
    if (live.think) this.thinking.follow(live.think, live.text === "", live.thinkMs, live.began);
    if (!this.#begin(live.text)) return;
    if (live.text.length > this.length) this.stream?.push(live.text.slice(this.length));
    this.length = Math.max(this.length, live.text.length);
  }

  /** Whether there is a view that takes the text: not until there is more than stands there already. @param {string} text @returns {boolean} */
  #begin(text) {
    if (this.stream) return true;
    if (this.text.startsWith(text)) return false;
    const View = streamView();
    if (!View) {
      void fetchStream().then((there) => there && this.live && this.#follow(this.live));
      return false;
    }
    forget(this.box);
    this.box.classList.remove("raw");
    this.stream = new View(this.box);
    this.length = 0;
    this.box.hidden = false;
    return true;
  }

  /** One piece that just came. @param {Generation} live @param {"text" | "think"} kind @param {string} piece */
  push(live, kind, piece) {
    if (kind === "think") {
      this.thinking.push(live, piece);
      this.#wait(phase({}, live), live);
    } else if (this.stream && this.length + piece.length === live.text.length) {
      this.stream.push(piece);
      this.length = live.text.length;
    } else {
      this.#wait("writing", live);
      this.box.classList.add("caret");
      this.#follow(live);
    }
  }

  /** All of it anew, where something was missed. @param {Generation} live */
  replace(live) {
    if (live.think || this.thoughts) this.thinking.replace(live);
    if (!this.#begin(live.text)) return;
    this.length = live.text.length;
    this.stream?.replace(live.text);
  }

  /** The end: nothing is drawn again that stands already. @param {string} text @param {string} think @param {number | null} ms */
  #finish(text, think, ms) {
    this.live = null;
    if (think || this.thoughts) this.thinking.finish(think, ms, text !== "");
    if (this.stream) {
      this.stream.replace(text);
      this.stream.end();
      this.stream = null;
    } else if (text !== this.text) {
      this.#draw(text);
    }
    this.text = text;
    this.length = text.length;
    this.box.hidden = text === "";
  }

  /** @param {string} text */
  #draw(text) {
    const now = () => {
      this.box.classList.remove("raw");
      this.box.replaceChildren(render(text));
    };
    if (!this.far || text === "") return now();
    this.far = false;
    this.box.classList.add("raw");
    this.box.textContent = text;
    whenNear(this.box, now);
  }

  destroy() {
    forget(this.box);
    this.thoughts?.destroy();
    this.dots?.destroy();
    this.live = null;
    this.stream?.destroy();
  }
}

/** The label of an answer's article. @returns {string} */
export function answerLabel() {
  return t("log.assistant");
}
