// The keyboard.
import { find } from "./dom.js";

/** @type {Array<[string, string]>} */
export const HELP = [
  ["↑ ↓", "step before, step after"], ["→ ←", "open, close or go to the step before"], ["Enter", "open or close"],
  ["/", "search"], ["n p", "next, previous match"], ["a", "jump to the answer"], ["[ ]", "one event back, one forward"],
  ["Space", "replay"], ["e r", "open all, only the chosen path"], ["f", "fold or unfold in the picture"],
  ["+ - 0", "zoom the picture, show all of it"], ["c", "copy the path as Markdown"], ["d", "dark or light"], ["Tab", "the next part of the page"],
  ["?", "this help"],
];

/**
 * @param {Record<string, () => void>} actions
 * @param {() => void} leave Leaves a field.
 * @param {(by: number) => void} nextMatch
 */
export function bindKeys(actions, leave, nextMatch) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || find("help").open) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Escape") leave();
      if (event.key === "Enter" && target.id === "query") nextMatch(event.shiftKey ? -1 : 1);
      return;
    }
    if (target.matches("button, summary, a, input") && (event.key === "Enter" || event.key === " ")) return;
    if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  });
}
