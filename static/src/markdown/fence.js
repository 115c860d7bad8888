/** A fence that is open: text goes to its end, and only lines that are complete are asked whether they close it. */

const OPENING = /^(`{3,}|~{3,})([^\n]*)\n/;

/**
 * The fence that begins with line `line` of `text`, if it is one that lines can be appended to: not indented.
 * @param {string} text @param {number} line @returns {{ mark: string, length: number } | null} its marks; what comes before its code
 */
export function opening(text, line) {
  let at = 0;
  for (let skipped = 0; skipped < line; skipped += 1) at = text.indexOf("\n", at) + 1;
  const found = OPENING.exec(text.slice(at, at + 1000));
  if (!found) return null;
  const [all, mark = "", info = ""] = found;
  return mark[0] === "`" && info.includes("`") ? null : { mark, length: at + all.length };
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
      const kept = !ended && perhaps.test(line) ? at : text.length;
      return { code: text.slice(0, kept), closed: false, rest: text.slice(kept) };
    }
    if (closing.test(line)) return { code: text.slice(0, at), closed: true, rest: text.slice(end + 1) };
    at = end + 1;
  }
}

export class Fence {
  /** @param {HTMLElement} box the `.code` @param {string} mark */
  constructor(box, mark) {
    this.box = box;
    this.mark = mark;
    this.code = /** @type {HTMLElement} */ (box.querySelector("code"));
    this.closed = false;
    /** What of the last, incomplete line is shown already. */
    this.partial = "";
  }

  /** @param {string} fresh @param {boolean} ended @returns {string} what was not taken */
  take(fresh, ended) {
    const before = this.partial.length;
    const { code, closed, rest } = split(this.partial + fresh, this.mark, ended);
    const more = code.slice(before);
    if (more !== "") this.append(more);
    this.closed = closed;
    this.partial = code.slice(code.lastIndexOf("\n") + 1);
    return rest;
  }

  /** @param {string} text */
  append(text) {
    const last = this.code.lastChild;
    if (last instanceof Text) last.appendData(text);
    else this.code.append(text);
  }
}
