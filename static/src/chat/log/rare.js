/** What few visits need, in one module of its own: loaded when the page has nothing else to do. */

export { Editor } from "./edit.js";
export { afterword } from "./endings.js";
export { find } from "./find.js";
export { openMore } from "./more.js";
export { missing } from "./missing.js";
export { queueWords } from "./queue.js";
