/** Clear context: stop first if need be, then the line, and five seconds to take it back. */

import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { words } from "../live/errors.js";
import { clearable, mayStop, running, whoRuns } from "./state.js";

/**
 * @typedef {import("../store.js").Store} Store
 * @typedef {import("../acts.js").Acts} Acts
 */

/** @param {Store} store @param {Acts} acts */
export async function clearContext(store, acts) {
  const { open } = store;
  try {
    if (running(store) && !(await stopped(store, acts))) return;
    if (store.open !== open || !clearable(store)) return;
    await acts.clearContext();
  } catch (error) {
    toast(words(error), { tone: "danger" });
    return;
  }
  offerUndo(store, acts);
}

/** @param {Store} store @param {Acts} acts */
function offerUndo(store, acts) {
  const undo = () => acts.undoClear().catch(() => toast(t("composer.clear.kept"), { tone: "danger" }));
  const close = toast(t("composer.cleared"), { action: { label: t("composer.undo"), act: undo } });
  const { leaf } = store.chat;
  const off = store.on("chat", () => {
    if (store.chat.leaf === leaf) return;
    close(); // another conversation, or it went on
    off();
  });
}

/** Ask to stop, stop, and wait for the end. @param {Store} store @param {Acts} acts @returns {Promise<boolean>} whether it ended */
async function stopped(store, acts) {
  const { open } = store;
  if (open === null) return false;
  if (!mayStop(store)) {
    toast(whoRuns(store));
    return false;
  }
  const { confirm } = await import("../../lib/dialog.js");
  const yes = await confirm({ title: t("composer.clear"), text: t("composer.clear.running"), yes: t("composer.clear.stop") });
  if (!yes || store.open !== open) return false;
  if (!store.running(open)) return true;
  await acts.stop(open);
  await new Promise((resolve) => {
    const look = () => {
      if (store.running(open)) return;
      off();
      resolve(undefined);
    };
    const off = store.on("generation", look);
    look();
  });
  return true;
}
