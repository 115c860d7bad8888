/** The page begins. */

import { mountBanner } from "./banner.js";
import { boot } from "./boot.js";
import { mountComposer } from "./composer/index.js";
import { mountList } from "./list/index.js";
import { mountTop } from "./list/top.js";
import { mountLog } from "./log/index.js";

const { store, acts, begin } = boot();
mountBanner(store, acts);
mountTop(store, acts);
mountList(store, acts);
mountLog(store, acts);
mountComposer(store, acts);
begin();
