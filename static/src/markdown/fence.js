/** A fence that is open: text goes to its end, and only lines that are complete are asked whether they close it. */

import { pour } from "./pour.js";

const OPENING = /^(`{3,}|~{3,})([^\n]*)\n/;

/**
 * The fence that `text` begins with, if it is one that lines can be appended to: not indented.
 * @param {string} text @returns {{ mark: string, length: number } | null} its marks; how long its first line is
 */
export function opening(text) {
  const [all, mark = "", info = ""] = OPENING.exec(text) ?? [];
  return all === undefined || (mark[0] === "`" && info.includes("`")) ? null : { mark, length: all.length };
}

/**
 * What of `text` is code, whether the fence is closed, and what is left.
 * @param {string} text from the beginning of a line on @param {string} mark the opening marks @param {boolean} ended no more comes
 * @returns {{ code: string, closed: boolean, rest: string }}
 */
export function split(text, mark, ended) {
  const closing = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`);
  const perhaps = new RegExp(`^ {0,3}\\${mark[0]}*[ \\t]*$`);
  let at = 0;
  for (;;) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? undefined : end);
    if (end < 0) {
      if (ended && closing.test(line)) return { code: text.slice(0, at), closed: true, rest: "" };
      const kept = perhaps.test(line) && (!ended || line.trim() === "") ? at : text.length;
      return { code: text.slice(0, kept), closed: false, rest: text.slice(kept) };
    }
    if (closing.test(line)) return { code: text.slice(0, at), closed: true, rest: text.slice(end + 1) };
    at = end + 1;
  }
}

export class Fence {
  /** @param {HTMLElement} box the `.code`, which is emptied @param {string} mark */
  constructor(box, mark) {
    this.box = box;
    this.mark = mark;
    this.code = /** @type {HTMLElement} */ (box.querySelector("code"));
    this.closed = false;
    /** How much of the last, incomplete line is shown already; it is not given again. */
    this.partial = "";
    /** What the code had before, from when its text was parsed: taken as shown. */
    this.had = this.code.textContent ?? "";
  }

  /** @param {string} fresh @param {boolean} ended @returns {string} what was not taken */
  take(fresh, ended) {
    const before = this.partial.length;
    const { code, closed, rest } = split(this.partial + fresh, this.mark, ended);
    this.append(code.slice(before));
    this.closed = closed;
    this.partial = code.slice(code.lastIndexOf("\n") + 1);
    return rest;
  }

  /** @param {string} text */
  append(text) {
    const known = this.had.startsWith(text) ? text.length : 0;
    if (known === 0 && this.had !== "") this.code.textContent = "";
    this.had = known === 0 ? "" : this.had.slice(known);
    if (text.length > known) pour(this.code, text.slice(known));
  }
}
