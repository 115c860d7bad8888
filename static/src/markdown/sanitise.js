/** The one place where text becomes markup: DOMPurify, with the page's only Trusted Types policy. */

import DOMPurify from "dompurify";

/** @type {import("dompurify").Config & { RETURN_DOM_FRAGMENT: true }} */
const MARKDOWN = {
  ALLOWED_TAGS: [
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote",
    "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "#text",
  ],
  ALLOWED_ATTR: ["href", "title", "class", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["class", "title", "start"],
  RETURN_DOM_FRAGMENT: true,
};

/** @type {import("dompurify").Config & { RETURN_DOM_FRAGMENT: true }} */
const MATHML = { USE_PROFILES: { mathMl: true }, FORBID_ATTR: ["style", "href", "class", "id", "name"], FORBID_TAGS: ["annotation", "style"], ADD_TAGS: ["semantics"], RETURN_DOM_FRAGMENT: true };

/**
 * HTML of Markdown, made harmless: no pictures, no styles, no forms, no ids or names, links to http, https
 * and mail alone. The nodes are the sanitiser's own: nothing is parsed a second time.
 * @param {string} html @returns {DocumentFragment}
 */
export function sanitise(html) {
  return DOMPurify.sanitize(html, MARKDOWN);
}

/** MathML of KaTeX, without what a policy or a reader would mind. @param {string} html @returns {DocumentFragment} */
export function sanitiseMaths(html) {
  return DOMPurify.sanitize(html, MATHML);
}
