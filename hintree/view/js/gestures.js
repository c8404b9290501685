// Wheel, drag, pinch and keys on the picture.

/** @typedef {import("./picture.js").Picture} Picture */

const CLICK = 5; // pixels that a click may move

/**
 * @param {Picture} picture
 * @param {(id: number) => void} select
 * @param {(id: number) => void} fold
 */
export function listen(picture, select, fold) {
  const canvas = picture.canvas;
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let moved = 0;
  canvas.addEventListener("wheel", (event) => {
    const scrolls = document.documentElement.scrollHeight > window.innerHeight + 1;
    if (scrolls && !event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    picture.zoomAt(1.0015 ** -event.deltaY, event.offsetX, event.offsetY);
  }, {passive: false});
  canvas.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, {x: event.offsetX, y: event.offsetY});
    if (fingers.size === 1) moved = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = {x: event.offsetX, y: event.offsetY}, dx = now.x - before.x, dy = now.y - before.y;
    moved += Math.abs(dx) + Math.abs(dy);
    const other = [...fingers].find(([name]) => name !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other) {
      const far = Math.hypot(before.x - other.x, before.y - other.y) || 1;
      picture.zoomAt(Math.hypot(now.x - other.x, now.y - other.y) / far, (now.x + other.x) / 2, (now.y + other.y) / 2);
    } else if (moved > CLICK) picture.pan(dx, dy);
  });
  for (const kind of ["pointerup", "pointercancel"])
    canvas.addEventListener(kind, (event) => fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
  canvas.addEventListener("click", (event) => { if (moved <= CLICK) select(picture.nearest(event.offsetX, event.offsetY)); });
  canvas.addEventListener("dblclick", (event) => fold(picture.nearest(event.offsetX, event.offsetY)));
  canvas.addEventListener("keydown", (event) => {
    const key = event.key === "=" ? "+" : event.key;
    if (event.ctrlKey || event.metaKey || !KEYS[key]) return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[key](picture);
  });
}

/** @type {Record<string, (picture: Picture) => void>} */
const KEYS = {
  "+": (picture) => picture.zoomAt(1.4),
  "-": (picture) => picture.zoomAt(1 / 1.4),
  0: (picture) => picture.fit(),
  ArrowLeft: (picture) => picture.pan(60, 0),
  ArrowRight: (picture) => picture.pan(-60, 0),
  ArrowUp: (picture) => picture.pan(0, 60),
  ArrowDown: (picture) => picture.pan(0, -60),
};
