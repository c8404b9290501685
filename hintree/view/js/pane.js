// One tree on the screen: the picture of all steps above, the list of open branches below.
import { button, el } from "./dom.js";
import { listen } from "./gestures.js";
import { StepList } from "./list.js";
import { Picture } from "./picture.js";

/** @typedef {import("./tree.js").Tree} Tree */

export class Pane {
  /**
   * @param {Tree} tree
   * @param {number} number
   * @param {(pane: Pane, id: number, move?: boolean) => void} onSelect
   */
  constructor(tree, number, onSelect) {
    this.tree = tree;
    this.onSelect = onSelect;
    this.prefix = `s${number}-`;
    this.selected = tree.chosen;
    this.open = new Set(tree.path);
    this.time = tree.timeline.end;
    /** @type {Uint8Array | null} The steps that the filters leave, with the steps before them; null for all. */
    this.keep = null;
    /** @type {Set<number>} */
    this.matches = new Set();
    this.frame = 0;
    this.list = new StepList(this);
    this.canvas = el("canvas", "picture");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `Picture of ${tree.size - 1} steps ${tree.name}; + and - zoom, arrows move, 0 fits`);
    this.picture = new Picture(tree, this.canvas);
    listen(this.picture, (id) => onSelect(this, id), (id) => this.fold(id));
    const zooms = el("div", "zooms", button("+", () => this.picture.zoomAt(1.5), "", "zoom in"),
      button("−", () => this.picture.zoomAt(1 / 1.5), "", "zoom out"), button("⤢", () => this.picture.fit(), "", "show the whole tree"),
      button("⊟", () => this.fold(this.selected), "", "fold or unfold the selected step"));
    const label = tree.name ? [el("h2", "panehead", tree.name)] : [];
    this.element = el("section", "pane", ...label, el("div", "frame", this.canvas, zooms), this.list.element);
    this.element.setAttribute("aria-label", `Tree ${tree.name}`.trim());
    this.list.element.addEventListener("click", (event) => this.clickRow(event));
    this.list.element.addEventListener("focus", () => onSelect(this, this.selected, false));
  }

  get rows() { return this.list.rows; }

  /** Tell whether the picture is zoomed or folded. */
  get isMoved() { return this.picture.zoom !== 1 || this.picture.folded.size > 0; }

  /** @param {number} id */
  isShown(id) { return this.tree.timeline.isThere(id, this.time) && (!this.keep || this.keep[id] === 1); }

  /** @param {number} id */
  place(id) { this.picture.measure(); return this.picture.place(id); }

  /** Bring list and picture up to date: the rows at once, what is seen of them before the next frame. */
  draw() {
    this.list.collect();
    this.picture.look = this;
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.list.draw();
      this.picture.draw();
    });
  }

  /** @param {MouseEvent} event */
  clickRow(event) {
    const target = /** @type {HTMLElement} */ (event.target), row = /** @type {HTMLElement | null} */ (target.closest(".row"));
    if (!row) return;
    const id = Number(row.dataset.id);
    if (target.classList.contains("toggle")) this.toggle(id);
    else this.onSelect(this, id);
  }

  /** @param {number} id */
  toggle(id, open = !this.open.has(id)) {
    if (open) this.open.add(id); else this.open.delete(id);
    this.draw();
  }

  /** Fold a subtree in the picture, and close it in the list. @param {number} id */
  fold(id) {
    this.picture.fold(id);
    this.toggle(id, !this.picture.folded.has(id) && this.tree.children[id].length > 0);
  }

  /** Select a step, open the way to it and bring it into sight. @param {number} id */
  reveal(id) {
    this.selected = id;
    for (const before of this.tree.pathTo(id).slice(0, -1)) {
      this.open.add(before);
      if (this.picture.folded.has(before)) this.picture.fold(before);
    }
    this.draw();
    this.list.reach(id);
    this.picture.reach(id);
  }

  /** @param {boolean} open */
  openAll(open) {
    this.open = new Set(open ? this.tree.parent.keys() : this.tree.path);
    this.draw();
  }

  /**
   * Show only steps that pass, with the steps before them; ``null`` shows all.
   * @param {((tree: Tree, id: number) => boolean) | null} passes
   */
  filter(passes) {
    const had = this.keep !== null;
    this.keep = null;
    this.picture.stale = had || passes !== null || this.picture.stale;
    if (passes) {
      this.keep = new Uint8Array(this.tree.size);
      this.keep[0] = 1;
      this.open = new Set([0]);
      for (let i = this.tree.size - 1; i > 0; i--) {
        if (passes(this.tree, i)) this.keep[i] = 1;
        if (this.keep[i]) { this.keep[this.tree.parent[i]] = 1; this.open.add(this.tree.parent[i]); }
      }
    } else if (had) this.open = new Set(this.tree.path);
    this.draw();
  }
}
