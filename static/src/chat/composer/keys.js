/** What a key pressed in the box means. Pure: the event and the box's state in, a word out. */

/**
 * @typedef {object} Pressed what of a KeyboardEvent counts
 * @property {string} key
 * @property {number} [keyCode]
 * @property {boolean} [isComposing]
 * @property {boolean} [shiftKey]
 * @property {boolean} [ctrlKey]
 * @property {boolean} [metaKey]
 * @property {boolean} [altKey]
 */

/**
 * @typedef {object} BoxState
 * @property {"enter" | "ctrl_enter"} sendBy the person's setting
 * @property {boolean} touch whether Enter is a touch keyboard's, which has no other key for a new line
 * @property {boolean} running whether the open conversation is being answered
 * @property {boolean} empty whether nothing at all is in the box
 */

/**
 * Whether an input method is at work: Chromium and Firefox say `isComposing`, Safari ends the composition
 * before the key that ends it, and tells only by the code 229.
 * @param {Pressed} event @returns {boolean}
 */
export function isComposing(event) {
  return event.isComposing === true || event.keyCode === 229;
}

/**
 * @param {Pressed} event @param {BoxState} box
 * @returns {"send" | "stop" | "edit-last" | null} null: the browser's own business
 */
export function meaning(event, box) {
  if (isComposing(event)) return null;
  const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === "Enter") return sends(event, box) ? "send" : null;
  if (event.key === "Escape" && plain && box.running) return "stop";
  if (event.key === "ArrowUp" && plain && box.empty) return "edit-last";
  return null;
}

/** @param {Pressed} event @param {BoxState} box @returns {boolean} */
function sends(event, box) {
  if (event.shiftKey || event.altKey) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return box.sendBy === "enter" && !box.touch;
}

/**
 * The text of the placeholder that names the keys.
 * @param {Pick<BoxState, "sendBy" | "touch">} box @param {boolean} mac whether the key is called ⌘
 * @returns {string}
 */
export function placeholderKey(box, mac) {
  if (box.touch) return "composer.placeholder.touch";
  if (box.sendBy === "enter") return "composer.placeholder.enter";
  return `composer.placeholder.ctrl_enter${mac ? ".mac" : ""}`;
}
