"use strict";
// One tree on the screen: the picture of all steps above, the list of open branches below. Only rows in sight exist.

const ROW = 30;
const INDENT = 16, DEEPEST = 24;
const MOST_PRINTED = 3000;

/** An element with a class and children; strings become text, never markup. */
function el(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

class Pane {
  constructor(tree, onSelect) {
    this.tree = tree;
    this.onSelect = onSelect;
    this.selected = tree.chosen;
    this.open = new Set(tree.path);
    this.time = tree.size - 1;
    this.keep = null;     // which steps the filters leave, with the steps before them; null for all
    this.matches = new Set();
    this.canvas = el("canvas", "picture");
    this.canvas.setAttribute("aria-hidden", "true");
    this.rowsBox = el("div", "rows");
    this.list = el("div", "list", this.rowsBox);
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "tree");
    this.list.setAttribute("aria-label", `Steps ${tree.name}`);
    this.head = el("div", "panehead", el("b", "", tree.name), ...Object.entries(tree.facts).map(
      ([name, value]) => el("span", "fact", `${name} ${value}`)));
    this.element = el("section", "pane", this.head, this.canvas, this.list);
    this.list.addEventListener("scroll", () => this.drawRows());
    this.list.addEventListener("click", (event) => this.clickRow(event));
    this.list.addEventListener("focus", () => this.onSelect(this, this.selected, false));
    this.canvas.addEventListener("click", (event) => this.clickPicture(event));
  }

  isShown(id) { return id <= this.time && (!this.keep || this.keep[id] === 1); }

  /** Bring list and picture up to date: the rows at once, what is seen of them before the next frame. */
  draw() {
    this.rows = [];
    const waiting = [0];
    while (waiting.length) {
      const id = waiting.pop();
      if (!this.isShown(id)) continue;
      this.rows.push(id);
      if (this.open.has(id)) for (let k = this.tree.children[id].length - 1; k >= 0; k--) waiting.push(this.tree.children[id][k]);
    }
    this.rowsBox.style.height = `${this.rows.length * ROW}px`;
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.drawRows();
      this.drawPicture();
    });
  }

  drawRows(all = false) {
    const first = all ? 0 : Math.max(0, Math.floor(this.list.scrollTop / ROW) - 4);
    const last = all ? MOST_PRINTED : Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + 4;
    this.rowsBox.replaceChildren(...this.rows.slice(first, last).map((id, k) => this.row(id, first + k)));
    this.list.setAttribute("aria-activedescendant", `${this.prefix}${this.selected}`);
  }

  row(id, at) {
    const tree = this.tree, status = tree.statusAt(id, this.time);
    const isParent = tree.children[id].some((child) => this.isShown(child));
    const row = el("div", `row ${status} ${tree.onPath.has(id) ? "path" : ""}`);
    row.id = `${this.prefix}${id}`;
    row.dataset.id = id;
    row.style.top = `${at * ROW}px`;
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", tree.depth[id] + 1);
    row.setAttribute("aria-selected", id === this.selected);
    if (isParent) row.setAttribute("aria-expanded", this.open.has(id));
    if (this.matches.has(id)) row.classList.add("match");
    const edge = el("span", "edge");
    edge.style.marginLeft = `${Math.min(tree.depth[id], DEEPEST) * INDENT}px`;
    edge.style.height = `${1 + 6 * Math.sqrt(tree.visits[id] / tree.mostVisits)}px`;
    const toggle = el("span", "toggle", isParent ? (this.open.has(id) ? "▾" : "▸") : "");
    const author = tree.authorOf(id);
    const badge = el("span", `badge ${author}`, {problem: "?", reasoner: "R", hinted: "H", teacher: "T"}[author]);
    badge.title = author;
    const text = el("bdi", "text", id ? tree.text[id] || "(empty)" : tree.question);
    row.append(edge, toggle, badge, this.chip(id), text);
    if (tree.answer[id] !== undefined) row.append(el("span", "answer", tree.answer[id]));
    if (status !== "open" && status !== "terminal") row.append(el("span", "fate", tree.reason[id] || status));
    return row;
  }

  /** The score as a coloured chip with its number. */
  chip(id) {
    const score = this.tree.score[id], chip = el("span", "chip", score === null ? "–" : score.toFixed(2));
    chip.style.background = colour(score);
    if (score !== null) chip.style.color = score < 0.5 ? "#fff" : "#000";
    return chip;
  }

  /** How the picture is laid out, in pixels. */
  measure() {
    const {clientWidth: wide, clientHeight: high} = this.canvas, margin = 12;
    const step = Math.min(26, (wide - 2 * margin) / Math.max(1, this.tree.columns));
    this.scale = {step, left: (wide - step * this.tree.columns) / 2, top: margin, row: (high - 2 * margin) / this.tree.levels};
  }

  /** Where a step stands in the picture. */
  place(id) {
    return [this.scale.left + this.scale.step * this.tree.x[id], this.scale.top + this.scale.row * this.tree.depth[id]];
  }

  drawPicture() {
    const tree = this.tree, ratio = window.devicePixelRatio || 1, pen = this.canvas.getContext("2d");
    this.canvas.width = this.canvas.clientWidth * ratio;
    this.canvas.height = this.canvas.clientHeight * ratio;
    pen.scale(ratio, ratio);
    this.measure();
    const line = getComputedStyle(this.canvas).color, radius = Math.max(0.6, Math.min(6, 0.38 * this.scale.step));
    const first = tree.size < 20000 ? 1 : tree.size;  // above, edges would be nothing but a shade
    for (const onPath of [false, true])
      for (let i = onPath ? 1 : first; i < tree.size; i++) {
        if (tree.onPath.has(i) !== onPath || !this.isShown(i)) continue;
        const [x1, y1] = this.place(tree.parent[i]), [x2, y2] = this.place(i);
        pen.strokeStyle = onPath ? "#d55e00" : line;
        pen.globalAlpha = onPath ? 1 : 0.55;
        pen.lineWidth = Math.min(radius, 0.5 + 5 * Math.sqrt(tree.visits[i] / tree.mostVisits)) + (onPath ? 1.5 : 0);
        pen.beginPath();
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
        pen.stroke();
      }
    pen.strokeStyle = line;
    if (radius < 1.5) this.drawDots(pen, radius);
    else for (let i = 0; i < tree.size; i++) if (this.isShown(i)) this.drawStep(pen, i, radius, line);
    const [x, y] = this.place(this.selected);
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, radius + 4, 0, 7);
    pen.stroke();
  }

  /** Steps of a large tree, those of a colour together. */
  drawDots(pen, r) {
    const shades = Array.from({length: 101}, () => []);
    for (let i = 1; i < this.tree.size; i++)
      if (this.tree.score[i] !== null && this.isShown(i)) shades[Math.round(100 * this.tree.score[i])].push(i);
    pen.globalAlpha = 1;
    shades.forEach((steps, shade) => {
      pen.fillStyle = colour(shade / 100);
      for (const i of steps) {
        const [x, y] = this.place(i);
        pen.fillRect(x - r, y - r, 2 * r, 2 * r);
      }
    });
  }

  /** Circle for the reasoner, diamond under a hint, square for the teacher; faint where it was not kept. */
  drawStep(pen, id, r, line) {
    const [x, y] = this.place(id), kind = this.tree.author[id];
    pen.globalAlpha = "prf".includes(this.tree.status[id]) ? 0.45 : 1;
    pen.fillStyle = id ? colour(this.tree.score[id]) : line;
    pen.lineWidth = this.tree.status[id] === "t" ? 1.8 : 0.9;
    pen.beginPath();
    if (kind === "t") pen.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
    else if (kind === "h") { pen.moveTo(x, y - 1.2 * r); pen.lineTo(x + 1.2 * r, y); pen.lineTo(x, y + 1.2 * r); pen.lineTo(x - 1.2 * r, y); pen.closePath(); }
    else pen.arc(x, y, r, 0, 7);
    pen.fill();
    pen.stroke();
  }

  clickPicture(event) {
    let best = 0, least = Infinity;
    for (let i = 0; i < this.tree.size; i++) {
      if (!this.isShown(i)) continue;
      const [x, y] = this.place(i), far = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
      if (far < least) { least = far; best = i; }
    }
    this.onSelect(this, best);
  }

  clickRow(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const id = +row.dataset.id;
    if (event.target.classList.contains("toggle")) this.toggle(id);
    else this.onSelect(this, id);
  }

  toggle(id, open = !this.open.has(id)) {
    if (open) this.open.add(id); else this.open.delete(id);
    this.draw();
  }

  /** Select a step, open the way to it and bring it into sight. */
  reveal(id) {
    this.selected = id;
    for (const before of this.tree.pathTo(id).slice(0, -1)) this.open.add(before);
    this.draw();
    const top = this.rows.indexOf(id) * ROW;
    if (top >= 0 && (top < this.list.scrollTop || top + ROW > this.list.scrollTop + this.list.clientHeight)) {
      this.list.scrollTop = top - this.list.clientHeight / 2;
      this.drawRows();
    }
  }

  openAll(open) {
    this.open = new Set(open ? this.tree.parent.keys() : this.tree.path);
    this.draw();
  }

  /** Show only steps that pass, with the steps before them; ``null`` shows all. */
  filter(passes) {
    const had = this.keep !== null;
    this.keep = null;
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

  /** Mark the steps that hold the words; their ids in the order of the search. */
  search(words) {
    const low = words.toLowerCase(), found = [];
    if (low) for (let i = 1; i < this.tree.size; i++)
      if (`${this.tree.text[i]}\n${this.tree.hint[i] || ""}`.toLowerCase().includes(low)) found.push(i);
    this.matches = new Set(found);
    this.draw();
    return found;
  }
}
