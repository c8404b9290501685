// The picture of a tree on a canvas: it zooms, pans and folds; the answer's path is drawn last, above all else.
import { CHOSEN, colour } from "./colours.js";
import { layOut } from "./layout.js";
import { shape } from "./shapes.js";

/** @typedef {import("./tree.js").Tree} Tree */

/**
 * @typedef {object} Look What is to be seen: the time, the steps that filters leave, what is selected and found.
 * @property {number} time
 * @property {Uint8Array | null} keep
 * @property {number} selected
 * @property {Set<number>} matches
 */

const MARGIN = 16, BELOW = 28, WIDEST = 26, MOST_EDGES = 20000;
const LABELS = 22, TEXTS = 130; // pixels between neighbours from which ids, and texts, are written

export class Picture {
  /** @param {Tree} tree @param {HTMLCanvasElement} canvas */
  constructor(tree, canvas) {
    this.tree = tree;
    this.canvas = canvas;
    /** @type {Set<number>} */
    this.folded = new Set();
    this.zoom = 1;
    this.left = 0;
    this.top = 0;
    /** @type {Look} */
    this.look = {time: 0, keep: null, selected: 0, matches: new Set()};
    this.stale = true;
    this.plan = layOut(tree, this.folded, () => false);
    this.scale = {step: 1, row: 1, left: 0};
  }

  /** @param {number} id */
  isShown(id) {
    return this.tree.timeline.isThere(id, this.look.time) && (!this.look.keep || this.look.keep[id] === 1);
  }

  /** Lay out anew where steps came, went, were folded or the window changed; a replay keeps every step in its place. */
  measure() {
    if (this.stale) {
      this.plan = layOut(this.tree, this.folded, (id) => !this.look.keep || this.look.keep[id] === 1);
      this.stale = false;
    }
    const {clientWidth: wide, clientHeight: high} = this.canvas;
    const step = Math.min(WIDEST, (wide - 2 * MARGIN) / this.plan.columns);
    this.scale = {step, row: (high - MARGIN - BELOW) / this.plan.levels, left: (wide - step * this.plan.columns) / 2};
  }

  /**
   * Where a step is on the canvas.
   * @param {number} id
   * @returns {[number, number]}
   */
  place(id) {
    const {step, row, left} = this.scale;
    return [this.left + this.zoom * (left + step * this.plan.x[id]), this.top + this.zoom * (MARGIN + row * this.tree.depth[id])];
  }

  /**
   * Zoom about a point of the canvas.
   * @param {number} factor
   */
  zoomAt(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const next = Math.min(400, Math.max(1, this.zoom * factor)), by = next / this.zoom;
    this.left = x - (x - this.left) * by;
    this.top = y - (y - this.top) * by;
    this.zoom = next;
    this.pan(0, 0);
  }

  /**
   * Move the picture, and keep some of it in sight.
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    const {clientWidth: wide, clientHeight: high} = this.canvas;
    this.left = Math.min(wide / 2, Math.max(wide / 2 - this.zoom * wide, this.left + dx));
    this.top = Math.min(high / 2, Math.max(high / 2 - this.zoom * high, this.top + dy));
    if (this.zoom === 1) [this.left, this.top] = [0, 0];
    this.draw();
  }

  fit() {
    [this.zoom, this.left, this.top] = [1, 0, 0];
    this.draw();
  }

  /** Bring a step into sight where the picture is zoomed. @param {number} id */
  reach(id) {
    if (this.zoom === 1) return;
    this.measure();
    const [x, y] = this.place(id), {clientWidth: wide, clientHeight: high} = this.canvas;
    if (x < 0 || y < 0 || x > wide || y > high) this.pan(wide / 2 - x, high / 2 - y);
  }

  /** Fold or unfold the steps after a step. @param {number} id */
  fold(id) {
    if (this.folded.has(id)) this.folded.delete(id);
    else if (this.tree.children[id].length) this.folded.add(id);
    this.stale = true;
    this.draw();
  }

