/** Long code in parts of whole lines, each laid out for itself: to append to a megabyte costs what a part costs. */

const PART = 16_000;

/** Append text to code. @param {HTMLElement} code @param {string} text */
export function pour(code, text) {
  let rest = text;
  while (rest !== "") {
    let last = code.lastElementChild ?? code;
    if (last === code && (code.textContent?.length ?? 0) >= PART) {
      last = part(code, ...code.childNodes);
    } else if (last !== code && (last.textContent?.length ?? 0) >= PART && last.textContent?.endsWith("\n")) {
      last = part(code);
    }
    const room = PART - (last.textContent?.length ?? 0);
    const cut = rest.length <= room ? rest.length : rest.indexOf("\n", Math.max(0, room)) + 1 || rest.length;
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
