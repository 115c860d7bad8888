/** The groups and their rows, kept by id: what stays is never made again, so focus and scroll stay too. */

import { h } from "../../lib/dom.js";
import { locale, t } from "../../lib/texts.js";
import { grouped } from "./groups.js";
import { rowOf } from "./row.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */
/** @typedef {{ element: HTMLElement, list: HTMLUListElement }} Section */

/**
 * @param {Store} store @param {Acts} acts @param {HTMLElement} box
 * @param {(id: string) => void} go opens a conversation
 * @param {() => void} leave gives the focus to something outside the list
 * @returns {{ paint: () => void, current: () => HTMLElement | undefined }}
 */
export function rowsIn(store, acts, box, go, leave) {
  /** @type {Map<string, import("./row.js").Row>} */
  const rows = new Map();
  /** @type {Map<string, Section>} */
  const sections = new Map();
  // a row that is deleted gives its focus to its neighbour
  const removed = (/** @type {string} */ id) => () => {
    const all = [...box.querySelectorAll("a")];
    const at = all.findIndex((link) => link === rows.get(id)?.link);
    const next = all[at + 1] ?? all[at - 1];
    if (next) next.focus();
    else leave();
  };
  const row = (/** @type {string} */ id) => {
    let found = rows.get(id);
    if (!found) rows.set(id, (found = rowOf(store, acts, id, { go, removed })));
    return found;
  };
  const section = (/** @type {string} */ key) => {
    let found = sections.get(key);
    if (!found) sections.set(key, (found = sectionOf(key)));
    return found;
  };
  const paint = () => keepingFocus(box, () => {
    const groups = grouped(listed(store), new Date());
    for (const { key, ids } of groups) {
      const found = ids.map(row);
      for (const one of found) one.show();
      place(section(key).list, found.map((one) => one.element));
    }
    place(box, groups.map((group) => section(group.key).element));
    drop(rows, new Set(groups.flatMap((group) => group.ids)));
    drop(sections, new Set(groups.map((group) => group.key)));
  });
  return { paint, current: () => rows.get(store.open ?? "")?.element };
}

/** @param {Store} store */
function listed(store) {
  return store.order.flatMap((id) => {
    const card = store.cards.get(id);
    return card && !card.archived ? [card] : [];
  });
}

/** @param {string} key @returns {Section} */
function sectionOf(key) {
  const id = `group-${key}`;
  const list = h("ul");
  return { element: h("section", { "aria-labelledby": id }, h("h2", { id, text: labelOf(key) }), list), list };
}

/** @param {string} key of a group @returns {string} */
function labelOf(key) {
  if (!/^\d/.test(key)) return t(`list.group_${key}`);
  return new Intl.DateTimeFormat(locale(), { year: "numeric", month: "long", timeZone: "UTC" }).format(new Date(key));
}

/**
 * `wanted` as the children of `parent`, moving no more than it needs.
 * @param {HTMLElement} parent @param {HTMLElement[]} wanted
 */
export function place(parent, wanted) {
  const stay = new Set(wanted);
  for (const child of [...parent.children]) if (!stay.has(/** @type {HTMLElement} */ (child))) child.remove();
  let at = parent.firstElementChild;
  for (const element of wanted) {
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
}

/** @template V @param {Map<string, V>} kept @param {Set<string>} wanted */
function drop(kept, wanted) {
  for (const key of kept.keys()) if (!wanted.has(key)) kept.delete(key);
}

/** @param {HTMLElement} box @param {() => void} change */
function keepingFocus(box, change) {
  const had = document.activeElement;
  change();
  if (had instanceof HTMLElement && had !== document.activeElement && box.contains(had)) had.focus({ preventScroll: true });
}
