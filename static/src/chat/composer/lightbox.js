/** An image in full: Esc, the button and the ground around it close; the focus goes back where it was. */

import { open } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";

/** @param {{ src: string, alt?: string }} image */
export function show({ src, alt }) {
  const picture = h("img", { src, alt: alt || t("composer.lightbox") });
  const shown = open(alt || t("composer.lightbox"), [picture], { class: "lightbox" });
  picture.addEventListener("error", () => {
    picture.replaceWith(h("p", { class: "quiet-text", text: t("composer.image.gone") }));
  });
  shown.element.querySelector(".dialog-body")?.addEventListener("click", (event) => {
    if (event.target !== picture) shown.close();
  });
}
