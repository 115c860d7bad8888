/** The page begins. */

import { mountBanner } from "./banner.js";
import { boot } from "./boot.js";
import { mountComposer } from "./composer/index.js";
import { mountList } from "./list/index.js";
import { mountTop } from "./list/top.js";
import { mountLog } from "./log/index.js";

const { store, acts, begin } = boot();
// Each part in a task of its own: together they hold a slow processor for a quarter of a second.
for (const mount of [mountBanner, mountTop, mountList, mountLog, mountComposer]) {
  mount(store, acts);
  if (!document.hidden) await new Promise((next) => setTimeout(next)); // hidden pages wait a second for each
}
begin();
