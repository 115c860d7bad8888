/** Long Markdown in slabs: cut where one block certainly ends and another begins, each laid out when in sight. */

export const SLAB = 16_000;
const MOST = 32_000;
const FENCE = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/;
const APART = /^(?![ \t]|[-*+] |\d{1,9}[.)] )\S/;

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
    const long = at - begun;
    const cut = open.mark === "" && ((long >= SLAB && empty && APART.test(line)) || (long >= MOST && !/^\s/.test(line)));
    if (cut) {
      parts.push(text.slice(begun, at));
      begun = at;
    }
    while (open.mark === "" && end - begun > 2 * MOST) {
      parts.push(text.slice(begun, begun + MOST));
      begun += MOST;
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
  const [found, mark = "", rest = ""] = FENCE.exec(line) ?? [];
  if (found === undefined) return;
  if (open.mark === "") {
    if (mark[0] === "~" || !rest.includes("`")) open.mark = mark;
  } else if (mark.startsWith(open.mark) && rest.trim() === "") {
    open.mark = "";
  }
}

/** @param {(Node | string)[]} content @returns {HTMLElement} */
export function wrapped(content) {
  const box = document.createElement("div");
  box.className = "slab";
  box.append(...content);
  return box;
}
