/**
 * An answer that is being written.
 *
 * Blocks that are finished are never touched again: each frame parses the last block alone. Inside an open
 * fence text is appended and nothing parsed. Frames come as often as they are cheap: rendering takes a fifth
 * of the time at most. A hidden tab, which has no frames, renders by timer and catches up when it is shown.
 */

import { Fence, opening } from "./fence.js";
import { want } from "./highlight.js";
import { shown } from "./hold.js";
import { morph } from "./morph.js";
import { deepen, md } from "./parser.js";
import { finish, nodes } from "./render.js";
import { typeset } from "./tex.js";

const SHARE = 4;
const LONGEST_PAUSE = 1000;
const HIDDEN_PAUSE = 200;
/** The longest last block that is parsed again and again. */
// const TAIL = 32_000;

export class StreamView {
  /** @param {HTMLElement} box gets the class "md" */
  constructor(box) {
    this.box = box;
    box.classList.add("md");
    this.into = box;
    /** @type {string[]} */
    this.parts = [];
    this.whole = "";
    /** What came since the last frame. */
    this.buffer = "";
    /** The source behind the last finished block, or behind what the open fence took. */
    this.tail = "";
    /** @type {ChildNode | null} the last block that is finished */
    this.frozen = null;
    /** @type {Fence | null} */
    this.fence = null;
    /** @type {number[]} the headings that are open */
    this.outline = [];
    this.references = false;
    this.frame = 0;
    this.timer = 0;
    this.next = 0;
    this.wake = () => {
      if (!document.hidden) this.now();
      else this.plan();
    };
    document.addEventListener("visibilitychange", this.wake);
  }

  /** The source so far. @returns {string} */
  get text() {
    if (this.parts.length > 0) {
      this.whole += this.parts.join("");
      this.parts = [];
    }
    return this.whole;
  }

  /** @param {string} text a delta */
  push(text) {
    if (text === "") return;
    this.parts.push(text);
    this.buffer += text;
    this.plan();
  }

  /** @param {string} text a snapshot: everything so far */
  replace(text) {
    const before = this.text;
    if (text.startsWith(before)) return this.push(text.slice(before.length));
    this.whole = text;
    this.reset();
    this.buffer = text;
    this.now();
  }

  /** No more comes. */
  end() {
    if (this.references) this.reset(this.text);
    this.now(true);
    finish(this.box);
    this.destroy();
  }

  destroy() {
    document.removeEventListener("visibilitychange", this.wake);
    this.unplan();
  }

  /** From the beginning, over what is shown. @param {string} [text] */
  reset(text = "") {
    this.buffer = text;
    this.tail = "";
    this.frozen = null;
    this.fence = null;
    this.outline = [];
    this.references = false;
  }

  /** One frame, when it is due. */
  plan() {
    if (this.frame || this.timer) return;
    if (document.hidden) this.timer = window.setTimeout(() => this.now(), HIDDEN_PAUSE);
    else this.frame = requestAnimationFrame(() => this.due());
  }

  unplan() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = this.timer = 0;
  }

  due() {
    this.frame = 0;
    if (performance.now() < this.next) this.plan();
    else this.now();
  }

  /** Render what there is. @param {boolean} [ended] */
  now(ended = false) {
    this.unplan();
    const begun = performance.now();
    this.flush(ended);
    const spent = performance.now() - begun;
    this.next = begun + spent + Math.min(LONGEST_PAUSE, SHARE * spent);
  }

  /** @param {boolean} ended */
  flush(ended) {
    let fresh = this.buffer;
    this.buffer = "";
    if (!ended && fresh.endsWith("\r")) {
      this.buffer = "\r";
      fresh = fresh.slice(0, -1);
    }
    this.tail += fresh.replace(/\r\n?/g, "\n");
    for (let more = true; more; ) more = this.fence ? this.inFence(this.fence, ended) : this.blocks(ended);
  }

  /** Append to the open fence. @param {Fence} fence @param {boolean} ended @returns {boolean} whether more is to be done */
  inFence(fence, ended) {
    this.tail = fence.take(this.tail, ended);
    if (!fence.closed) return false;
    this.fence = null;
    want(fence.box);
    return this.tail !== "";
  }

  /** Parse and show the text behind the last finished block. @param {boolean} ended @returns {boolean} whether more is to be done */
  blocks(ended) {
    const source = ended ? this.tail : shown(this.tail);
    const lines = count(source);
    const env = { live: ended || /\n[ \t]*\n$/.test(source) ? 0 : lines, outline: [...this.outline], references: {} };
    const tokens = md.parse(source, env);
    if (Object.keys(env.references).length > 0) this.references = true;
    const from = this.frozen ? this.frozen.nextSibling : this.into.firstChild;
    const fragment = nodes(tokens, env);
    typeset(fragment);
    morph(this.into, from, fragment);
    if (ended) return false;
    return this.freeze(tokens, source);
  }

  /**
   * Leave alone what cannot change any more: all blocks before the last one that has begun with a full line.
   * @param {import("./parser.js").Token[]} tokens @param {string} source @returns {boolean} whether more is to be done
   */
  freeze(tokens, source) {
    const tops = tokens.filter((token) => token.level === 0 && token.nesting >= 0 && token.map);
    const full = source.split("\n").length - 1;
    let last = tops.length - 1;
    while (last > 0 && (tops[last]?.map?.[0] ?? 0) >= full) last -= 1;
    const top = tops[last];
    if (!top?.map) return false;
    if (last > 0) this.leave(tokens, top, last);
    const fence = top.type === "fence" && last === tops.length - 1 ? opening(this.tail, last > 0 ? 0 : top.map[0]) : null;
    if (!fence) return false;
    return this.enter(fence);
  }

  /** @param {import("./parser.js").Token[]} tokens @param {import("./parser.js").Token} top @param {number} before */
  leave(tokens, top, before) {
    for (const token of tokens.slice(0, tokens.indexOf(top))) {
      if (token.type === "heading_open") deepen(this.outline, Number(token.meta?.level));
    }
    const line = /** @type {[number, number]} */ (top.map)[0];
    let at = 0;
    for (let skipped = 0; skipped < line; skipped += 1) at = this.tail.indexOf("\n", at) + 1;
    this.tail = this.tail.slice(at);
    for (let node = 0; node < before; node += 1) {
      this.frozen = /** @type {ChildNode} */ (this.frozen ? this.frozen.nextSibling : this.into.firstChild);
      if (this.frozen instanceof HTMLElement && this.frozen.classList.contains("code")) want(this.frozen);
    }
  }

  /** @param {{ mark: string, length: number }} fence @returns {boolean} */
  enter(fence) {
    const box = /** @type {HTMLElement | null} */ (this.frozen ? this.frozen.nextSibling : this.into.firstChild);
    const code = box?.querySelector?.("code");
    if (!box || !code) return false;
    this.frozen = box;
    code.textContent = "";
    this.fence = new Fence(box, fence.mark);
    this.tail = this.tail.slice(fence.length);
    return true;
  }
}

/** Lines of a text, the last with or without its end. @param {string} text @returns {number} */
function count(text) {
  let lines = 0;
  for (let at = 0; at < text.length; lines += 1) {
    const next = text.indexOf("\n", at);
    at = next < 0 ? text.length : next + 1;
  }
  return lines;
}
