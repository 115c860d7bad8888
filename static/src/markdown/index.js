/** Markdown as nodes: finished (`render`), being written (`StreamView`), and the copying of its code. */

export { codeOf, mindCopies } from "./copies.js";
export { render } from "./render.js";
export { StreamView } from "./stream.js";
