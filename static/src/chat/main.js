/** The page begins: what came with it, the store, the socket, the views. */

import { byId } from "../lib/dom.js";
import { speak } from "../lib/texts.js";

const boot = JSON.parse(byId("boot").textContent ?? "{}");
speak(JSON.parse(byId("texts").textContent ?? "{}"), boot.language);
