/**
 * TeX in Markdown: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, and prices that stay text.
 *
 * The source is what comes out (`<span class="tex">$x_1$</span>`); typesetting is another matter, later.
 * A line that begins with `$$` or `\[` is mathematics to its closing or to the next empty line, whichever
 * comes first, whatever stands between: so what it is never depends on text that has not come yet.
 */

/** @typedef {import("markdown-it").MarkdownIt} MarkdownIt */

export const MATHS_CAP = 10_000;
const OPEN_CAP = 400;
const CLOSING = /** @type {Record<string, string>} */ ({ "$$": "$$", "\\[": "\\]", "\\(": "\\)" });
const HAN = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/;

/** @param {MarkdownIt} md */
export function maths(md) {
  md.block.ruler.before("fence", "maths", block, { alt: ["paragraph", "reference", "blockquote", "list"] });
  md.inline.ruler.before("escape", "maths", inline);
  md.renderer.rules.maths_block = (tokens, at) => `<p class="tex block">${md.utils.escapeHtml(tokens[at]?.content ?? "")}</p>`;
  md.renderer.rules.maths_open = (tokens, at) => `<p class="tex-source">${md.utils.escapeHtml(tokens[at]?.content ?? "")}</p>`;
  md.renderer.rules.maths_unfinished = (tokens, at) => `<span class="tex-source">${md.utils.escapeHtml(tokens[at]?.content ?? "")}</span>`;
  md.renderer.rules.maths = (tokens, at) =>
    `<span class="tex${tokens[at]?.markup === "\\(" || tokens[at]?.markup === "$" ? "" : " block"}">${md.utils.escapeHtml(tokens[at]?.content ?? "")}</span>`;
}

/** @param {import("markdown-it").StateBlock} state @param {number} first @param {number} end @param {boolean} silent @returns {boolean} */
function block(state, first, end, silent) {
  if ((state.sCount[first] ?? 0) - state.blkIndent >= 4) return false;
  const line = lineOf(state, first);
  const opening = line.slice(0, 2);
  const closing = opening === "\\(" ? undefined : CLOSING[opening];
  if (closing === undefined) return false;
  const inside = line.indexOf(closing, 2);
  if (inside >= 0 && line.slice(inside + 2).trim() !== "") return false;
  if (silent) return true;
  let last = first;
  let closed = inside >= 0;
  while (!closed && last + 1 < end && !state.isEmpty(last + 1) && (state.sCount[last + 1] ?? 0) >= state.blkIndent) {
    last += 1;
    closed = lineOf(state, last).trimEnd().endsWith(closing);
  }
  const content = state.getLines(first, last + 1, state.blkIndent, false).trim();
  const whole = closed && content.length <= MATHS_CAP && content.length > 4;
  const token = state.push(whole ? "maths_block" : "maths_open", "p", 0);
  token.content = content;
  token.map = [first, last + 1];
  state.line = last + 1;
  return true;
}

/** @param {import("markdown-it").StateBlock} state @param {number} line @returns {string} */
function lineOf(state, line) {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
}

/** @param {import("markdown-it").StateInline} state @param {boolean} silent @returns {boolean} */
function inline(state, silent) {
  const { src, pos, posMax } = state;
  const first = src.charCodeAt(pos);
  if (first !== 0x24 && first !== 0x5c) return false;
  const two = src.slice(pos, pos + 2);
  const end = two in CLOSING ? delimited(state, two) : first === 0x24 ? dollars(src, pos, posMax) : -1;
  if (end < 0) return !silent && two in CLOSING && unfinished(state);
  if (!silent) {
    const token = state.push("maths", "span", 0);
    token.content = src.slice(pos, end);
    token.markup = two in CLOSING ? two : "$";
  }
  state.pos = end;
  return true;
}

/**
 * Mathematics whose closing may still come is shown as its source at once.
 * @param {import("markdown-it").StateInline} state @returns {boolean}
 */
function unfinished(state) {
  const { src, pos, posMax } = state;
  if (!state.env.open || posMax - pos > OPEN_CAP) return false;
  state.push("maths_unfinished", "span", 0).content = src.slice(pos, posMax);
  state.pos = posMax;
  return true;
}

/**
 * Where `$$…$$`, `\(…\)` or `\[…\]` ends, or -1. That there is no closing is remembered: many openings
 * do not look for it again and again.
 * @param {import("markdown-it").StateInline} state @param {string} opening @returns {number}
 */
function delimited(state, opening) {
  const { src, pos, posMax } = state;
  const none = /** @type {Record<string, boolean>} */ ((state.env.noClosing ??= {}));
  const key = `${opening}${src.length}`;
  if (none[key]) return -1;
  const closing = /** @type {string} */ (CLOSING[opening]);
  const at = src.indexOf(closing, pos + 2);
  if (at < 0) none[key] = true;
  if (at < 0 || at + 2 > posMax || at - pos > MATHS_CAP || src.slice(pos + 2, at).trim() === "") return -1;
  return opening === "\\[" && src[at + 2] === "(" ? -1 : at + 2;
}

/** Where `$…$` ends, or -1: pandoc's rule, and nothing that looks like money. @param {string} src @param {number} pos @param {number} max */
function dollars(src, pos, max) {
  if (pos > 0 && /[\w$]/.test(src[pos - 1] ?? "")) return -1;
  let end = src.indexOf("$", pos + 1);
  while (end > 0 && src[end - 1] === "\\") end = src.indexOf("$", end + 1);
  if (end < 0 || end >= max || end === pos + 1 || end - pos > MATHS_CAP) return -1;
  const content = src.slice(pos + 1, end);
  if (/^\s|\s$/.test(content) || /[\w$]/.test(src[end + 1] ?? "")) return -1;
  return /[\\^_=]/.test(content) || !(HAN.test(content) || /^\d[\d.,]*\s*[a-z]{2}/i.test(content)) ? end + 1 : -1;
}
