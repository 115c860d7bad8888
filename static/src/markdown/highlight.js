/** Colours of code: for finished blocks alone, in idle time, loaded when first needed. */

import { idle } from "./idle.js";
import { patient } from "./patient.js";

const CAP = 50_000;
/** highlight.js' scopes as the five colours of the page. @type {Record<string, string>} */
const COLOURS = {
  keyword: "kw", built_in: "kw", literal: "kw", "selector-tag": "kw", tag: "kw", name: "kw", section: "kw", "template-tag": "kw", doctag: "kw",
  string: "str", regexp: "str", addition: "str", "meta string": "str", char: "str", "char.escape": "str", code: "str", link: "str",
  number: "num", symbol: "num", bullet: "num", "selector-id": "num", "selector-class": "num", attr: "num", attribute: "num", variable: "num", "template-variable": "num", property: "num",
  comment: "com", quote: "com", meta: "com", deletion: "del",
  title: "fn", "title.function": "fn", "title.class": "fn", "title.function.invoke": "fn", "title.class.inherited": "fn", type: "fn", class: "fn", function: "fn",
};

/** @type {Promise<typeof import("./languages.js")> | null} */
let loading = null;
/** @type {HTMLElement[]} */
const waiting = [];
let asked = false;

/** Colour the closed blocks of code in `root`, some time soon. @param {ParentNode} root */
export function highlight(root) {
  for (const box of root.querySelectorAll(".code[data-language]:not([data-coloured])")) want(/** @type {HTMLElement} */ (box));
}

/** @param {HTMLElement} box a `.code` whose text will not change any more */
export function want(box) {
  const length = box.querySelector("code")?.textContent?.length ?? 0;
  if (!box.dataset.language || box.dataset.coloured !== undefined || length === 0 || length > CAP) return;
  box.dataset.coloured = "";
  waiting.push(box);
  ask();
}

function ask() {
  if (asked || waiting.length === 0) return;
  asked = true;
  idle(() => {
    loading ??= patient(() => import("./languages.js")); // until it is there code stays plain
    loading.then(one);
  });
}

/** One block an idle moment. @param {typeof import("./languages.js")} languages */
function one(languages) {
  const box = waiting.shift();
  const code = box?.isConnected ? box.querySelector("code") : null;
  const language = box?.dataset.language ?? "";
  const go = () => {
    asked = false;
    ask();
  };
  if (!code || !languages.knows(language)) return go();
  const text = code.textContent ?? "";
  const pieces = languages.read(text, language);
  idle(() => {
    if (selected(code)) later(box);
    else if (code.textContent === text) code.replaceChildren(tree(pieces));
    go();
  });
}

/** Whether somebody is selecting in it: new nodes would take the selection away. @param {Node} code @returns {boolean} */
function selected(code) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(code, true);
}

/** @param {HTMLElement | undefined} box */
function later(box) {
  setTimeout(() => {
    if (box) waiting.push(box);
    ask();
  }, 2000);
}

/** @param {import("./languages.js").Piece} piece @returns {Node} */
function tree(piece) {
  if (typeof piece === "string") return document.createTextNode(piece);
  const colour = piece.scope && (COLOURS[piece.scope] ?? COLOURS[piece.scope.split(".")[0] ?? ""]);
  const made = colour ? document.createElement("span") : document.createDocumentFragment();
  if (colour && made instanceof HTMLElement) made.className = `hl-${colour}`;
  for (const child of piece.children) made.appendChild(tree(child));
  return made;
}
