/**
 * Unfinished emphasis and code in the last lines of a text that still comes are closed for the eye:
 * `**bo` is bold, not two stars. Only where `env.open` says that more may follow.
 */

const NEAR = 100;
const FAR = 500;

/** @param {import("markdown-it").MarkdownIt} md */
export function mend(md) {
  md.inline.ruler.before("backticks", "open_code", openCode);
  md.inline.ruler2.after("balance_pairs", "mend", closeAll);
}

/** @param {import("markdown-it").StateInline} state @param {boolean} silent @returns {boolean} */
function openCode(state, silent) {
  const { src, pos, posMax } = state;
  if (!state.env.open || silent || src[pos] !== "`" || posMax - pos > FAR) return false;
  const marks = /** @type {string} */ (/^`+/.exec(src.slice(pos))?.[0]);
  const inside = src.slice(pos + marks.length, posMax);
  if (new RegExp(`(?<!\`)${marks}(?!\`)`).test(inside) || inside.trim() === "") return false;
  const token = state.push("code_inline", "code", 0);
  token.content = inside.replace(/\n/g, " ").replace(/^ | $/g, "");
  state.pos = posMax;
  return true;
}

/** @param {import("markdown-it").StateInline} state */
function closeAll(state) {
  if (!state.env.open) return;
  const { delimiters, tokens } = state;
  const limit = delimiters.length;
  let behind = 0;
  let from = tokens.length;
  for (let at = limit - 1; at >= 0 && behind < FAR; at -= 1) {
    const opener = delimiters[at];
    if (!opener || !opener.open || opener.end >= 0) continue;
    for (; from > opener.token; from -= 1) behind += tokens[from - 1]?.content.length ?? 0;
    const twin = delimiters[at - 1];
    const double = opener.marker === 0x7e || (twin?.token === opener.token - 1 && twin.marker === opener.marker && twin.open && twin.end < 0);
    if (behind > (double ? FAR : NEAR) || (!double && multiplies(state, opener.token)) || behind < 2) continue;
    close(state, at);
  }
}

/** `2*3` is a product. @param {import("markdown-it").StateInline} state @param {number} at @returns {boolean} */
function multiplies(state, at) {
  return /[\w)]$/.test(state.tokens[at - 1]?.content ?? "") && /^[\d(]/.test(state.tokens[at + 1]?.content ?? "");
}

/** @param {import("markdown-it").StateInline} state @param {number} at the delimiter to be closed at the end */
function close(state, at) {
  const opener = /** @type {typeof state.delimiters[number]} */ (state.delimiters[at]);
  const token = state.push("text", "", 0);
  token.content = "";
  opener.end = state.delimiters.length;
  state.delimiters.push({ marker: opener.marker, length: opener.length, token: state.tokens.length - 1, end: -1, open: false, close: true });
}
