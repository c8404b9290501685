// Typeset text: elements of a short list of tags, made one by one from data. Nothing in the data can run.
import { el } from "./dom.js";

/** @typedef {import("./types.js").Rich} Rich */

const HTML = new Set(("p div span strong em s code pre ul ol li blockquote table thead tbody tr th td h1 h2 h3 h4 h5 h6 hr br").split(" "));
const MATH = new Set(("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable " +
  "mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts none").split(" "));
const ATTRIBUTES = new Set(("display displaystyle mathvariant stretchy fence separator form lspace rspace minsize maxsize " +
  "columnalign rowspacing columnspacing linethickness accent accentunder width height depth notation scriptlevel movablelimits").split(" "));
const MATHML = "http://www.w3.org/1998/Math/MathML";
const DEEPEST = 60;

/**
 * Nodes of typeset text.
 * @param {Rich[]} parts
 * @returns {Array<Node | string>}
 */
export function typeset(parts, depth = 0) {
  return parts.map((part) => typeof part === "string" ? part : element(part, depth));
}

/**
 * One element: [tag, class, ...children], or of math [tag, class, attributes, ...children].
 * @param {[string, string, ...any[]]} part
 * @param {number} depth
 * @returns {Node | string}
 */
function element(part, depth) {
  const [tag, name, ...rest] = part;
  if (depth > DEEPEST) return "…";
  if (MATH.has(tag)) {
    const made = document.createElementNS(MATHML, tag), [attributes, ...children] = rest;
    for (const [key, value] of Object.entries(attributes)) if (ATTRIBUTES.has(key)) made.setAttribute(key, String(value));
    if (tag === "math" && name) {
      const source = el("span", "math", made);  // the source is shown on hover, and read aloud where math is not
      source.title = name;
      made.setAttribute("aria-label", name);
      made.append(...typeset(children, depth + 1));
      return source;
    }
    made.append(...typeset(children, depth + 1));
    return made;
  }
  return HTML.has(tag) ? el(/** @type {"p"} */ (tag), name, ...typeset(rest, depth + 1)) : typeset(rest, depth + 1).map(String).join("");
}
