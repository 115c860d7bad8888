/** The page's shortcuts: what they are, and which one a key press is. `mountKeys` listens. */

/** @typedef {"search" | "new" | "box" | "code" | "answer" | "help" | "side"} Shortcut */
/**
 * @typedef {object} Combination
 * @property {Shortcut} name
 * @property {string} key as `event.key` in lower case
 * @property {string} code the same key where the keyboard writes another script
 * @property {boolean} mod Ctrl, or Command on a Mac
 * @property {boolean} shift
 */

/** @type {Combination[]} */
export const SHORTCUTS = [
  { name: "search", key: "k", code: "KeyK", mod: true, shift: false },
  { name: "new", key: "o", code: "KeyO", mod: true, shift: true },
  { name: "box", key: "escape", code: "Escape", mod: false, shift: true },
  { name: "code", key: ";", code: "Semicolon", mod: true, shift: true },
  { name: "answer", key: "c", code: "KeyC", mod: true, shift: true },
  { name: "side", key: "s", code: "KeyS", mod: true, shift: true },
  { name: "help", key: "/", code: "Slash", mod: true, shift: false },
];

/** @typedef {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode">} Press */

/**
 * The shortcut of a key press; null: it is none, or belongs to an input method.
 * @param {Press} press @param {boolean} mac @returns {Shortcut | null}
 */
export function shortcutOf(press, mac) {
  if (composing(press) || press.altKey) return null;
  const mod = mac ? press.metaKey : press.ctrlKey;
  if (mac ? press.ctrlKey : press.metaKey) return null;
  const key = press.key === ":" ? ";" : press.key.toLowerCase(); // with Shift
  const latin = /^[!-~]$/.test(key); // then the key is what it writes: elsewhere "-" stands where "/" does here
  const found = SHORTCUTS.find((one) => {
    if (one.mod !== mod) return false;
    const typed = one.key === key;
    if (!typed && (latin || one.code !== press.code)) return false;
    return one.shift === press.shiftKey || (typed && key === "/"); // Shift writes the slash on some keyboards
  });
  return found?.name ?? null;
}

/**
 * Whether an input method has this key: Safari ends the composition before it tells of the key (229).
 * @param {Pick<KeyboardEvent, "isComposing" | "keyCode">} press @returns {boolean}
 */
export function composing(press) {
  return press.isComposing || press.keyCode === 229;
}

/** @returns {boolean} */
export function onMac() {
  return /mac|iphone|ipad/i.test(navigator.platform);
}

/** How a shortcut is written: `Ctrl+Shift+O`, `⌘⇧O`. @param {Combination} one @param {boolean} mac @returns {string[]} */
export function written(one, mac) {
  const key = one.key === "escape" ? "Esc" : one.key.toUpperCase();
  const mod = mac ? "⌘" : "Ctrl";
  return [...(one.mod ? [mod] : []), ...(one.shift ? [mac ? "⇧" : "Shift"] : []), key];
}
