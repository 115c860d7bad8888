/** What a node was made from, where that is not what it looks like: TeX. @type {WeakMap<Node, string>} */
export const sources = new WeakMap();
