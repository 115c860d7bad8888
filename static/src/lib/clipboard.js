/** Copying, also on plain http, where navigator.clipboard does not exist. */

/**
 * @param {string} text
 * @param {string} [html] the same for Word and mail
 * @returns {Promise<boolean>} whether it is on the clipboard
 */
export async function copy(text, html) {
  try {
    if (navigator.clipboard && html !== undefined && typeof ClipboardItem === "function") {
      const parts = { "text/plain": new Blob([text], { type: "text/plain" }), "text/html": new Blob([html], { type: "text/html" }) };
      await navigator.clipboard.write([new ClipboardItem(parts)]);
      return true;
    }
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // not allowed, or the window is not in front: the old way below
  }
  return copyBySelection(text, html);
}

/** @param {string} text @param {string} [html] @returns {boolean} */
function copyBySelection(text, html) {
  const put = (/** @type {ClipboardEvent} */ event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData("text/plain", text);
    if (html !== undefined) event.clipboardData?.setData("text/html", html);
  };
  document.addEventListener("copy", put, { capture: true });
  try {
    return document.execCommand("copy");
  } finally {
    document.removeEventListener("copy", put, { capture: true });
  }
}
