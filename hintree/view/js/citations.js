// What a step cites, as links that open the passage with the quotation marked.
import { el } from "./dom.js";
import { stepLink } from "./links.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {import("./links.js").Go} Go */

/**
 * The sound citations of a step, a line each; nothing for a step without any.
 * @param {Tree} tree
 * @param {number} id
 * @param {Go} go
 * @returns {HTMLElement[]}
 */
export function citations(tree, id, go) {
  const cited = tree.data.cites[id];
  if (!cited) return [];
  const lines = cited.map(([name, step, number, quote]) => {
    const link = stepLink(step, (to) => { go(to); openPassage(number, quote); }, `[${name}] of step ${step}`);
    return el("li", "", "cites ", link, ...(quote === null ? [] : [": ", el("q", "", quote)]));
  });
  return [el("ul", "cites", ...lines)];
}

/**
 * Unfold a passage of the step that is shown, and mark the quotation in it.
 * @param {number} number
 * @param {string | null} quote
 */
function openPassage(number, quote) {
  const box = /** @type {HTMLDetailsElement} */ (document.querySelectorAll("#details .passage")[number]);
  box.open = true;
  box.querySelector("summary")?.focus();
  const whole = box.querySelector("p"), text = whole?.textContent || "", at = quote === null ? -1 : text.indexOf(quote);
  if (!whole || quote === null || at < 0 || whole.children.length) return;  // a passage that is cut stays as it is
  const mark = el("mark", "", quote);
  whole.replaceChildren(text.slice(0, at), mark, text.slice(at + quote.length));
  mark.scrollIntoView({block: "nearest"});
}
