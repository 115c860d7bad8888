/**
 * An answer that is being written.
 *
 * Blocks that are finished are never touched again: each frame parses the last block alone. Inside an open
 * fence text is appended and nothing parsed. Frames come as often as they are cheap (pace.js), and none of
 * them works longer than its budget. A hidden tab, which has no frames, renders by timer and catches up when
 * it is shown.
 */

import { Fence, opening } from "./fence.js";
import { want } from "./highlight.js";
import { shown } from "./hold.js";
import { lines, offset } from "./lines.js";
import { mend } from "./mend.js";
import { morph } from "./morph.js";
import { Pace } from "./pace.js";
import { deepen, md } from "./parser.js";
import { finish, nodes } from "./render.js";
import { SLAB, wrapped } from "./slabs.js";
import { typeset } from "./tex.js";

/** @typedef {import("./parser.js").Token} Token */

md.use(mend);

const BUDGET = 12;
/** The longest text that is parsed at a time: a block that is longer comes in parts. */
const WINDOW = 16_000;

export class StreamView {
  /** The source so far, but for `buffer`. */
  done = "";
  /** What came since the last frame. */
  buffer = "";
  ended = false;
  /** The source behind the last finished block, or behind what the open fence took. */
  tail = "";
  /** How much source is in `into` for good. */
  filled = 0;
  /** The last block that is finished. @type {ChildNode | null} */
  frozen = null;
  /** @type {Fence | null} */
  fence = null;
  /** The headings that are open. @type {number[]} */
  outline = [];
  /** Whether `[x]: address` was seen, which changes what was before it. */
  references = false;

  /** @param {HTMLElement} box gets the class "md" */
  constructor(box) {
    this.box = box;
    box.classList.add("md");
    /** Where blocks go: the box, or the last slab of a long answer. */
    this.into = box;
    this.pace = new Pace(() => this.now());
  }

  /** From the beginning, over what is shown. */
  reset() {
    if (this.into !== this.box) this.box.replaceChildren();
    this.into = this.box;
    this.tail = this.done = "";
    this.filled = 0;
    this.frozen = this.fence = null;
    this.outline = [];
    this.references = false;
  }

  /** The source so far. @returns {string} */
  get text() {
    return this.done + this.buffer;
  }

  /** @param {string} text a delta */
  push(text) {
    if (text === "") return;
    this.buffer += text;
    this.pace.ask();
  }

  /** @param {string} text a snapshot: everything so far */
  replace(text) {
    const before = this.text;
    if (text.startsWith(before)) return this.push(text.slice(before.length));
    this.reset();
    this.buffer = text;
    this.now();
  }

  /** No more comes. */
  end() {
    this.ended = true;
    this.now();
  }

  destroy() {
    this.pace.stop();
  }

  /** Render what there is, or as much of it as a frame may take. */
  now() {
    this.pace.run(() => {
      this.take();
      const until = performance.now() + BUDGET;
      let more = true;
      while (more && performance.now() < until) more = this.step();
      if (more) this.pace.ask();
      else if (this.ended) this.close();
    });
  }

  take() {
    let fresh = this.buffer;
    this.buffer = "";
    if (!this.ended && fresh.endsWith("\r")) {
      this.buffer = "\r";
      fresh = fresh.slice(0, -1);
    }
    this.done += fresh;
    this.tail += fresh.replace(/\r\n?/g, "\n");
  }

  /** The last words. */
  close() {
    if (this.references && this.done.length <= WINDOW) {
      const env = { references: {} };
      morph(this.box, this.box.firstChild, nodes(md.parse(this.done.replace(/\r\n?/g, "\n"), env), env));
    }
    finish(this.box);
    this.destroy();
  }

  /** @returns {boolean} whether more is to be done */
  step() {
    return this.fence ? this.code(this.fence) : this.blocks();
  }

  /** Append to the open fence. @param {Fence} fence @returns {boolean} */
  code(fence) {
    this.tail = fence.take(this.tail, this.ended);
    if (!fence.closed) return false;
    this.fence = null;
    want(fence.box);
    return true;
  }

