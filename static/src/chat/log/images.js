/** The images of a question: small, in a space that is kept for them, large on a click. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";

/** @param {import("./message.js").Item} item @returns {HTMLElement | null} */
export function thumbnails({ pending, message }) {
  const images = pending?.images ?? message.images.map((id) => ({ id }));
  if (images.length === 0) return null;
  return h("div", { class: images.length === 1 ? "pictures one" : "pictures" }, images.map(thumbnail));
}

/**
 * One that is on its way is shown from this computer, else from the server.
 * @param {import("../shapes").Picture} image @param {number} index @returns {HTMLElement}
 */
function thumbnail(image, index) {
  const src = `/api/images/${image.id}`;
  const alt = image.name || t("log.image", { number: index + 1 });
  const picture = h("img", { src: image.url ?? src, alt, loading: "lazy", decoding: "async", width: 160, height: 160 });
  picture.addEventListener("error", () => {
    if (picture.getAttribute("src") !== src) picture.src = src;
    else picture.replaceWith(h("span", { class: "quiet-text", text: t("log.image_gone") }));
  });
  const show = () => document.dispatchEvent(new CustomEvent("clawd:lightbox", { detail: { src, alt } }));
  return h("button", { type: "button", class: "picture", "aria-label": t("log.image_open", { name: alt }), onclick: show }, picture);
}
