/** An answer's body: waiting, place in the queue, thinking, the text as it comes, how it ended. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { render } from "../../markdown/index.js";
import { isLive, phase } from "./facts.js";
import { fetchStream, streamView } from "./lazy.js";
import { Thinking } from "./thinking.js";
import { Waiting } from "./waiting.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./message.js").Generation} Generation */
/** @typedef {Pick<Generation, "text" | "think" | "thinkMs" | "began">} Live */

export class Answer {
  /** @param {Message} message @param {Generation | undefined} live @param {() => boolean} follows whether the reader follows the end */
  constructor(message, live, follows) {
    this.box = h("div", { class: "md" });
    this.waiting = new Waiting();
    this.thinking = new Thinking(message.id, follows);
    this.element = h("div", { class: "body" }, this.thinking.element, this.box, this.waiting.element);
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
    this.waiting.show(what, live);
    if (isLive(what) && live) this.follow(live);
    else if (isLive(what)) this.follow({ text: message.text, think: message.thinking ?? "", thinkMs: null, began: 0 });
    else this.finish(message.text || live?.text || "", message.thinking || live?.think || "", live?.thinkMs ?? message.thought_ms ?? null);
    this.box.classList.toggle("caret", what === "writing");
    return what;
  }

  /** Catch up with what is there. @param {Live} live */
  follow(live) {
    this.live = live;
    this.thinking.follow(live.think, live.text === "", live.thinkMs, live.began);
    if (!this.begin(live.text)) return;
    if (live.text.length > this.length) this.stream?.push(live.text.slice(this.length));
    this.length = Math.max(this.length, live.text.length);
  }

  /** Whether there is a view that takes the text: not until there is more than stands there already. @param {string} text @returns {boolean} */
  begin(text) {
    if (this.stream) return true;
    if (this.text.startsWith(text)) return false;
    const View = streamView();
    if (!View) {
      void fetchStream().then((there) => there && this.live && this.follow(this.live));
      return false;
    }
    this.stream = new View(this.box);
    this.length = 0;
    this.box.hidden = false;
    return true;
  }

  /** One piece that just came. @param {Generation} live @param {"text" | "think"} kind @param {string} piece */
  push(live, kind, piece) {
    if (kind === "think") {
      this.thinking.push(live, piece);
      this.waiting.show(phase({}, live), live);
    } else if (this.stream && this.length + piece.length === live.text.length) {
      this.stream.push(piece);
      this.length = live.text.length;
    } else {
      this.waiting.show("writing", live);
      this.box.classList.add("caret");
      this.follow(live);
    }
  }

  /** All of it anew, where something was missed. @param {Generation} live */
  replace(live) {
    this.thinking.replace(live);
    if (!this.begin(live.text)) return;
    this.length = live.text.length;
    this.stream?.replace(live.text);
  }

  /** The end: nothing is drawn again that stands already. @param {string} text @param {string} think @param {number | null} ms */
  finish(text, think, ms) {
    this.live = null;
    this.thinking.finish(think, ms, text !== "");
    if (this.stream) {
      this.stream.replace(text);
      this.stream.end();
      this.stream = null;
    } else if (text !== this.text) {
      this.box.replaceChildren(render(text));
    }
    this.text = text;
    this.length = text.length;
    this.box.hidden = text === "";
  }

  destroy() {
    this.thinking.destroy();
    this.waiting.destroy();
    this.live = null;
    this.stream?.destroy();
  }
}

/** The label of an answer's article. @returns {string} */
export function answerLabel() {
  return t("log.assistant");
}
