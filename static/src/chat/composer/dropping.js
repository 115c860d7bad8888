/** The whole main pane takes what is dropped: comes with the first file that is dragged over the page. */

import { byId, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { carries } from "./files.js";

/**
 * @param {(files: File[]) => void} take @param {() => boolean} open whether images are taken at all
 * @param {DragEvent} first the one that called for this
 */
export function dropZone(take, open, first) {
  const zone = h("div", { class: "dropzone", hidden: true }, h("p", null, icon("image"), t("composer.drop")));
  const main = byId("main");
  main.append(zone);
  const over = (/** @type {DragEvent} */ event) =>
    event.target instanceof Node && main.contains(event.target) && !document.querySelector("dialog[open]");
  const show = (/** @type {DragEvent} */ event) => {
    if (!carries(event)) return;
    const here = over(event) && open();
    zone.hidden = !here;
    if (event.dataTransfer) event.dataTransfer.dropEffect = here ? "copy" : "none";
  };
  addEventListener("dragover", show);
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) zone.hidden = true;
  });
  addEventListener("drop", (event) => {
    zone.hidden = true;
    if (carries(event) && over(event)) take([...(event.dataTransfer?.files ?? [])]);
  });
  show(first);
}
