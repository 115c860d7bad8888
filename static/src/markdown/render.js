/** Finished Markdown to nodes. */

import { decorate } from "./decorate.js";
import { highlight } from "./highlight.js";
import { idle } from "./idle.js";
import { md } from "./parser.js";
import { sanitise } from "./sanitise.js";
import { slabs, wrapped } from "./slabs.js";
import { typeset } from "./tex.js";

/** Line ends that only make HTML legible: each would be a node. What is code is escaped and has no tags. */
const BETWEEN_BLOCKS = /(<\/?(?:p|h[1-6]|hr|ul|ol|li|table|thead|tbody|tr|th|td|blockquote)(?: [^<>]*)?>|<\/pre>)\n+/g;

/**
 * Nodes of a piece of Markdown, without colours and typesetting.
 * @param {import("./parser.js").Token[]} tokens @param {import("markdown-it").Env} env @returns {DocumentFragment}
 */
export function nodes(tokens, env) {
  return decorate(sanitise(md.renderer.render(tokens, md.options, env).replace(BETWEEN_BLOCKS, "$1")));
}

/**
 * Render finished Markdown. Long text comes in slabs: the first is here at once, the others show their source
 * until they are rendered in idle time.
 * @param {string} text @returns {DocumentFragment}
 */
export function render(text) {
  const whole = document.createDocumentFragment();
  /** @type {import("markdown-it").Env} */
  const env = {};
  const [first = "", ...others] = slabs(text.replace(/\r\n?/g, "\n"));
  whole.append(nodes(md.parse(first, env), env));
  finish(whole);
  if (others.length > 0) later(whole, others, env);
  return whole;
}

/**
 * All of it at once, without colours and typesetting: to be taken elsewhere.
 * @param {string} text @returns {DocumentFragment}
 */
export function whole(text) {
  /** @type {import("markdown-it").Env} */
  const env = {};
  return nodes(md.parse(text.replace(/\r\n?/g, "\n"), env), env);
}

/** Colours and typesetting for what will not change any more. @param {ParentNode} root */
export function finish(root) {
  typeset(root);
  highlight(root);
}

/** @param {DocumentFragment} whole @param {string[]} texts @param {import("markdown-it").Env} env */
function later(whole, texts, env) {
  const boxes = texts.map((text) => wrapped([text]));
  for (const box of boxes) box.classList.add("raw");
  whole.append(...boxes);
  let at = 0;
  const next = () => {
    const box = boxes[at];
    if (!box) return;
    box.replaceChildren(nodes(md.parse(texts[at] ?? "", env), env));
    box.classList.remove("raw");
    finish(box);
    at += 1;
    idle(next);
  };
  idle(next);
}
