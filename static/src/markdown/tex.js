/** Typesetting: KaTeX as MathML, loaded when first needed; what it cannot read stays as it was written. */

import { patient } from "./patient.js";
import { sanitiseMaths } from "./sanitise.js";
import { sources } from "./sources.js";

const KEPT = 400;

/** @type {Promise<{ default: { renderToString: (tex: string, options: object) => string } }> | null} */
let loading = null;
/** @type {((tex: string, options: object) => string) | null} */
let typesetter = null;
/** What was set already, by source: an answer that is being written is set again with each frame. @type {Map<string, Node | null>} */
const made = new Map();

/**
 * Typeset what is `.tex` in `root`: now if KaTeX is here, else when it comes.
 * @param {ParentNode} root @param {() => void} [changed] told when something was set later
 */
export function typeset(root, changed) {
  const spots = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".tex")]).filter((spot) => !sources.has(spot));
  if (typesetter) return spots.forEach(set);
  if (spots.length === 0 && !root.querySelector(".tex-source")) return; // one that is being written: it will be needed
  loading ??= patient(() => /** @type {any} */ (import("katex"))); // until it is there the source stays readable
  loading.then((katex) => {
    typesetter = katex.default.renderToString;
    for (const spot of spots) if (!sources.has(spot)) set(spot);
    changed?.();
  });
}

/** @param {HTMLElement} spot */
function set(spot) {
  const source = spot.textContent ?? "";
  const block = spot.classList.contains("block");
  const key = `${block}${source}`;
  if (!made.has(key)) {
    if (made.size >= KEPT) made.delete(/** @type {string} */ (made.keys().next().value));
    made.set(key, formula(source, block));
  }
  const ready = made.get(key);
  if (!ready) {
    spot.classList.replace("tex", "tex-source");
    return;
  }
  sources.set(spot, source);
  spot.title = source;
  spot.replaceChildren(ready.cloneNode(true));
}

/** @param {string} source with its delimiters @param {boolean} block @returns {Node | null} null: not readable */
function formula(source, block) {
  const cut = source.startsWith("$") && !source.startsWith("$$") ? 1 : 2;
  try {
    const options = { output: "mathml", displayMode: block, throwOnError: true, strict: "ignore", trust: false, maxExpand: 500, maxSize: 50 };
    const mathml = /** @type {NonNullable<typeof typesetter>} */ (typesetter)(source.slice(cut, -cut).trim(), options);
    return sanitiseMaths(mathml.replace(/ style="[^"]*"/g, "")); // the policy complains of them even where nothing shows
  } catch {
    return null;
  }
}
