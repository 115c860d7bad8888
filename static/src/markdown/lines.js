/** Counting lines. */

/** Lines of a text, the last with or without its end. @param {string} text @returns {number} */
export function lines(text) {
  let count = 0;
  for (let at = 0; at < text.length; count += 1) {
    const next = text.indexOf("\n", at);
    at = next < 0 ? text.length : next + 1;
  }
  return count;
}

/** Where line `line` (the first is 0) begins. @param {string} text @param {number} line @returns {number} */
export function offset(text, line) {
  let at = 0;
  for (let skipped = 0; skipped < line; skipped += 1) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}
