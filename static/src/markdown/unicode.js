/**
 * Classes of characters by the browser's own tables, in place of the package `uc.micro`, whose tables are 5 kB: the
 * build gives it to markdown-it and linkify-it under that name. The latter takes the sources into expressions
 * without the flag `u`, which know no `\p`.
 */

/** Where a class of others is refused in front of it, only the first of these alternatives is refused. */
export const Any = /[\0-\uD7FF\uE000-\uFFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/;
export const Cc = /[\0-\x1F\x7F-\x9F]/;
export const S = /\p{S}/u;
export const Z = /[ \xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]/;

/** Beyond the first 65,536, where no living script has punctuation, addresses do not end at it. */
const punctuation = /\p{P}/u;
export const P = { test: (/** @type {string} */ text) => punctuation.test(text), source: `[${ranges(/\p{P}+/gu)}]` };

/** @param {RegExp} runs @returns {string} all that it finds, as it stands between brackets */
function ranges(runs) {
  const all = new TextDecoder("utf-16le").decode(new Uint16Array(0x10000).map((_, at) => at));
  const escaped = (/** @type {number} */ at) => `\\u${at.toString(16).padStart(4, "0")}`;
  return [...all.matchAll(runs)].map(({ 0: run, index }) => `${escaped(index)}-${escaped(index + run.length - 1)}`).join("");
}
