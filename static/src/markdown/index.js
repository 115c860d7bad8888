/** Markdown as nodes, finished; and the copying of its code. What is being written: stream.js, for an import() of its own. */

export { codeOf, mindCopies } from "./copies.js";
export { render, whole } from "./render.js";
