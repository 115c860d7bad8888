/**
 * Long code in parts of whole lines, each laid out for itself: to append to a megabyte costs what a part costs.
 * A line that is longer than a part is broken, for the eye alone.
 */

const PART = 16_000;

/** Append text to code. @param {HTMLElement} code @param {string} text */
export function pour(code, text) {
  let rest = text;
  while (rest !== "") {
    const last = code.lastElementChild ?? code;
    const before = last.lastChild;
    const filled = before instanceof Text ? before.length : 0;
    if (before instanceof Text && (filled >= 2 * PART || (filled >= PART && before.substringData(filled - 1, 1) === "\n"))) {
      if (last === code) part(code, ...code.childNodes);
      part(code);
      continue;
    }
    const newline = rest.indexOf("\n", Math.max(0, PART - filled - 1)) + 1;
    const cut = Math.min(newline || rest.length, 2 * PART - filled);
    write(last, rest.slice(0, cut));
    rest = rest.slice(cut);
  }
}

/** @param {HTMLElement} code @param {...Node} content @returns {HTMLElement} */
function part(code, ...content) {
  const box = document.createElement("span");
  box.className = "part";
  box.append(...content);
  code.append(box);
  return box;
}

/** @param {Element} box @param {string} text */
function write(box, text) {
  const last = box.lastChild;
  if (last instanceof Text) last.appendData(text);
  else box.append(text);
}
