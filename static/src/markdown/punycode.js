/**
 * Hosts in letters of other scripts, as the browser writes them for the network, in place of the package
 * `punycode.js`: the build gives it to markdown-it under that name.
 */

/** @param {string} host @returns {string} `例子.中国` as `xn--fsqu00a.xn--fiqs8s`; as it is where it is no host */
const toASCII = (host) => {
  try {
    return new URL(`http://${host}`).hostname || host;
  } catch {
    return host;
  }
};

/** An address that was written for the network is shown so: its letters may be made to be mistaken. @param {string} host */
const toUnicode = (host) => host;

export default { toASCII, toUnicode };
