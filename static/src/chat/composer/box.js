/** The text box: it grows with its text, and its undo history survives what the page puts in. */

const LONGEST_INSERT = 20_000; // characters; editing commands take seconds over more

/** Let a box grow in browsers that cannot by CSS alone. @param {HTMLTextAreaElement} box @returns {() => void} to be called after each change */
export function growing(box) {
  if (CSS.supports("field-sizing", "content")) return () => {};
  return () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`; // its max-height ends it
  };
}

/**
 * Another draft: the undo history of the one before does not belong to it.
 * @param {HTMLTextAreaElement} box @param {string} text
 */
export function show(box, text) {
  if (box.value !== text) box.value = text;
  box.setSelectionRange(text.length, text.length);
}

/**
 * Put a text in place of all there is, so that Ctrl+Z takes it back.
 * @param {HTMLTextAreaElement} box @param {string} text
 */
export function put(box, text) {
  const active = document.activeElement === box;
  if (active && text.length <= LONGEST_INSERT) {
    box.setSelectionRange(0, box.value.length);
    document.execCommand("insertText", false, text); // the only one that undo knows; nothing else does it
  }
  if (box.value !== text) box.setRangeText(text, 0, box.value.length, "end");
  box.scrollTop = box.scrollHeight;
}

/**
 * How many characters the server will count: code points, not the halves of a pair.
 * Near the limit only; below it the number of halves is near enough.
 * @param {string} text @param {number} limit @returns {number}
 */
export function lengthOf(text, limit) {
  if (text.length < limit * 0.9) return text.length;
  let pairs = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0xd800 && code < 0xdc00) pairs += 1;
  }
  return text.length - pairs;
}
