/** Markdown to HTML that the sanitiser expects. Pure: no DOM. */

import MarkdownIt from "markdown-it";
import cjk from "markdown-it-cjk-friendly";
import { maths } from "./maths.js";
import { tasks } from "./tasks.js";

/** @typedef {import("markdown-it").Token} Token */

/** Above this a paragraph is text and nothing else: some of the rules are slow on what nobody writes. */
export const INLINE_CAP = 10_000;
/** Above this a table ends: one line of a thousand bars and many of none would be millions of cells. */
const CELLS = 5_000;
/** Names without http:// that are links all the same; `main.py`, `README.md` and `a.rs` are none. */
const DOMAINS = ["com", "net", "org", "edu", "gov", "cn", "info"];

export const md = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false });
md.use(/** @type {any} */ (cjk)).use(maths).use(tasks);
md.linkify.tlds(DOMAINS);
md.core.ruler.at("inline", inlines);
const [table] = md.block.ruler.getRules("");
md.block.ruler.at("table", (state, first, end, silent) => {
  const columns = (state.src.slice(state.bMarks[first], state.eMarks[first]).match(/\|/g)?.length ?? 0) + 1;
  return Boolean(table?.(state, first, Math.min(end, first + 2 + Math.ceil(CELLS / columns)), silent));
}, { alt: ["paragraph", "reference"] });
md.core.ruler.push("dress", dress);
/** @type {import("markdown-it").RendererRule} */
const picture = (tokens, at, options, env, self) => {
  const token = /** @type {Token} */ (tokens[at]);
  const alt = md.utils.escapeHtml(self.renderInlineAsText(token.children ?? [], options, env));
  const depth = tokens.slice(0, at).reduce((sum, { type }) => sum + Number(type === "link_open") - Number(type === "link_close"), 0);
  if (depth > 0) return alt; // a picture that is a link: the link is what can be followed
  return `<a class="picture" href="${md.utils.escapeHtml(String(token.attrGet("src") ?? ""))}">${alt}</a>`;
};
md.renderer.rules.image = picture;

/**
 * Inline content of each block; too long is plain. `env.live` is the number of lines of a text that still
 * comes: blocks that reach its end are open.
 * @param {any} state
 */
function inlines(state) {
  let last = 0;
  for (const token of state.tokens) {
    if (token.map) last = token.map[1];
    if (token.type !== "inline") continue;
    state.env.open = state.env.live > 0 && last >= state.env.live;
    if (token.content.length > INLINE_CAP) plain(token, state.Token);
    else md.inline.parse(token.content, md, state.env, token.children);
  }
  state.env.open = false;
}

/** @param {Token} token @param {any} Made */
function plain(token, Made) {
  token.content.split("\n").forEach((line, at) => {
    if (at > 0) token.children?.push(new Made("softbreak", "br", 0));
    const text = new Made("text", "", 0);
    text.content = line;
    token.children?.push(text);
  });
}

/**
 * No style attributes; headings by their place below the page's own title.
 * @param {any} state
 */
function dress(state) {
  for (const token of state.tokens) {
    if (token.type === "th_open" || token.type === "td_open") {
      const side = /text-align:(\w+)/.exec(String(token.attrGet("style") ?? ""))?.[1];
      token.attrs = side && side !== "left" ? [["class", side]] : null;
    } else if (token.type === "heading_open" || token.type === "heading_close") {
      heading(token, (state.env.outline ??= []));
    }
  }
}

/**
 * The first heading of an answer is an h2, the next is at most one deeper: no level is left out. Its size is
 * still that of its `#`s.
 * @param {Token} token @param {number[]} outline the open levels as written
 */
function heading(token, outline) {
  const level = Number(token.tag.slice(1));
  if (token.nesting > 0) {
    deepen(outline, level);
    token.attrJoin("class", `as-h${level}`);
    token.meta = { level };
  }
  token.tag = `h${Math.min(outline.length + 1, 6)}`;
}

/** @param {number[]} outline @param {number} level */
export function deepen(outline, level) {
  while (outline.length > 0 && (outline.at(-1) ?? 0) >= level) outline.pop();
  outline.push(level);
}
