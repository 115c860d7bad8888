/** The page's words, in the language of `<html lang>`, from the catalogue that came with the page. */

/** @type {Record<string, string>} */
let catalogue = {};
let language = "en";

/**
 * Take a catalogue over.
 * @param {Record<string, string>} words key -> text with `{name}` gaps
 * @param {string} lang "en" or "zh"
 */
export function speak(words, lang) {
  catalogue = words;
  language = lang;
}

/**
 * The text of a key, its gaps filled. With `count`, `key.one` or `key.other` by the language's rules.
 * A key nobody translated shows itself, and tests find it.
 * @param {string} key @param {Record<string, string | number>} [args] @returns {string}
 */
export function t(key, args = {}) {
  let text = catalogue[key];
  if (text === undefined && typeof args.count === "number") {
    const form = new Intl.PluralRules(locale()).select(args.count);
    text = catalogue[`${key}.${form}`] ?? catalogue[`${key}.other`];
  }
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (gap, name) => {
    const value = args[name];
    return typeof value === "number" ? number(value) : (value ?? gap);
  });
}

/** Whether the catalogue has this key. @param {string} key @returns {boolean} */
export function has(key) {
  return key in catalogue;
}

/** The language, for Intl. @returns {string} */
export function locale() {
  return language === "zh" ? "zh-CN" : "en";
}

/** @param {number} value @returns {string} */
export function number(value) {
  return new Intl.NumberFormat(locale()).format(value);
}

/** Bytes as people read them: 1.8 MB. @param {number} bytes @returns {string} */
export function size(bytes) {
  const [unit, part] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  const digits = bytes < 1e6 ? 0 : 1;
  return new Intl.NumberFormat(locale(), {
    style: "unit", unit: String(unit), unitDisplay: "short", maximumFractionDigits: digits,
  }).format(Math.max(bytes / Number(part), digits ? 0.1 : 1));
}

/** Day and time in full, for a tooltip. @param {string | number | Date} at @returns {string} */
export function moment(at) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}
