/** Cutting long Markdown where one block certainly ends and another begins. Pure. */

export const SLAB = 16_000;
const MOST = 64_000;
const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)$/;

/**
 * @param {string} text lines ended by "\n"
 * @returns {string[]} its parts in order: together they are the text
 */
export function slabs(text) {
  if (text.length <= MOST) return [text];
  /** @type {string[]} */
  const parts = [];
  const open = { mark: "" };
  let begun = 0;
  let empty = false;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline + 1;
    const line = text.slice(at, Math.min(end, at + 200)).trimEnd();
    const apart = empty && open.mark === "" && /^(?![ \t]|[-*+] |\d{1,9}[.)] )\S/.test(line);
    if ((apart && at - begun >= SLAB) || (at > begun && end - begun > MOST)) {
      parts.push(text.slice(begun, at));
      begun = at;
    }
    fence(open, line);
    empty = line === "";
    at = end;
  }
  parts.push(text.slice(begun));
  return parts;
}

/**
 * Keep in mind whether a fence is open.
 * @param {{ mark: string }} open the opening marks, or "" @param {string} line
 */
function fence(open, line) {
  const found = FENCE.exec(line);
  if (!found) return;
  const [, , mark = "", rest = ""] = found;
  if (open.mark === "") {
    if (mark[0] === "~" || !rest.includes("`")) open.mark = mark;
  } else if (mark.startsWith(open.mark) && rest.trim() === "") {
    open.mark = "";
  }
}
