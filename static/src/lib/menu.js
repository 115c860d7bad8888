/** A menu under a button: arrows, Home, End, Esc, the first letters of an item; closes on a choice, a click elsewhere, a resize, or when its button moves. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {() => void} act
 * @property {string} [icon]
 * @property {boolean} [danger]
 * @property {boolean} [checked] a choice among others: radio
 * @property {string} [note] a second line
 */

const LETTERS = 700; // ms between two letters of one word

/** @type {(() => void) | null} */
let shut = null;

/**
 * Open (or, where it is open, close) the menu of `button`.
 * @param {HTMLElement} button @param {(Item | "line")[]} items
 */
export function openMenu(button, items) {
  const again = button.getAttribute("aria-expanded") === "true";
  shut?.();
  if (again) return;
  const rows = items.map((item) => (item === "line" ? h("hr") : row(item)));
  const menu = h("div", { class: "menu", role: "menu", tabindex: "-1" }, rows);
  (button.closest("dialog, [role=dialog], nav, main") ?? document.body).append(menu); // inside a landmark, and above a dialog
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  const close = () => {
    if (shut !== close) return;
    shut = null;
    if (menu.contains(document.activeElement)) button.focus();
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", close);
    removeEventListener("scroll", moved, true);
  };
  const outside = (/** @type {PointerEvent} */ event) => {
    const target = /** @type {Node} */ (event.target);
    if (!menu.contains(target) && !button.contains(target)) close();
  };
  const { top } = button.getBoundingClientRect();
  const moved = () => {
    if (Math.abs(button.getBoundingClientRect().top - top) > 1) close(); // the box stands still while an answer scrolls above it
  };
  menu.addEventListener("keydown", (event) => keys(event, menu, button, close));
  menu.addEventListener("click", close, true); // before the choice acts: a dialog gives the focus back to the button
  addEventListener("pointerdown", outside, true);
  addEventListener("resize", close);
  addEventListener("scroll", moved, true);
  shut = close;
  (buttons(menu).find((one) => one.ariaChecked === "true") ?? buttons(menu)[0])?.focus();
}

/** @param {Item} item @returns {HTMLElement} */
function row(item) {
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return h("button", {
    type: "button", class: `menu-item ${item.danger ? "danger" : ""}`, role, tabindex: "-1",
    "aria-checked": item.checked === undefined ? null : String(item.checked), onclick: item.act,
  },
    item.icon && icon(item.icon),
    h("span", null, item.label, item.note && h("small", { text: item.note })),
    item.checked && icon("check"),
  );
}

/** @type {{ text: string, at: number }} the letters that were typed lately, and when */
let typed = { text: "", at: 0 };

/** The next item that begins with what was typed. @param {KeyboardEvent} event @param {HTMLElement[]} all @param {number} here */
function byLetters({ key, timeStamp }, all, here) {
  typed = { text: (timeStamp - typed.at < LETTERS ? typed.text : "") + key.toLocaleLowerCase(), at: timeStamp };
  const from = here + (typed.text.length === 1 ? 1 : 0); // another letter of the same word may mean where one is
  return [...all.slice(from), ...all.slice(0, from)].find((one) => one.textContent?.toLocaleLowerCase().startsWith(typed.text));
}

/** @param {HTMLElement} menu @returns {HTMLElement[]} */
function buttons(menu) {
  return [...menu.querySelectorAll("button")];
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu @param {HTMLElement} button @param {() => void} close */
function keys(event, menu, button, close) {
  const all = buttons(menu);
  const here = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const to = { ArrowDown: (here + 1) % all.length, ArrowUp: (here - 1 + all.length) % all.length, Home: 0, End: all.length - 1 };
  if (event.key in to) {
    event.preventDefault();
    all[to[event.key] ?? 0]?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    if (event.key === "Escape") event.preventDefault();
    event.stopPropagation();
    close();
    button.focus();
  } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) byLetters(event, all, here)?.focus();
}

/** @param {HTMLElement} menu @param {HTMLElement} button */
function place(menu, button) {
  const box = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.max(8, Math.min(box.left, innerWidth - width - 8));
  const below = box.bottom + 4 + height <= innerHeight - 8;
  menu.style.left = `${left}px`;
  menu.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - 4 - height)}px`;
}
