/** Everything of the connection and the acts that the first second does not need, in one module. */

export * from "./acts_rare.js";
export { askByHttp, followByHttp } from "./live/plain.js";
export { mind } from "./live/minding.js";
export { reloadOnce } from "./live/reload.js";
export { Session } from "./session.js";
export { draw as drawSign, tell as tellNotice } from "./signs.js";
