/** Building elements: the only way markup is made here, but for sanitised Markdown. */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element with attributes, listeners and children.
 *
 * `class`, `text` and any attribute by its name (true: present, false or null: absent); `on<event>` is a
 * listener; `data` sets data attributes.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) give(element, name, value);
  element.append(...real(children.flat()));
  return element;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function real(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child || child === ""));
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function give(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "text") element.textContent = value;
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * Put `children` in place of what `element` has.
 * @param {Element} element @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...real(children.flat()));
}

/**
 * The element of this id, which the page's template always has.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (found);
}

/** Whether fingers are what points here: no hover, Enter of a touch keyboard. @returns {boolean} */
export function isTouch() {
  return matchMedia("(pointer: coarse)").matches;
}
