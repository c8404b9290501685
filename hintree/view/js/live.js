// A page of what is still running reads its file again and again; no network, no script but its own.
import { button, find } from "./dom.js";

const REST = 10000; // milliseconds after a person's last move in which the page stays as it is

/**
 * Read the page again every few seconds, but not while a person has paused it or uses it.
 * @param {number} seconds Time between two readings; 0 for a page that is complete.
 * @param {() => boolean} isBusy
 */
export function readAgain(seconds, isBusy) {
  const line = find("live");
  line.hidden = !seconds;
  if (!seconds) return;
  let paused = false, used = -REST;
  const pause = button("Pause", () => { paused = !paused; pause.textContent = paused ? "Go on" : "Pause"; });
  line.append(`● still running: this page reads itself again every ${seconds} s, but not while you use it `, pause);
  for (const kind of ["pointerdown", "wheel", "touchmove", "keydown"])
    addEventListener(kind, () => { used = performance.now(); }, {passive: true});
  const isUsed = () => performance.now() - used < REST || !getSelection()?.isCollapsed;
  setInterval(() => { if (!paused && !document.hidden && !isUsed() && !isBusy()) location.reload(); }, 1000 * seconds);
}
