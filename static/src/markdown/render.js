/** Finished Markdown to nodes. */

import { decorate } from "./decorate.js";
import { highlight } from "./highlight.js";
import { md } from "./parser.js";
import { sanitise } from "./sanitise.js";
import { slabs } from "./slabs.js";
import { typeset } from "./tex.js";

/**
 * Nodes of a piece of Markdown, without colours and typesetting.
 * @param {import("./parser.js").Token[]} tokens @param {import("markdown-it").Env} env @returns {DocumentFragment}
 */
export function nodes(tokens, env) {
  const fragment = decorate(sanitise(md.renderer.render(tokens, md.options, env)));
  for (const node of [...fragment.childNodes]) {
    if (node instanceof Text && node.data.trim() === "") node.remove();
  }
  return fragment;
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

/** Colours and typesetting for what will not change any more. @param {ParentNode} root */
export function finish(root) {
  typeset(root);
  highlight(root);
}

/** @param {DocumentFragment} whole @param {string[]} texts @param {import("markdown-it").Env} env */
function later(whole, texts, env) {
  const boxes = texts.map((text) => {
    const box = document.createElement("div");
    box.className = "slab raw";
    box.textContent = text;
    return box;
  });
  whole.append(...boxes);
  let at = 0;
  const next = () => {
    const box = boxes[at];
    if (!box) return;
    const text = texts[at] ?? "";
    at += 1;
    const made = nodes(md.parse(text, env), env);
    box.className = "slab";
    box.replaceChildren(made);
    finish(box);
    soon(next);
  };
  soon(next);
}

/** @param {() => void} act */
function soon(act) {
  if (typeof requestIdleCallback === "function") requestIdleCallback(act, { timeout: 2000 });
  else setTimeout(act, 30);
}
