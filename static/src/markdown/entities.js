/**
 * `&copy;` by the browser's own table, in place of the package `entities`, whose table is 13 kB: the build
 * gives it to markdown-it under that name. Markup is only ever parsed by the sanitiser, so it is asked.
 */

import { sanitise } from "./sanitise.js";

const KEPT = 5000;
/** @type {Map<string, string>} */
const known = new Map();

/**
 * @param {string} text one reference by name with its semicolon, `&name;`
 * @returns {string} what it stands for (one or two characters), or `text` where the name means nothing
 */
export function decodeHTMLStrict(text) {
  let decoded = known.get(text);
  if (decoded === undefined) {
    // "x": a parser drops white space in front. A name that merely begins as an old one does keeps its end.
    const found = sanitise(`x${text}`).textContent?.slice(1) ?? text;
    decoded = found.length <= 2 ? found : text;
    if (known.size < KEPT) known.set(text, decoded);
  }
  return decoded;
}