  /**
   * The step that is nearest to a point.
   * @param {number} x
   * @param {number} y
   */
  nearest(x, y) {
    let best = 0, least = Infinity;
    for (let i = 0; i < this.tree.size; i++) {
      if (!this.plan.drawn[i] || !this.isShown(i)) continue;
      const [a, b] = this.place(i), far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least) { least = far; best = i; }
    }
    return best;
  }

  draw() {
    const {canvas, tree} = this, ratio = window.devicePixelRatio || 1, pen = canvas.getContext("2d");
    if (!pen || !canvas.clientWidth) return;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    pen.scale(ratio, ratio);
    this.measure();
    const apart = this.scale.step * this.zoom, radius = Math.max(0.6, Math.min(this.zoom > 1 ? 9 : 6, 0.38 * apart));
    const style = getComputedStyle(canvas), ink = style.color;
    const [lost, kept] = this.visible(radius + 20);
    pen.strokeStyle = ink;
    if (tree.size < MOST_EDGES || this.zoom > 4) { this.edges(pen, lost, radius, 0.2); this.edges(pen, kept, radius, 0.55); }
    if (radius < 1.5) { this.dots(pen, lost, radius, ink, 0.35); this.dots(pen, kept, radius, ink, 1); }
    else for (const id of [...lost, ...kept]) this.step(pen, id, radius, ink);
    const path = tree.path.filter((id) => this.plan.drawn[id] && this.isShown(id));
    pen.strokeStyle = CHOSEN;
    this.edges(pen, path.slice(1), radius, 1, 1.5);
    const large = Math.max(radius, 3);
    for (const id of path) this.step(pen, id, large, ink);
    if (apart >= LABELS) this.labels(pen, [...lost, ...kept, ...path], radius, apart, ink, style.getPropertyValue("--hinted"));
    this.rings(pen, large, ink);
  }

  /**
   * Steps in sight off the path: those given up, and the others.
   * @param {number} around
   */
  visible(around) {
    /** @type {number[]} */
    const lost = [];
    /** @type {number[]} */
    const kept = [];
    const {clientWidth: wide, clientHeight: high} = this.canvas, tree = this.tree, all = this.zoom === 1;
    for (let id = 0; id < tree.size; id++) {
      if (!this.plan.drawn[id] || tree.onPath.has(id) || !this.isShown(id)) continue;
      if (!all) {
        const [x, y] = this.place(id);
        if (x < -around || y < -around || x > wide + around || y > high + around) continue;
      }
      (this.isLost(id) ? lost : kept).push(id);
    }
    return [lost, kept];
  }

  /** @param {number} id */
  isLost(id) {
    if (this.look.time >= this.tree.timeline.end) return this.tree.isLost(id);
    return ["pruned", "rejected", "failed"].includes(this.tree.timeline.statusAt(id, this.look.time)[0]);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number[]} ids @param {number} radius @param {number} alpha */
  edges(pen, ids, radius, alpha, wider = 0) {
    const {tree} = this, final = this.look.time >= tree.timeline.end;
    pen.globalAlpha = alpha;
    for (const id of ids) {
      if (!id) continue;
      const [x1, y1] = this.place(tree.parent[id]), [x2, y2] = this.place(id);
      const visits = final ? tree.visits[id] : 0;
      pen.lineWidth = Math.max(0.5, Math.min(radius, 0.5 + 5 * Math.sqrt(visits / tree.mostVisits))) + wider;
      pen.beginPath();
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
      pen.stroke();
    }
  }

  /**
   * Steps of a large tree, those of a colour together: first those without a score, then by rising score.
   * @param {CanvasRenderingContext2D} pen
   * @param {number[]} ids
   * @param {number} r
   * @param {string} ink
   * @param {number} alpha
   */
  dots(pen, ids, r, ink, alpha) {
    /** @type {number[][]} */
    const shades = Array.from({length: 102}, () => []);
    for (const id of ids) {
      const score = this.tree.timeline.scoreAt(id, this.look.time);
      shades[score === null ? 0 : 1 + Math.round(100 * score)].push(id);
    }
    pen.globalAlpha = alpha;
    shades.forEach((steps, shade) => {
      pen.fillStyle = shade ? colour((shade - 1) / 100) : ink;
      for (const id of steps) {
        const [x, y] = this.place(id), size = shade ? r : 0.6 * r;
        pen.fillRect(x - size, y - size, 2 * size, 2 * size);
      }
    });
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} id @param {number} r @param {string} ink */
  step(pen, id, r, ink) {
    const [x, y] = this.place(id), score = this.tree.timeline.scoreAt(id, this.look.time);
    const [status] = id ? this.tree.timeline.statusAt(id, this.look.time) : ["open"];
    const fill = id ? colour(score) : ink;
    shape(pen, {x, y, r, author: this.tree.authorOf(id), status, fill, ink, folded: this.folded.has(id)});
  }

  /** Ids under the steps, and their hints and texts where there is room. @param {CanvasRenderingContext2D} pen
   * @param {number[]} ids @param {number} radius @param {number} apart @param {string} ink @param {string} hinted */
  labels(pen, ids, radius, apart, ink, hinted) {
    const size = apart < 60 ? 10 : 12, longest = Math.floor(apart / (0.56 * size));
    pen.font = `${size}px system-ui, sans-serif`;
    pen.textAlign = "center";
    /** @param {string} text */
    const cut = (text) => text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
    for (const id of ids) {
      if (!id) continue;
      const [x, y] = this.place(id);
      pen.globalAlpha = this.isLost(id) ? 0.6 : 1;
      pen.fillStyle = ink;
      pen.fillText(String(id), x, y + radius + size + 1);
      if (apart < TEXTS) continue;
      pen.fillText(cut(this.tree.text[id]), x, y + radius + 2 * size + 3);
      pen.fillStyle = hinted;
      if (this.tree.hint[id]) pen.fillText(cut(`hint: ${this.tree.hint[id]}`), x, y - radius - 5);
    }
  }

  /** Rings around what is found and what is selected. @param {CanvasRenderingContext2D} pen @param {number} r @param {string} ink */
  rings(pen, r, ink) {
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    /** @param {number} id @param {string} stroke @param {number} wide */
    const ring = (id, stroke, wide) => {
      if (!this.plan.drawn[id] || !this.isShown(id)) return;
      const [x, y] = this.place(id);
      pen.strokeStyle = stroke;
      pen.beginPath();
      pen.arc(x, y, r + wide, 0, 7);
      pen.stroke();
    };
    for (const id of this.look.matches) ring(id, "#b8860b", 3);
    ring(this.look.selected, ink, 5);
  }
}