  /** Parse and show the text behind the last finished block. @returns {boolean} */
  blocks() {
    const part = this.tail.length > WINDOW ? this.tail.slice(0, end(this.tail)) : null;
    const source = part ?? (this.ended ? this.tail : shown(this.tail));
    const live = this.ended || part !== null || /\n[ \t]*\n$/.test(source) ? 0 : lines(source);
    const env = { live, outline: [...this.outline], references: {} };
    const tokens = md.parse(source, env);
    if (Object.keys(env.references).length > 0) this.references = true;
    const fragment = nodes(tokens, env);
    typeset(fragment);
    morph(this.into, this.first(), fragment);
    if (part === null) return !this.ended && this.freeze(tokens, source);
    if (!this.freeze(tokens, source) && this.fence === null && this.tail.startsWith(part)) this.force(part, tokens);
    return true;
  }

  /** The first node that may change. @returns {ChildNode | null} */
  first() {
    return this.frozen ? this.frozen.nextSibling : this.into.firstChild;
  }

  /**
   * Leave alone what cannot change any more: all blocks before the last one that has begun with a full line.
   * @param {Token[]} tokens @param {string} source @returns {boolean} whether an open fence was entered
   */
  freeze(tokens, source) {
    const tops = tokens.filter((token) => token.level === 0 && token.nesting >= 0 && token.map);
    const full = source.split("\n").length - 1;
    let last = tops.length - 1;
    while (last > 0 && from(tops[last]) >= full) last -= 1;
    const top = tops[last];
    if (!top) return false;
    const begins = offset(this.tail, from(top));
    const fence = top.type === "fence" && last === tops.length - 1 ? opening(this.tail.slice(begins, begins + 1000)) : null;
    if (last > 0) this.leave(begins, last, tokens.slice(0, tokens.indexOf(top)));
    return fence !== null && this.enter(fence, last > 0 ? 0 : begins);
  }

  /**
   * @param {number} length of the source that is finished @param {number} blocks that were made of it
   * @param {Token[]} tokens of it
   */
  leave(length, blocks, tokens) {
    for (const token of tokens) {
      if (token.type === "heading_open") deepen(this.outline, Number(token.meta?.level));
    }
    this.tail = this.tail.slice(length);
    for (let at = 0; at < blocks; at += 1) {
      this.frozen = this.first();
      if (this.frozen instanceof HTMLElement && this.frozen.classList.contains("code")) want(this.frozen);
    }
    this.filled += length;
    if (this.filled > SLAB) this.wrap();
  }

  /** Go on in a new slab: what is above need not be laid out while it is not in sight. */
  wrap() {
    const rest = [];
    for (let node = this.first(); node; node = node.nextSibling) rest.push(node);
    this.into = wrapped(rest);
    this.box.append(this.into);
    this.frozen = null;
    this.filled = 0;
  }

  /** A block that is longer than what is parsed at a time: what there is of it stays. @param {string} part @param {Token[]} tokens */
  force(part, tokens) {
    const blocks = [...this.into.childNodes].length;
    const before = this.frozen ? [...this.into.childNodes].indexOf(this.frozen) + 1 : 0;
    const isTable = tokens[0]?.type === "table_open" && !this.tail.startsWith("\n", part.length);
    const head = isTable ? part.slice(0, offset(part, from(/** @type {Token} */ (tokens[0])) + 2)) : "";
    this.leave(part.length, blocks - before, tokens);
    this.tail = head + this.tail;
  }

  /** @param {{ mark: string, length: number }} fence @param {number} begins where in `tail` @returns {boolean} */
  enter(fence, begins) {
    const box = this.first();
    if (!(box instanceof HTMLElement) || !box.querySelector("code")) return false;
    this.frozen = box;
    this.fence = new Fence(box, fence.mark);
    this.tail = this.tail.slice(begins + fence.length);
    return true;
  }
}

/**
 * Where to end a part of a text that is too long to be parsed at once: before a line that is not indented, if
 * there is one, else at a line's end. @param {string} text @returns {number}
 */
function end(text) {
  for (let at = text.lastIndexOf("\n", WINDOW); at > WINDOW / 2; at = text.lastIndexOf("\n", at - 1)) {
    if (/[^\s]/.test(text[at + 1] ?? "")) return at + 1;
  }
  return text.lastIndexOf("\n", WINDOW) + 1 || WINDOW;
}

/** The line a block begins with. @param {Token | undefined} token @returns {number} */
function from(token) {
  return token?.map?.[0] ?? 0;
}
