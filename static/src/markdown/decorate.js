/** What the page adds to sanitised Markdown: sides, bars over code, boxes that scroll, links that say where they go. */

import { h } from "../lib/dom.js";
import { t } from "../lib/texts.js";
import { pour } from "./pour.js";

const WEB = /^https?:/;
const LOOKS_LIKE_ADDRESS = /^\s*(?:https?:\/\/)?(?:www\.)?([\w\u00a1-\uffff-]+(?:\.[\w\u00a1-\uffff-]+)+)/iu;

/** Letters of a host that others look like; those of East Asia look like none. */
const ALIKE = /(?![\p{ASCII}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}])\p{L}/u;
/** What is not seen, or turns what is seen around. */
const UNSEEN = /(?! )[\p{C}\p{Z}]/gu;

/** @param {DocumentFragment} fragment changed in place @returns {DocumentFragment} */
export function decorate(fragment) {
  for (const sided of fragment.querySelectorAll("ul, ol, blockquote")) sided.setAttribute("dir", "auto"); // its edge is on the side of its script
  for (const pre of fragment.querySelectorAll("pre")) code(pre);
  for (const table of fragment.querySelectorAll("table")) scrolls(table);
  for (const anchor of fragment.querySelectorAll("a")) link(anchor);
  for (const box of fragment.querySelectorAll("span.box")) tick(box);
  return fragment;
}

/** @param {HTMLPreElement} pre */
function code(pre) {
  const inner = pre.querySelector("code");
  const language = /^language-(\S+)/.exec(inner?.className ?? "")?.[1] ?? "";
  const text = inner?.textContent ?? "";
  if (inner) {
    inner.removeAttribute("class");
    inner.textContent = "";
    pour(inner, text);
  }
  const name = language.replace(/[^\w+#.-]/g, "").slice(0, 30).toLowerCase();
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", name ? t("markdown.code_in", { language: name }) : t("markdown.code"));
  const box = h("div", { class: "code", data: name ? { language: name } : {} },
    h("div", { class: "bar" },
      h("span", { text: name || t("markdown.code") }),
      h("button", { type: "button", class: "btn quiet", "data-copy-code": true, text: t("markdown.copy_code") }),
    ),
  );
  pre.replaceWith(box);
  box.append(pre);
}

/** @param {HTMLTableElement} table */
function scrolls(table) {
  const box = h("div", { class: "table", tabindex: "0", role: "group", "aria-label": t("markdown.table") });
  table.replaceWith(box);
  box.append(table);
}

/** @param {HTMLAnchorElement} anchor */
function link(anchor) {
  const address = parsed(anchor.getAttribute("href"));
  if (!address) {
    anchor.removeAttribute("href");
    if (anchor.classList.contains("picture")) anchor.replaceWith(h("span", { class: "picture", text: anchor.textContent || t("markdown.picture") }));
    return;
  }
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  const words = anchor.textContent ?? "";
  const shown = legible(address);
  anchor.title = anchor.title ? `${anchor.title} — ${shown}` : shown;
  if (anchor.classList.contains("picture")) {
    const box = h("span", { class: "picture" });
    anchor.replaceWith(box);
    box.append(words || t("markdown.picture"), " ", anchor);
    anchor.textContent = t("markdown.open_picture");
    anchor.append(h("small", { text: ` (${address.host})` }));
  } else if (WEB.test(address.protocol) && disguised(words, address)) {
    anchor.append(h("small", { class: "host", text: ` (${address.host})` }));
  }
}

/** @param {string | null} href @returns {URL | null} null where it is no address to follow */
function parsed(href) {
  if (href === null || !/^(?:https?:\/\/|mailto:)/i.test(href)) return null;
  try {
    return new URL(href);
  } catch {
    return null;
  }
}

/** The address with its path readable; the host stays as the browser writes it. @param {URL} address @returns {string} */
function legible(address) {
  try {
    return decodeURI(address.href).replace(UNSEEN, encodeURIComponent);
  } catch {
    return address.href;
  }
}

/** Whether the words look like an address of another host, or may. @param {string} words @param {URL} address @returns {boolean} */
function disguised(words, address) {
  const named = LOOKS_LIKE_ADDRESS.exec(words)?.[1];
  if (!named) return false;
  if (address.hostname.includes("xn--") && ALIKE.test(named)) return true;
  try {
    return bare(new URL(`http://${named}`).hostname) !== bare(address.hostname);
  } catch {
    return true;
  }
}

/** @param {string} host @returns {string} */
function bare(host) {
  return host.replace(/^www\./, "");
}

/** @param {Element} box */
function tick(box) {
  const done = box.classList.contains("done");
  const label = done ? t("markdown.task_done") : t("markdown.task_open");
  box.replaceWith(h("input", { type: "checkbox", disabled: true, checked: done, "aria-label": label }));
}
