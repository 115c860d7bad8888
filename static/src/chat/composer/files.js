/** Files that come by paste or drop; what is text stays text. */

import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";

/** @typedef {import("../store.js").Store} Store */

/**
 * Why this person cannot add images here, or null.
 * @param {Pick<Store, "can" | "vision">} store @returns {string | null} a text's key
 */
export function imagesRefused(store) {
  if (!store.can("image:upload")) return "composer.image.scope";
  return store.vision ? null : "composer.image.vision";
}

/**
 * Whether a paste means its files. Office puts a picture of the text beside the text: then the text is meant.
 * A file manager puts the file's name beside the file: then the file is.
 * @param {readonly string[]} types of the DataTransfer @param {string} plain its text/plain
 * @returns {boolean}
 */
export function meansFiles(types, plain) {
  if (!types.includes("Files")) return false;
  const rich = types.includes("text/html") || types.includes("text/rtf");
  return !(rich && plain.trim() !== "");
}

/**
 * Take files pasted anywhere but into another field, and files dropped anywhere.
 * @param {HTMLTextAreaElement} box @param {Store} store @param {(files: File[]) => void} add
 */
export function takeFiles(box, store, add) {
  const take = (/** @type {File[]} */ files) => {
    const why = imagesRefused(store);
    if (!box.isConnected || files.length === 0) return;
    if (why) toast(t(why, { scope: "image:upload" }), { tone: "danger" });
    else add(files);
  };
  document.addEventListener("paste", (event) => {
    const given = event.clipboardData;
    const target = /** @type {Element} */ (event.target);
    if (!given || (target !== box && target.closest?.("input, textarea, dialog"))) return;
    if (!meansFiles(given.types, given.getData("text/plain"))) return;
    event.preventDefault();
    take([...given.files]);
  });
  document.addEventListener("clawd:files", (event) => take(/** @type {CustomEvent<{ files: File[] }>} */ (event).detail.files));
  takeDropped(take, () => box.isConnected && imagesRefused(store) === null);
}

/** @param {DragEvent} event @returns {boolean} */
export function carries(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * A file that is dropped anywhere must not open in place of the page.
 * @param {(files: File[]) => void} take @param {() => boolean} open whether images are taken at all
 */
function takeDropped(take, open) {
  for (const kind of /** @type {const} */ (["dragover", "drop"])) {
    addEventListener(kind, (event) => carries(event) && event.preventDefault());
  }
  const come = async (/** @type {DragEvent} */ event) => {
    if (!carries(event)) return;
    removeEventListener("dragenter", come);
    const { dropZone } = await import("./dropping.js");
    dropZone(take, open, event);
  };
  addEventListener("dragenter", come);
}
