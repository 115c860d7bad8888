/** The images of a question: small, in a space that is kept for them, large on a click. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";

/** @param {import("./message.js").Item} item @returns {HTMLElement | null} */
export function thumbnails(item) {
  const kept = item.pending?.images.map((one) => ({ src: one.url || address(one.id), alt: one.name ?? "" })) ?? [];
  const images = item.pending ? kept : item.message.images.map((id) => ({ src: address(id), alt: "" }));
  if (images.length === 0) return null;
  return h("div", { class: images.length === 1 ? "pictures one" : "pictures" }, images.map((image, index) => thumbnail(image, index)));
}

/** @param {string} id @returns {string} */
export function address(id) {
  return `/api/images/${id}`;
}

/** @param {{ src: string, alt: string }} image @param {number} index @returns {HTMLElement} */
function thumbnail(image, index) {
  const alt = image.alt || t("log.image", { number: index + 1 });
  const picture = h("img", { src: image.src, alt, loading: "lazy", decoding: "async", width: 160, height: 160 });
  picture.addEventListener("error", () => picture.replaceWith(h("span", { class: "quiet-text", text: t("log.image_gone") })));
  const show = () => document.dispatchEvent(new CustomEvent("clawd:lightbox", { detail: { src: picture.src, alt } }));
  return h("button", { type: "button", class: "picture", "aria-label": t("log.image_open", { name: alt }), onclick: show }, picture);
}
